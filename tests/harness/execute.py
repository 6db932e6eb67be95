"""Runs fixtures in a child process and judges what it saw; survives the child's death."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tests.harness.fixture import ROOT, Fixture, MalformedFixture
from tests.harness.judging import complaints
from tflint_grad.verify.observation import Observations

COMMAND = (sys.executable, "-u", "-m", "tests.harness.observe")


Verdict = tuple[Fixture, list[str], Observations | None]


def execute(fixtures: Sequence[Fixture]) -> Iterator[Verdict]:
    """Each fixture with the complaints about it (none: it holds) and what was seen."""
    waiting = []
    for fixture in fixtures:
        if fixture.rule == "TFG000" and fixture.is_bad:
            yield fixture, _unreadable(fixture), None
        else:
            waiting.append(fixture)
    while waiting:
        done = 0
        for fixture, answer in zip(waiting, _answers(waiting), strict=False):
            done += 1
            if "failed" in answer:
                yield fixture, [f"the harness failed: {answer['failed']}"], None
                continue
            seen = Observations.from_json(answer["seen"])
            try:
                yield fixture, complaints(fixture, seen), seen
            except MalformedFixture as error:
                yield fixture, [str(error)], seen
        if done < len(waiting):  # it died of the next one
            yield waiting[done], ["the process that ran it died"], None
            done += 1
        waiting = waiting[done:]


def tensorflow_starts() -> bool:
    """Whether fixtures can be executed at all; a wheel that is there may still not load here."""
    command = [sys.executable, "-c", "import tensorflow, keras"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.call(command, env=environment, stderr=subprocess.DEVNULL) == 0


def _answers(fixtures: Sequence[Fixture]) -> Iterator[dict[str, Any]]:
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("".join(f"{fixture.path}\n" for fixture in fixtures))
        child.stdin.close()
        for line in child.stdout:
            yield json.loads(line)


def _unreadable(fixture: Fixture) -> list[str]:
    """Python itself cannot read a bad fixture of TFG000."""
    try:
        compile(fixture.path.read_bytes(), fixture.path.name, "exec")
    except (SyntaxError, ValueError):
        return []
    return ["Python can read it"]
