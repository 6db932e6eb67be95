"""Programs that fight back get a verdict, or the true reason for none, and leave nothing behind."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.verify.hostile import PROGRAMS
from tflint_grad.engine import lint_files
from tflint_grad.verify import processes, scenes, supervisor
from tflint_grad.verify.verdict import Status, Verdict

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups")

#: What comes to an end is given the time that a busy machine takes.
SECONDS = 30.0
#: What does not is ended soon.
ENDLESS = {"loops_for_ever": 2.0, "heeds_no_signal": 2.0, "loops_at_import": 4.0}
#: The second is played by the worker that played the first, were it not for its patches.
IN_TURN = ("patches_tensorflow", "patches_then_plain")


@dataclass
class Aftermath:
    """What the programs came to, and what was there before and after."""

    verdicts: Mapping[str, Verdict]
    seconds: float
    before: tuple[set[str], ...]
    after: tuple[set[str], ...]
    left: list[int]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """All programs, by workers that have 2 GiB each."""
    folder = tmp_path_factory.mktemp("hostile")
    scratch = tmp_path_factory.mktemp("scratch")
    for name, text in PROGRAMS.items():
        (folder / f"{name}.py").write_text(text)
    here = tmp_path_factory.mktemp("here")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setattr(tempfile, "tempdir", str(scratch))
        patch.setattr(supervisor, "memory_limit", lambda: 2 << 30)
        patch.setattr(supervisor, "_GRACE", 1.0)
        findings = [
            finding
            for report in lint_files([str(path) for path in sorted(folder.glob("*.py"))])
            for finding in report.findings
            if finding.code == "TFG204"
        ]
        assert [Path(one.filename).stem for one in findings] == sorted(PROGRAMS)

        def around() -> tuple[set[str], ...]:
            return tuple(set(os.listdir(place)) for place in (folder, here, scratch))

        children: list[processes.Child] = []
        start = processes.Child.start

        def noted(*arguments: Any) -> processes.Child:
            children.append(start(*arguments))
            return children[-1]

        patch.setattr(processes.Child, "start", noted)
        before, began = around(), time.monotonic()
        jobs = [
            replace(job, seconds=ENDLESS.get(job.module, SECONDS))
            for job in scenes.jobs(findings, [], {}, SECONDS)
        ]
        in_turn = [job for job in jobs if job.module in IN_TURN]
        verdicts = supervisor.supervise([job for job in jobs if job not in in_turn], workers=2)
        verdicts |= supervisor.supervise(in_turn, workers=1)
        seconds = time.monotonic() - began
        named = {Path(findings[number].filename).stem: one for number, one in verdicts.items()}
        left = [pid for child in children for pid in child.left()]
        yield Aftermath(named, seconds, before, around(), left)


def test_each_has_a_verdict_in_bounded_time(aftermath: Aftermath) -> None:
    assert sorted(aftermath.verdicts) == sorted(PROGRAMS)
    # Each costs at most its scenes' time, the grace, and a new start of TensorFlow.
    assert aftermath.seconds < 40 * len(PROGRAMS)


def test_the_machine_is_as_it_was(aftermath: Aftermath) -> None:
    assert aftermath.after == aftermath.before
    assert aftermath.left == []


@pytest.mark.parametrize(
    "name",
    [
        "exits_at_import",  # what was defined before can be called
        "loops_at_import",
        "forks",
        "forks_and_returns",
        "floods",
        "writes_files",
        "patches_then_plain",
        "leaves_threads",
        "wants_absl_flags",
    ],
)
def test_what_does_no_harm_to_the_scene_is_confirmed(aftermath: Aftermath, name: str) -> None:
    verdict = aftermath.verdicts[name]
    assert verdict.status is Status.CONFIRMED, verdict
    assert "was None in" in verdict.evidence


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loops_for_ever", "took more than 2 s"),
        ("heeds_no_signal", "took more than 2 s and had to be killed while step() ran"),
        ("exits_at_once", "ended its own process (exit status 7) while step() ran"),
        ("exits_at_once_at_import", "ended its own process (exit status 0) while the module ran"),
        ("crashes", "crashed: segmentation fault (SIGSEGV) while step() ran"),
        ("wants_memory", "MemoryError"),
        ("wants_shared_memory", "took more than 2 GiB of memory while step() ran"),
        ("writes_everywhere", "wrote into the verifier's own channel while step() ran"),
        ("reads_stdin", "reads standard input"),
        ("wants_arguments", "the following arguments are required: --data"),
        ("wants_data", "data/train.csv"),
    ],
)
def test_what_cannot_be_run_is_inconclusive_for_its_true_reason(
    aftermath: Aftermath, name: str, reason: str
) -> None:
    verdict = aftermath.verdicts[name]
    assert verdict.status is Status.INCONCLUSIVE, verdict
    assert reason in verdict.reason


def test_a_patched_tensorflow_is_the_patcher_s_alone(aftermath: Aftermath) -> None:
    """Its own verdict may be any; that of the next program is right."""
    assert aftermath.verdicts["patches_tensorflow"].status is not Status.REFUTED
    assert aftermath.verdicts["patches_then_plain"].status is Status.CONFIRMED
