"""Several processes find what one finds, whatever happens to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.samples import ADVICE, CORRECT, PITFALL, PLAIN
from tflint_grad.knowledge.taught import NOTHING_TAUGHT
from tflint_grad.runs import processes
from tflint_grad.runs.batches import Batch, Batcher
from tflint_grad.runs.dispatch import Dispatch
from tflint_grad.runs.projects import ProjectSettings

SETTINGS = ProjectSettings((), NOTHING_TAUGHT)

#: Runs the command with processes for the smallest run, and `PRELUDE` before it.
COMMAND = """
import os, signal, sys, time
from tflint_grad.runs import many
many.PAYS = 0
{prelude}
from tflint_grad.cli import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def command(folder: Path, *arguments: str, prelude: str = "") -> list[str]:
    """A program of its own: spawned processes import it anew, forked ones inherit its changes."""
    program = folder / "run_in_processes.txt"
    program.write_text(COMMAND.format(prelude=prelude))
    return [sys.executable, str(program), "--no-cache", "--isolated", *arguments]


def run(folder: Path, *arguments: str, prelude: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments, prelude=prelude),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Twelve files in four folders, eight of them with something to say."""
    texts = (PITFALL, CORRECT, ADVICE)
    for number in range(12):
        folder = tmp_path / f"part{number % 4}"
        folder.mkdir(exist_ok=True)
        (folder / f"train{number}.py").write_text(texts[number % 3])
    (tmp_path / "plain.py").write_text(PLAIN)
    return tmp_path


#: Kills the process that analyses a file of this name.
DEADLY = """
from tflint_grad import rules
real = rules.check
def check(outline, *others):
    if os.path.basename(outline.filename) in ({names}):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(outline, *others)
rules.check = check
"""


def test_any_number_of_jobs_gives_the_same_output(tree: Path) -> None:
    alone = run(tree, "--jobs=1", "--output-format=json")
    assert len(json.loads(alone.stdout)) == 8
    for jobs in ("2", "5"):
        together = run(tree, f"--jobs={jobs}", "--output-format=json")
        assert (together.stdout, together.stderr) == (alone.stdout, alone.stderr)
        assert together.returncode == alone.returncode == 1


def test_processes_that_are_spawned_find_the_same(tree: Path) -> None:
    spawned = (
        "from tflint_grad.runs import processes\nprocesses.sys = type('', (), {'platform': ''})"
    )
    alone = run(tree, "--jobs=1", "--output-format=json")
    together = run(tree, "--jobs=2", "--output-format=json", prelude=spawned)
    assert (together.stdout, together.returncode) == (alone.stdout, 1), together.stderr


def test_settings_go_along(tree: Path) -> None:
    told = run(tree, "--jobs=2", "--output-format=concise", "--select=TFG1").stdout
    assert told.count(" TFG101 ") == len(told.splitlines()) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="the change of the linter needs a fork")
@pytest.mark.parametrize("deadly", [("train0.py",), ("train0.py", "train5.py", "train6.py")])
def test_a_file_that_kills_its_process_is_told_of_and_the_others_are_linted(
    tree: Path, deadly: tuple[str, ...]
) -> None:
    alone = json.loads(run(tree, "--jobs=1", "--output-format=json").stdout)
    prelude = DEADLY.format(names=", ".join(map(repr, deadly)) + ",")
    result = run(tree, "--jobs=2", "--output-format=json", prelude=prelude)
    assert result.returncode == 2, result.stderr
    found = json.loads(result.stdout)
    killed = [f for f in found if f["code"] == "TFG000"]
    assert sorted(os.path.basename(f["filename"]) for f in killed) == sorted(deadly)
    assert all("the process that analysed it ended" in f["message"] for f in killed)
    others = [f for f in alone if os.path.basename(f["filename"]) not in deadly]
    assert [f for f in found if f["code"] != "TFG000"] == others


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_an_interrupted_run_ends_quickly_and_leaves_no_process(tree: Path) -> None:
    slow = DEADLY.replace("os.kill(os.getpid(), signal.SIGKILL)", "time.sleep(60)")
    names = ", ".join(repr(path.name) for path in tree.rglob("train*.py"))
    started = subprocess.Popen(
        command(tree, "--jobs=2", prelude=slow.format(names=names)),
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C goes to all processes of a terminal
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    deadline = time.monotonic() + 20
    while len(members(started.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(members(started.pid)) >= 3, "no processes were started"
    before = time.monotonic()
    os.killpg(started.pid, signal.SIGINT)
    output, errors = started.communicate(timeout=20)
    assert time.monotonic() - before < 3
    assert (started.returncode, output, errors) == (130, b"", b"")
    time.sleep(0.2)
    assert members(started.pid) == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_processes_end_with_the_one_that_started_them(tree: Path) -> None:
    slow = DEADLY.replace("os.kill(os.getpid(), signal.SIGKILL)", "time.sleep(60)")
    names = ", ".join(repr(path.name) for path in tree.rglob("train*.py"))
    started = subprocess.Popen(
        command(tree, "--jobs=2", prelude=slow.format(names=names)),
        cwd=tree,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    deadline = time.monotonic() + 20
    while len(members(started.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    started.kill()
    started.wait()
    while members(started.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert members(started.pid) == []


def members(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry))
    return found


def test_a_small_run_stays_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PITFALL)
    program = (
        "import sys; from tflint_grad.cli import main\n"
        "code = main(['-q', '--isolated', '--no-cache', '--jobs=4'])\n"
        "assert 'multiprocessing' not in sys.modules and 'concurrent.futures' not in sys.modules\n"
        "sys.exit(code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False
    )
    assert (result.returncode, result.stderr) == (1, b"")


def test_where_no_process_can_be_started_one_does_all(tree: Path) -> None:
    refusing = (
        "from tflint_grad.runs import processes\n"
        "class Pool(processes.ProcessPoolExecutor):\n"
        "    def submit(self, *_): raise OSError('no more processes')\n"
        "processes.ProcessPoolExecutor = Pool"
    )
    missing = (
        "from tflint_grad.runs import processes\n"
        "def none(*_, **__): raise NotImplementedError\n"
        "processes.ProcessPoolExecutor = none"
    )
    alone = run(tree, "--jobs=1", "--output-format=json")
    for prelude in (refusing, missing):
        result = run(tree, "--jobs=2", "--output-format=json", prelude=prelude)
        assert (result.stdout, result.returncode) == (alone.stdout, 1), result.stderr


def test_jobs_are_a_number_from_one(tmp_path: Path) -> None:
    for text in ("0", "-1", "many", "1.5"):
        result = run(tmp_path, f"--jobs={text}")
        assert result.returncode == 2
        assert "is no whole number from 1" in result.stderr
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\njobs = 0\n")
    finished = subprocess.run(
        [sys.executable, "-m", "tflint_grad"], cwd=tmp_path, capture_output=True, check=False
    )
    assert finished.returncode == 2
    assert b"jobs: must be a whole number from 1" in finished.stderr


def test_the_cores_are_those_that_this_process_may_use() -> None:
    from tflint_grad.runs.many import available_cores

    assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_files_of_one_folder_go_together_up_to_a_size() -> None:
    batcher = Batcher("run", size=100)
    batches: list[Batch] = []
    for path, weight in (
        ("/a/1.py", 40),
        ("/a/2.py", 40),
        ("/b/1.py", 10),
        ("/b/2.py", 95),
        ("/b/3.py", 10),
        ("/c/1.py", 500),
    ):
        batches += batcher.add(path, SETTINGS, weight)
    batches += batcher.rest()
    assert [batch.paths for batch in batches] == [
        ("/a/1.py", "/a/2.py"),
        ("/b/1.py", "/b/2.py"),
        ("/b/3.py",),
        ("/c/1.py",),
    ]


def test_each_file_comes_back_once_from_a_pool_that_breaks(tree: Path) -> None:
    """The pool of another kind than the default one, used without the command."""
    pool = processes.Processes(2)
    dispatch = Dispatch(pool)
    paths = sorted(str(path) for path in tree.rglob("train*.py"))
    try:
        for path in paths[:6]:
            dispatch.add(Batch("run", SETTINGS, (path,)))
        for process in list(pool._pool._processes.values()):
            process.kill()
        for path in paths[6:]:
            dispatch.add(Batch("run", SETTINGS, (path,)))
        found = list(dispatch.rest())
    finally:
        pool.close(at_once=True)
    assert sorted(analysis.path for analysis in found) == paths
    assert [analysis for analysis in found if analysis.traceback] == []
