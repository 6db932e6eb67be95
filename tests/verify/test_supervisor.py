"""The supervisor: what it makes of workers that die, and that nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.verify.hostile import in_step
from tflint_grad.engine import lint_files
from tflint_grad.verify import scenes, supervisor
from tflint_grad.verify.processes import Child, _processes, how_it_ended
from tflint_grad.verify.question import Question, Span
from tflint_grad.verify.scene import CALL, MAIN, MODULE, Entry, Job
from tflint_grad.verify.supervisor import supervise
from tflint_grad.verify.task import Task, better
from tflint_grad.verify.verdict import Status, Verdict

CONFIRMED = Verdict(Status.CONFIRMED, evidence="seen")
REFUTED = Verdict(Status.REFUTED, evidence="not so")
NEEDS = Verdict(Status.INCONCLUSIVE, reason="needs inputs for 'env'")
EXITS = Verdict(Status.INCONCLUSIVE, reason="the program exits by itself (usage)")
VAGUE = Verdict(Status.INCONCLUSIVE, reason="line 3 was not reached")
STEP, OTHER = Entry(CALL, "step"), Entry(CALL, "other")


def job(*entries: Entry, questions: int = 1) -> Job:
    """A job of questions that share their entries."""
    span = Span("/x.py", 1, 1)
    asked = tuple(
        Question(number, "TFG204", "gradient-none", "", span, (), ()) for number in range(questions)
    )
    return Job(0, "/x.py", "/", "x", ("/x.py",), asked, {one.number: entries for one in asked})


def test_of_two_verdicts_the_one_that_says_more_holds() -> None:
    assert better(None, VAGUE) is VAGUE
    assert better(REFUTED, CONFIRMED) is CONFIRMED
    assert better(CONFIRMED, NEEDS) is CONFIRMED
    assert better(REFUTED, NEEDS) is REFUTED
    assert better(NEEDS, REFUTED) is REFUTED
    assert better(NEEDS, VAGUE) is NEEDS
    assert better(NEEDS, EXITS) is NEEDS
    assert better(VAGUE, EXITS) is EXITS
    assert better(VAGUE, NEEDS) is NEEDS


def test_a_job_goes_on_behind_the_guilty_entry() -> None:
    task = Task(job(Entry(MODULE), STEP, OTHER), begun=[Entry(MODULE), STEP], meant=[0])
    rest = task.interrupted("the program crashed", "CPU:0", "2.21.0")
    assert rest is not None
    assert rest.skipped == (Entry(MODULE), STEP)
    assert task.best[0].reason == "the program crashed while step() ran"


def test_what_is_confirmed_is_not_asked_again() -> None:
    task = Task(job(STEP, OTHER, questions=2), begun=[STEP], meant=[0, 1])
    task.take(0, CONFIRMED)
    rest = task.interrupted("took more than 3 s", "", "")
    assert rest is not None
    assert [one.number for one in rest.questions] == [1]
    assert task.best[0] is CONFIRMED


def test_where_the_module_itself_is_guilty_nothing_else_is_tried() -> None:
    task = Task(job(Entry(MODULE), STEP, Entry(MAIN)), begun=[Entry(MODULE)], meant=[0])
    assert task.interrupted("the program crashed", "", "") is None
    assert task.best[0].reason == "the program crashed while the module ran"


def test_no_finding_stays_without_a_verdict() -> None:
    task = Task(job(STEP, questions=2))
    task.take(1, REFUTED)
    task.finished("CPU:0", "2.21.0")
    assert task.best[0].status is Status.INCONCLUSIVE
    assert task.best[1] is REFUTED


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-signal.SIGSEGV, "the program crashed: segmentation fault (SIGSEGV)"),
        (-signal.SIGABRT, "the program crashed: aborted (SIGABRT): bad_alloc"),
        (-signal.SIGKILL, "the program was killed by the system (SIGKILL)"),
        (-signal.SIGTERM, "the program was ended (SIGTERM)"),
        (7, "the program ended its own process (exit status 7)"),
        (None, "the program closed the verifier's own channel"),
    ],
)
def test_the_end_of_a_process_is_told_in_words(code: int | None, told: str) -> None:
    assert how_it_ended(code, "bad_alloc") == told


def test_without_jobs_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Child, "start", None)
    assert supervise([]) == {}


def test_a_worker_plays_many_jobs_and_two_share_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    for number in range(4):
        (tmp_path / f"train{number}.py").write_text(in_step("pass"))
    reports = lint_files([str(path) for path in sorted(tmp_path.glob("*.py"))])
    findings = [finding for report in reports for finding in report.findings]
    started = []
    original = Child.start

    def start(*arguments: object) -> Child:
        started.append(child := original(*arguments))  # type: ignore[arg-type]
        return child

    monkeypatch.setattr(Child, "start", start)
    done: list[int] = []
    verdicts = supervise(scenes.jobs(findings, [], {}, 60.0), workers=2, progress=done.append)
    assert [verdicts[number].status for number in range(4)] == [Status.CONFIRMED] * 4
    assert len(started) == 2
    assert done == sorted(done)
    assert done[-1] == 4
    assert all(not _is_alive(child.pid) for child in started)


def _is_alive(pid: int) -> bool:
    return pid in _processes()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_nothing_outlives_an_interrupted_run(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    pytest.importorskip("tensorflow")
    begun, scratch = tmp_path / "begun", tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "train.py").write_text(
        in_step(
            f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))\n"
            "while True:\n    time.sleep(1)"
        )
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "tflint_grad", "--verify", "--verify-timeout", "500", "train.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _wait_for(lambda: begun.exists() and begun.read_text() != "", 240)
    worker = int(begun.read_text())
    run.send_signal(number)
    _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (code, b"")
    _wait_for(lambda: not _is_alive(worker), 20)
    if number is not signal.SIGKILL:  # which leaves no time to tidy up
        assert os.listdir(scratch) == []


def _wait_for(condition: object, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_a_program_has_locked_is_removed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with supervisor._scratch_folder() as folder:
        inner = Path(folder, "a", "b")
        inner.mkdir(parents=True)
        (inner / "file").write_text("x")
        inner.chmod(0)
        inner.parent.chmod(0)
    assert not os.path.exists(folder)
