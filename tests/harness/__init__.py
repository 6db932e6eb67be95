"""Executes the fixtures: the evidence that each pitfall, and each innocence, is real.

`fixture` reads a file and its markers; `worker` runs many files in one TensorFlow process under a
`probe`, which writes down `observation`s; `oracles` judge them, one oracle a consequence; `ledger`
keeps the verdicts of files that have not changed. `tail` is what a fixture's own tail may call.

    python -m tests.harness fixtures/TFG201            # run, and say what was seen
    python -m tests.harness --record                   # run all that is new, and keep the verdicts
"""
