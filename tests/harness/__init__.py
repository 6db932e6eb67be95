"""Executes the fixtures: the evidence that each pitfall, and each innocence, is real.

`fixture` reads a file and its markers; `observe` runs many files in one TensorFlow process under the
verifier's probe; `judging` asks the verifier's oracles what was seen; `ledger` keeps the verdicts of
files that have not changed. `tail` is what a fixture's own tail may call. `unaided` verifies the bad
ones as a user would, without tail and markers.

    python -m tests.harness fixtures/TFG201            # run, and say what was seen
    python -m tests.harness --record                   # run all that is new, and keep the verdicts
"""
