"""A Dask cluster for real: a scheduler and two workers, processes of this machine.

The workers live in another folder than the project and, where a test says so, cannot read it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.runs.test_memory import LOSSES, TRAINER
from tests.samples import ADVICE, CORRECT, PITFALL

HAS_DASK = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(
    not HAS_DASK, reason="DASK IS NOT INSTALLED: nothing is tested of --executor dask://"
)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "0",
}


@dataclass
class Machines:
    """A scheduler and its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


def start(*arguments: str, folder: Path, log: str) -> subprocess.Popen[bytes]:
    with open(folder / log, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
        )


def wait_for(path: Path, seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} did not come within {seconds} s")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    known = folder / "scheduler.json"
    common = ["--host=127.0.0.1", "--no-dashboard"]
    scheduler = start(
        "scheduler", *common, "--port=0", f"--scheduler-file={known}", folder=folder, log="s.log"
    )
    started = [scheduler]
    try:
        address = json.loads(wait_for(known))["address"].removeprefix("tcp://")
        for number in range(2):
            arguments = ["worker", address, *common, "--no-nanny", "--nthreads=1"]
            arguments += [f"--name=worker{number}", "--memory-limit=0", "--death-timeout=60"]
            arguments += [f"--local-directory={folder}"]
            started.append(start(*arguments, folder=folder, log=f"w{number}.log"))
        yield Machines(address, scheduler, started[1:])
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty folders of four files each, and in each a path from one file to another."""
    top = tmp_path / "project"
    for number in range(20):
        folder = top / f"part{number:02}"
        folder.mkdir(parents=True)
        for name, text in (
            ("a.py", PITFALL),
            ("b.py", ADVICE if number % 2 else CORRECT),
            ("trainer.py", TRAINER),
            ("losses.py", LOSSES),
        ):
            (folder / name).write_text(text)
    (top / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    monkeypatch.chdir(top)
    return top


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tflint_grad", "--no-cache", "--output-format=json", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, env=ENVIRONMENT
    )


@needs_dask
def test_a_cluster_finds_what_one_process_finds(project: Path, machines: Machines) -> None:
    alone = run("--jobs=1")
    assert len(json.loads(alone.stdout)) == 50
    together = run(f"--executor=dask://{machines.address}")
    assert together.stderr == alone.stderr
    assert (together.stdout, together.returncode) == (alone.stdout, 1)
    again = run(f"--executor=dask://{machines.address}")
    assert again.stdout == alone.stdout


#: The workers' own `open` does not see the project; that is put into their processes by the test.
BLIND = """
import builtins, os
def blind(project):
    real_open, real_scandir = builtins.open, os.scandir
    def open(path, *arguments, **named):
        if str(path).startswith(project):
            raise FileNotFoundError(path)
        return real_open(path, *arguments, **named)
    def scandir(path="."):
        if str(path).startswith(project):
            raise FileNotFoundError(path)
        return real_scandir(path)
    builtins.open, os.scandir = open, scandir
"""


def make_blind(machines: Machines, project: Path) -> None:
    """Let the workers be of another machine: they have no file of the project."""
    program = (
        "import sys, distributed\n"
        "client = distributed.Client('tcp://' + sys.argv[1])\n"
        "client.wait_for_workers(2, timeout=60)\n"
        f"source = {BLIND!r}\n"
        "def apply(project):\n"
        "    names = {}\n"
        "    exec(source, names)\n"
        "    names['blind'](project)\n"
        "    try: open(project + '/pyproject.toml')\n"
        "    except FileNotFoundError: return 'blind'\n"
        "print(sorted(client.run(apply, sys.argv[2]).values()))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, machines.address, str(project)],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert result.stdout == "['blind', 'blind']\n", result.stderr


@needs_dask
def test_workers_that_do_not_see_the_files_get_them_by_content(
    project: Path, machines: Machines
) -> None:
    alone = run("--jobs=1")
    make_blind(machines, project)
    together = run(f"--executor=dask://{machines.address}")
    assert together.stderr == alone.stderr
    assert (together.stdout, together.returncode) == (alone.stdout, 1)


@needs_dask
@pytest.mark.parametrize("blind", [False, True])
def test_a_worker_that_is_killed_during_the_run_loses_nothing(
    project: Path, machines: Machines, blind: bool
) -> None:
    for path in project.rglob("a.py"):  # enough to do, so that the run lasts
        path.write_text(many_tapes(40))
    alone = run("--jobs=1")
    if blind:
        make_blind(machines, project)
    running = subprocess.Popen(
        command(f"--executor=dask://{machines.address}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    wait_until_busy(machines.workers[0])
    machines.workers[0].send_signal(signal.SIGKILL)
    killed_at_work = running.poll() is None
    output, errors = running.communicate(timeout=120)
    assert killed_at_work, "the run was over before the worker was killed"
    assert errors.decode() == alone.stderr
    assert output.decode() == alone.stdout
    assert running.returncode == 1
    assert machines.workers[1].poll() is None


def many_tapes(count: int) -> str:
    part = PITFALL.partition("\n\n\nwith")
    step = "with" + part[2]
    return part[0] + "\n\n\n" + "\n".join(step for _ in range(count))


def wait_until_busy(worker: subprocess.Popen[bytes]) -> None:
    """Until it has worked for a while on what it was given: libcst is loaded then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        maps = Path(f"/proc/{worker.pid}/maps")
        if not maps.exists() or "libcst" in maps.read_text():
            return
        time.sleep(0.02)
    raise AssertionError("the worker was never given anything")


@needs_dask
def test_a_file_that_fails_wherever_it_goes_is_told_of(project: Path, machines: Machines) -> None:
    """In the way of Dask itself, which gives up on a task that some workers have died of."""
    (project / "part03" / "b.py").write_text(PITFALL + "# deadly\n")
    program = (
        "import sys, distributed\n"
        "client = distributed.Client('tcp://' + sys.argv[1])\n"
        "client.wait_for_workers(2, timeout=60)\n"
        "def apply():\n"
        "    import os\n"
        "    from tflint_grad.runs import worker\n"
        "    real = worker.analyse\n"
        "    def analyse(source, *others):\n"
        "        if 'deadly' in source.text: raise MemoryError('as if')\n"
        "        return real(source, *others)\n"
        "    worker.analyse = analyse\n"
        "client.run(apply)\n"
    )
    subprocess.run([sys.executable, "-c", program, machines.address], check=True, env=ENVIRONMENT)
    result = run(f"--executor=dask://{machines.address}")
    assert result.returncode == 2
    told = [found for found in json.loads(result.stdout) if found["code"] == "TFG000"]
    assert [found["filename"] for found in told] == ["part03/b.py"]
    assert len(json.loads(result.stdout)) == 50


@needs_dask
def test_a_scheduler_that_dies_ends_the_run_with_one_line(
    project: Path, machines: Machines
) -> None:
    for path in project.rglob("a.py"):
        path.write_text(many_tapes(40))
    running = subprocess.Popen(
        command(f"--executor=dask://{machines.address}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    wait_until_busy(machines.workers[0])
    machines.scheduler.kill()
    output, errors = running.communicate(timeout=120)
    assert (running.returncode, output) == (2, b"")
    assert errors.decode().splitlines() == [
        "tflint-grad: error: --executor: the connection to the Dask scheduler is lost"
    ]


@needs_dask
def test_a_cluster_without_workers_or_a_scheduler_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PITFALL)
    result = run("--executor=dask://127.0.0.1:9", str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "tflint-grad: error: --executor: dask://127.0.0.1:9: no Dask scheduler answers"
    ]


@needs_dask
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 4096])
def test_what_listens_and_is_no_scheduler_is_one_line(tmp_path: Path, answer: bytes) -> None:
    """A client waits forever for one that is silent, and fails in many ways at what others say."""

    class Another(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer)
            while not answer and self.request.recv(4096):
                pass

    (tmp_path / "train.py").write_text(PITFALL)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Another) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"dask://127.0.0.1:{server.server_address[1]}"
        result = run(f"--executor={address}", str(tmp_path))
        server.shutdown()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"tflint-grad: error: --executor: {address}: no Dask scheduler answers"
    ]


@pytest.mark.parametrize(
    "address", ["dask://", "dask://here", "tcp://127.0.0.1:8786", "here:8786", ""]
)
def test_an_address_of_another_form_is_one_line(tmp_path: Path, address: str) -> None:
    (tmp_path / "train.py").write_text(PITFALL)
    result = run(f"--executor={address}", str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        f"tflint-grad: error: --executor: {address!r} is not of the form dask://HOST:PORT"
    ]


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PITFALL)
    program = (
        "import sys; sys.modules['distributed'] = None; from tflint_grad.cli import main\n"
        "sys.exit(main(['--executor=dask://127.0.0.1:9', sys.argv[1]]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "tflint-grad: error: --executor: distributed is missing; install 'tflint-grad[dask]'\n"
    )
