"""Any executor of the caller's finds what this process finds."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.runs.test_memory import LOSSES, TRAINER
from tests.samples import ADVICE, CORRECT, PITFALL, PLAIN
from tflint_grad.config import SettingsFinder
from tflint_grad.engine import FileReport, lint_files
from tflint_grad.runs import executors
from tflint_grad.runs.analysis import Analysis
from tflint_grad.runs.batches import Batch
from tflint_grad.runs.worker import FilesMissing, analyse_batch


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project of two folders, with a path of the gradient from one file to the other."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for number, text in enumerate((PITFALL, CORRECT, ADVICE, PLAIN, "def (:  # tensorflow")):
            (tmp_path / folder / f"file{number}.py").write_text(text)
    (tmp_path / "trainer.py").write_text(TRAINER)
    (tmp_path / "losses.py").write_text(LOSSES)
    (tmp_path / "two" / "broken.py").write_text(PITFALL + "def (:\n")
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py"))


def lint(names: list[str], executor: Executor | None = None) -> list[FileReport]:
    return lint_files(names, SettingsFinder(isolated=True), executor=executor)


class Sequential(Executor):
    """Runs everything at once, in the end; `judge` may do something else with a batch."""

    def __init__(self, judge: Callable[[Batch], None] = lambda batch: None) -> None:
        self.judge = judge
        self.batches: list[Batch] = []

    def submit(self, function: object, /, *arguments: object, **_: object) -> Future[object]:  # type: ignore[override]
        assert function is analyse_batch
        batch, shipped = arguments
        assert isinstance(batch, Batch)
        self.batches.append(batch)
        future: Future[object] = Future()
        try:
            self.judge(batch)
            future.set_result(analyse_batch(batch, shipped))  # type: ignore[arg-type]
        except Exception as error:
            future.set_exception(error)
        return future


def test_threads_processes_and_the_like(names: list[str]) -> None:
    alone = lint(names)
    assert sum(len(report.findings) for report in alone) == 6
    with ThreadPoolExecutor(3) as threads:
        assert lint(names, threads) == alone
        assert lint(names, threads) == alone  # nothing of the first run is kept
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert lint(names, processes) == alone
    assert lint(names, Sequential()) == alone


def test_only_what_may_hold_a_finding_is_handed_out(names: list[str]) -> None:
    executor = Sequential()
    lint(names, executor)
    handed_out = sorted(os.path.basename(p) for batch in executor.batches for p in batch.paths)
    plain = [name for name in names if "file3" in name or "file4" in name or name == "losses.py"]
    assert len(handed_out) == len(names) - len(plain)


def test_a_change_between_two_runs_is_seen_by_the_same_workers(names: list[str]) -> None:
    with ThreadPoolExecutor(2) as threads:
        before = lint(names, threads)
        Path("losses.py").write_text(LOSSES.replace("np.std", "tf.math.reduce_std"))
        after = lint(names, threads)
    assert sum(len(report.findings) for report in before) == 6
    assert sum(len(report.findings) for report in after) == 5


def test_workers_that_do_not_see_the_files_get_them_by_content(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on another machine: whatever a worker opens below the project is not there."""
    alone = lint(names)
    here = os.getcwd()
    real = open
    ours = threading.get_ident()

    def blind(path: object, *arguments: object, **named: object) -> object:
        if threading.get_ident() != ours and str(path).startswith(here):
            raise FileNotFoundError(path)
        return real(path, *arguments, **named)  # type: ignore[call-overload]

    def no_listing(path: object = ".") -> object:
        assert threading.get_ident() == ours or not str(path).startswith(here)
        return real_scandir(path)  # type: ignore[arg-type]

    real_scandir = os.scandir
    monkeypatch.setattr("builtins.open", blind)
    monkeypatch.setattr(os, "scandir", no_listing)
    with ThreadPoolExecutor(1) as elsewhere:
        assert lint(names, elsewhere) == alone


def test_a_file_that_changes_on_its_way_is_sent(names: list[str]) -> None:
    """The worker sees another content than we have seen: then it gets ours, or what is there now."""
    changed = []

    def change(batch: Batch) -> None:
        if not changed and batch.paths[0].endswith("trainer.py"):
            changed.append(batch)
            Path("trainer.py").write_text(TRAINER + "\n\nx = 1\n")

    executor = Sequential(change)
    alone = lint(names)
    assert [r.findings for r in lint(names, executor)] == [r.findings for r in alone]
    assert len(executor.batches) == len({batch.paths for batch in executor.batches}) + 1


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_is_lost_with_a_worker_is_done_again(names: list[str], times: int) -> None:
    alone = lint(names)
    lost: dict[tuple[str, ...], int] = {}

    def lose(batch: Batch) -> None:
        lost[batch.paths] = lost.get(batch.paths, 0) + 1
        if lost[batch.paths] <= times:
            raise CancelledError

    assert lint(names, Sequential(lose)) == alone


def test_a_file_that_nobody_survives_is_told_of(names: list[str]) -> None:
    alone = {report.filename: report.findings for report in lint(names)}

    class Killed(Exception):
        """Of the executor: three workers died of it."""

    def die(batch: Batch) -> None:
        if any(path.endswith("one/file0.py") for path in batch.paths):
            raise Killed("three workers died")

    found = {report.filename: report for report in lint(names, Sequential(die))}
    killed = found.pop("one/file0.py")
    assert [finding.code for finding in killed.findings] == ["TFG000"]
    assert "three workers died" in killed.findings[0].message
    assert killed.traceback is not None
    del alone["one/file0.py"]
    assert {name: report.findings for name, report in found.items()} == alone


def test_what_a_broken_executor_leaves_undone_is_done_by_a_process_here(names: list[str]) -> None:
    alone = lint(names)
    for broken in (ThreadPoolExecutor(1), ProcessPoolExecutor(1)):
        broken.shutdown()
        assert lint(names, broken) == alone
    dying = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    dying.submit(os._exit, 3)
    assert lint(names, dying) == alone
    dying.shutdown()


def test_progress_is_told_of_each_file_once(names: list[str]) -> None:
    told: list[int] = []
    with ThreadPoolExecutor(2) as threads:
        lint_files(names, SettingsFinder(isolated=True), executor=threads, progress=told.append)
    assert told == list(range(1, len(names) + 1))


def test_a_worker_says_if_it_sees_other_files(names: list[str]) -> None:
    executor = Sequential()
    lint(names, executor)
    batch = next(batch for batch in executor.batches if batch.paths[0].endswith("file0.py"))
    assert isinstance(analyse_batch(batch)[0], Analysis)
    Path(batch.paths[0]).write_text(PITFALL + "# changed\n")
    with pytest.raises(FilesMissing):
        analyse_batch(batch)
    Path(batch.paths[0]).unlink()
    with pytest.raises(FilesMissing):
        analyse_batch(batch)
    assert executors.Given.shares_our_files is False
