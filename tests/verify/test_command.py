"""`--verify -- COMMAND`: the user's own program runs as ever, and what it reaches gets a verdict."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.verify.user_programs import (
    COMPILED,
    FAMILY,
    LISTENER,
    MEMORY,
    MODEL,
    MODEL_TEST,
    PITFALL,
    REGISTRY,
    TRAIN,
)

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals")

LINT = [sys.executable, "-m", "tflint_grad", "--isolated", "--no-cache"]


@dataclass
class Run:
    """One run, with the findings by the comment that stands on their line."""

    code: int
    stdout: str
    stderr: str
    findings: dict[str, dict[str, Any]]
    left: list[str]

    def verdict(self, comment: str) -> tuple[str, str]:
        verdict = self.findings[comment]["verdict"]
        return verdict["status"], verdict["evidence"] or verdict["reason"]


def verify(
    folder: Path, *command: str, options: tuple[str, ...] = (), text: str = "", **environment: str
) -> Run:
    """Run a command in a folder of its own, with a temporary folder that nobody else uses."""
    scratch, report = folder / "scratch", folder / "report.json"
    scratch.mkdir(exist_ok=True)
    output = ["--output-format", "json", "--output-file", str(report)]
    done = subprocess.run(
        [*LINT, "--verify", *output, *options, "--", *command],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), **environment},
        timeout=120,
        check=False,
    )
    findings = {}
    for finding in json.loads(report.read_text()) if report.exists() else []:
        lines = (folder / finding["filename"]).read_text().splitlines()
        _, _, comment = lines[finding["location"]["row"] - 1].partition("  # ")
        assert comment not in findings, "two findings in one line"
        findings[comment] = finding
    report.unlink(missing_ok=True)
    left = sorted(path.name for path in scratch.iterdir())
    return Run(done.returncode, done.stdout, done.stderr, findings, left)


def plain(folder: Path, *command: str, text: str = "", **environment: str) -> Run:
    done = subprocess.run(
        command,
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, {}, [])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    (folder / "train.py").write_text(TRAIN)
    (folder / "registry.py").write_text(REGISTRY)
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(
        "import sys\nsys.set_by_sitecustomize = True\n"
    )
    return folder


@pytest.fixture(scope="module")
def training(project: Path) -> Run:
    command = (sys.executable, "train.py", "--steps", "1")
    return verify(project, *command, text="hello", PYTHONPATH=str(project / "site"))


class TestATrainingScript:
    def test_says_and_returns_what_it_says_and_returns_alone(
        self, project: Path, training: Run
    ) -> None:
        command = (sys.executable, "train.py", "--steps", "1")
        alone = plain(project, *command, text="hello", PYTHONPATH=str(project / "site"))
        assert training.stdout.replace("traced", "True") == alone.stdout
        assert "mine: True" in alone.stdout and "input: hello" in alone.stdout
        assert training.code == alone.code == 3
        assert alone.stderr.splitlines()[-1] in training.stderr.splitlines()

    def test_confirms_what_it_reaches(self, training: Run) -> None:
        assert training.verdict("confirmed") == (
            "confirmed",
            "gradient of 'loss' with respect to 'w' was None in its only call",
        )
        assert training.verdict("confirmed zero")[0] == "confirmed"

    def test_says_of_what_it_does_not_reach_that_it_did_not(self, training: Run) -> None:
        row = TRAIN.splitlines().index(next(x for x in TRAIN.splitlines() if "not reached" in x))
        assert training.verdict("not reached") == (
            "inconclusive",
            f"line {row + 1} was not reached by this command",
        )

    def test_tells_what_no_finding_foretold(self, training: Run) -> None:
        told = {
            comment: (finding["consequence"], finding["severity"], finding["message"])
            for comment, finding in training.findings.items()
            if finding["code"] == "TFG900"
        }
        assert told == {
            "observed none": (
                "gradient-none",
                "warning",
                "gradient() returned None with respect to registry.get('other') in 3 of 3 calls",
            ),
            "observed filtered": (
                "gradient-none",
                "advice",
                "gradient() returned None with respect to 'pairs[1]' (other) in its only call; "
                "the program filters None",
            ),
            "observed nan": (
                "gradient-nan",
                "warning",
                "gradient() returned values that are NaN or infinite with respect to 'x' "
                "in 1 of 3 calls",
            ),
            "observed zeros": (
                "gradient-zero",
                "warning",
                "gradient() returned zeros with respect to 'x' (dead) in 3 of 3 calls",
            ),
        }

    def test_names_device_version_and_command(self, training: Run) -> None:
        import tensorflow as tf

        verdict = training.findings["observed none"]["verdict"]
        assert verdict["tensorflow"] == tf.__version__
        assert verdict["device"].startswith(("CPU:0", "GPU:0"))
        assert verdict["scene"].endswith("train.py --steps 1")

    def test_leaves_nothing_behind(self, training: Run) -> None:
        assert training.left == []


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("family")
    (folder / "family.py").write_text(FAMILY)
    return verify(folder, sys.executable, "family.py")


class TestAFamilyOfProcesses:
    @pytest.mark.parametrize(
        "where",
        ["in a fork", "in a spawned process", "in a thread", "in a child", "before the crash"],
    )
    def test_each_is_watched(self, family: Run, where: str) -> None:
        assert family.verdict(where) == (
            "confirmed",
            "gradient of 'y' with respect to 'w' was None in its only call",
        )

    def test_a_signal_that_ends_it_is_told_as_a_shell_does(self, family: Run) -> None:
        assert family.code == 128 + signal.SIGKILL
        assert family.left == []


class TestATestSuite:
    def test_is_watched_under_pytest(self, tmp_path: Path) -> None:
        (tmp_path / "model.py").write_text(MODEL)
        (tmp_path / "test_model.py").write_text(MODEL_TEST)
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_model.py")
        run = verify(tmp_path, *command)
        assert "3 passed" in run.stdout
        assert run.code == 1, "pytest's own is 0, so ours counts"
        assert {comment: run.verdict(comment)[0] for comment in run.findings if comment} == {
            "confirmed": "confirmed",
            "raises": "confirmed",
            "memory": "confirmed",
        }
        assert run.left == []


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("memory")
    (folder / "memory.py").write_text(MEMORY)
    return verify(folder, sys.executable, "memory.py")


class TestTapesThatAreSaidToBeKept:
    """They speak when they die, however many tapes there were before."""

    @pytest.mark.parametrize(
        ("where", "status", "told"),
        [
            ("held", "confirmed", r"the tape held \d+ intermediate values .*after its last use"),
            ("holds nothing", "refuted", "the tape held nothing after its last use"),
            ("in a cycle", "inconclusive", "the tape died in a cycle of references"),
            ("alive at the end", "confirmed", "the tape was alive at the end of the run and held"),
        ],
    )
    def test_have_their_verdict(self, remembering: Run, where: str, status: str, told: str) -> None:
        verdict = remembering.verdict(where)
        assert verdict[0] == status
        assert re.match(told, verdict[1])


class TestWhatXlaCompiles:
    def test_is_seen_under_fit_and_can_be_saved_where_it_is_the_program_s_own(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "compiled.py").write_text(COMPILED)
        run = verify(tmp_path, sys.executable, "compiled.py")
        assert run.stdout == "saved\n"
        assert (
            "in 8 of 8 calls; asked for by keras" in run.findings["observed under fit"]["message"]
        )


class TestAProgramThatCannotBeWatched:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "pitfall.py").write_text(PITFALL)
        return tmp_path

    def reason(self, run: Run) -> str:
        (finding,) = run.findings.values()
        assert finding["verdict"]["status"] == "inconclusive"
        return str(finding["verdict"]["reason"])

    def test_without_tensorflow(self, folder: Path) -> None:
        run = verify(folder, sys.executable, "-c", "import sys; print(len(sys.meta_path))")
        assert self.reason(run) == "the program did not import TensorFlow"
        assert run.code == 1

    def test_with_another_pythonpath(self, folder: Path) -> None:
        run = verify(folder, "env", "PYTHONPATH=.", sys.executable, "-c", "pass")
        assert "replaces PYTHONPATH" in self.reason(run)

    def test_that_takes_longer_than_it_may(self, folder: Path) -> None:
        started = time.monotonic()
        inner = f"{sys.executable} -c 'import time; time.sleep(50)' & echo $!; wait"
        run = verify(folder, "sh", "-c", inner, options=("--verify-timeout", "2"))
        assert "2 s" in self.reason(run)
        assert run.code == 124
        assert time.monotonic() - started < 40
        left = Path(f"/proc/{int(run.stdout)}/cmdline")
        assert not left.exists() or not left.read_bytes(), "what it started is dead as well"

    def test_on_a_gpu_that_is_not_there(self, folder: Path) -> None:
        command = (sys.executable, "pitfall.py")
        run = verify(folder, *command, options=("--device", "gpu"), CUDA_VISIBLE_DEVICES="-1")
        assert (run.code, run.stdout) == (2, ""), "it is not begun"
        assert run.stderr == "tflint-grad: error: --device gpu: TensorFlow sees no GPU\n"

    def test_that_does_not_exist(self, folder: Path) -> None:
        run = verify(folder, "no-such-program-here")
        assert run.code == 2
        assert run.stderr == "tflint-grad: error: no-such-program-here: command not found\n"


class TestSignals:
    @pytest.fixture
    def command(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        (tmp_path / "listener.py").write_text(LISTENER)
        monkeypatch.chdir(tmp_path)
        return [*LINT, "--verify", "--quiet", "--", sys.executable, "listener.py"]

    @pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
    def test_are_passed_on(self, command: list[str], name: str) -> None:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as linter:
            assert linter.stdout is not None
            assert linter.stdout.readline() == "ready False False\n"
            linter.send_signal(getattr(signal, name))
            assert linter.stdout.readline() == f"heard {name}\n"
            assert linter.wait(20) == 7

    def test_from_a_terminal_come_once(self, command: list[str]) -> None:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(command[0], command)
        said = b""
        while not said.endswith(b"\n"):
            said += os.read(terminal, 1000)
        assert b"ready True True" in said
        os.write(terminal, b"\x03")
        while b"SIGINT\r\n" not in said:
            said += os.read(terminal, 1000)
        _, status = os.waitpid(pid, 0)
        assert said.count(b"heard SIGINT") == 1
        assert os.waitstatus_to_exitcode(status) == 7
