"""`--verify`: runs the flagged code in TensorFlow, watches the tape, and says what was seen.

`scenes` chooses what to execute for each finding; `supervisor` hands the scenes to `worker`s, child
processes which `player` runs them in, with `inputs/` to build their arguments, under a `probe` that
writes down `observation`s; `oracles/` judge these, one a consequence; the result is a `verdict`.

Nothing here is imported by plain linting. Only child processes import TensorFlow.
"""
