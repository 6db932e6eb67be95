"""Files that change, vanish, loop or cannot be read during a run: the others are linted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runs.test_jobs import run as run_in_processes
from tests.runs.test_placement import LOSSES, TRAINER
from tests.samples import CORRECT, PITFALL
from tflint_grad import rules
from tflint_grad.config import Layer, Settings, SettingsFinder
from tflint_grad.engine import FileReport, fails, lint_files
from tflint_grad.findings import Severity

CURED = LOSSES.replace("np.std", "tf.math.reduce_std")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    (folder / "train.py").write_text(PITFALL)
    monkeypatch.chdir(folder)
    return folder


def lint(*names: str) -> dict[str, FileReport]:
    cached = Settings((Layer("/", "test", cache_dir=os.path.abspath("../cache")),))
    reports = lint_files(names, SettingsFinder(), cache=cached)
    return {report.filename: report for report in reports}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tflint_grad", "--output-format=concise", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def codes(reports: dict[str, FileReport]) -> dict[str, list[str]]:
    return {name: [finding.code for finding in report.findings] for name, report in reports.items()}


def test_a_file_that_vanishes_before_it_is_read(project: Path) -> None:
    reports = lint("gone.py", "train.py")
    assert codes(reports) == {"gone.py": ["TFG000"], "train.py": ["TFG201"]}
    (finding,) = reports["gone.py"].findings
    assert finding.message == "cannot be read: No such file or directory"
    assert finding.severity is Severity.ERROR
    assert fails(reports["gone.py"], Settings(()))
    assert reports["gone.py"].traceback is None


#: Does something to a file when it has been seen and is about to be handed to another process.
ON_THE_WAY = """
from tflint_grad.runs import crew
real_add = crew.Crew.add
def add(self, file):
    if os.path.basename(file.source.filename) == "train.py":
        {deed}
    real_add(self, file)
crew.Crew.add = add
"""


def test_a_file_that_vanishes_before_another_process_reads_it(project: Path) -> None:
    (project / "other.py").write_text(PITFALL)
    prelude = ON_THE_WAY.format(deed="os.unlink('train.py')")
    result = run_in_processes(project, "--jobs=2", "--output-format=json", prelude=prelude)
    told = [(found["filename"], found["code"]) for found in json.loads(result.stdout)]
    assert told == [("other.py", "TFG201"), ("train.py", "TFG000")]
    assert result.returncode == 1, result.stderr


def test_a_file_that_changes_before_another_process_reads_it(project: Path) -> None:
    prelude = ON_THE_WAY.format(deed=f"open('train.py', 'w').write({CORRECT!r})")
    result = run_in_processes(project, "--jobs=2", "--output-format=json", prelude=prelude)
    assert (result.stdout, result.returncode) == ("[]\n", 0), result.stderr


def test_what_another_process_read_is_what_is_remembered(project: Path) -> None:
    """The entry belongs to the text that was analysed, not to the one that was seen before."""
    cache = f"--cache-dir={project.parent / 'cache'}"
    prelude = ON_THE_WAY.format(deed=f"open('train.py', 'w').write({CORRECT!r})")
    prelude += "\nsys.argv.remove('--no-cache')"
    result = run_in_processes(project, "--jobs=2", cache, prelude=prelude)
    assert result.returncode == 0, result.stderr
    assert run(cache).returncode == 0
    (project / "train.py").write_text(PITFALL)
    assert run(cache).returncode == 1


def test_an_imported_file_that_changes_during_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run sees one state of it; the next run sees the other."""
    (project / "losses.py").write_text(LOSSES)
    names = ("a.py", "b.py", "c.py")
    for name in names:
        (project / name).write_text(TRAINER)
    real = rules.check

    def check(outline: object, *others: object) -> object:
        found = real(outline, *others)  # type: ignore[arg-type]
        (project / "losses.py").write_text(CURED)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(rules, "check", check)
        first = codes(lint(*names))
    assert len(set(map(tuple, first.values()))) == 1
    assert codes(lint(*names)) == {name: [] for name in names}
    (project / "losses.py").write_text(LOSSES)
    assert codes(lint(*names)) == {name: ["TFG201"] for name in names}


def test_an_imported_file_that_vanishes_during_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "losses.py").write_text(LOSSES)
    (project / "trainer.py").write_text(TRAINER)
    real = rules.check

    def check(outline: object, *others: object) -> object:
        (project / "losses.py").unlink(missing_ok=True)
        return real(outline, *others)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(rules, "check", check)
        reports = lint("train.py", "trainer.py")
    assert codes(reports) == {"train.py": ["TFG201"], "trainer.py": []}
    (project / "losses.py").write_text(LOSSES)
    assert codes(lint("trainer.py")) == {"trainer.py": ["TFG201"]}


def test_a_file_that_changes_before_it_is_shown(project: Path) -> None:
    """The report shows the lines that were analysed."""
    program = (
        "import sys; from tflint_grad import cli\n"
        "real = cli.lint_files\n"
        "def lint_files(*arguments, **named):\n"
        "    reports = real(*arguments, **named)\n"
        "    open('train.py', 'w').write('changed = True\\n')\n"
        "    return reports\n"
        "cli.lint_files = lint_files\n"
        "sys.exit(cli.main(['--no-cache']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "    return tf.constant(np.std(h))" in result.stdout
    assert "changed" not in result.stdout


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_links_that_loop(project: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("")
    (project / "pkg" / "deeper").symlink_to(project / "pkg", target_is_directory=True)
    (project / "pkg" / "top").symlink_to(project, target_is_directory=True)
    (project / "pkg" / "self.py").symlink_to("self.py")
    (project / "one.py").symlink_to("two.py")
    (project / "two.py").symlink_to("one.py")
    (project / "pkg" / "losses.py").write_text(LOSSES)
    (project / "trainer.py").write_text(
        TRAINER.replace("from losses", "from pkg.deeper.deeper.losses")
    )
    result = run("--no-cache")
    assert result.returncode == 1
    told = sorted(line.partition(": ")[0] for line in result.stdout.splitlines())
    assert told[0] == "train.py:8:24"
    assert len(told) == 2  # and the path through the links, wherever it is shown
    named = run("--no-cache", "one.py", "train.py")
    assert "one.py:1:1: TFG000 cannot be read: Too many levels of symbolic links" in named.stdout
    assert "train.py:8:24: TFG201" in named.stdout


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_modules_that_import_each_other_through_links_end(project: Path) -> None:
    """Each link makes another path of the same file: a chain without end."""
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("")
    (project / "pkg" / "again").symlink_to(project / "pkg", target_is_directory=True)
    (project / "pkg" / "step.py").write_text(
        "import tensorflow as tf\nfrom .again.step import f as g\n\n\n"
        "def f(x):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = g(x)\n"
        "    return tape.gradient(y, x)\n"
    )
    result = run("--no-cache", "pkg", "train.py")
    assert result.returncode == 1
    assert "train.py:8:24: TFG201" in result.stdout
    assert "internal error" not in result.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_file_that_cannot_be_read(project: Path) -> None:
    """Reading the memory of a process at its start fails, even for root."""
    (project / "secret.py").symlink_to("/proc/self/mem")
    (project / "trainer.py").write_text(TRAINER.replace("losses", "secret"))
    result = run("--no-cache")
    assert result.returncode == 1
    told = result.stdout.splitlines()
    assert told[0] == "secret.py:1:1: TFG000 cannot be read: Input/output error"
    assert [line.partition(": ")[0] for line in told[1:]] == ["train.py:8:24"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_what_is_no_file_is_passed_by(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    (project / "folder.py").mkdir()
    (project / "trainer.py").write_text(
        TRAINER.replace("from losses import spread", "from pipe import spread\nimport folder")
    )
    result = run("--no-cache")
    assert result.returncode == 1
    assert [line.partition(": ")[0] for line in result.stdout.splitlines()] == ["train.py:8:24"]


def test_a_folder_that_vanishes_with_all_that_is_in_it(project: Path) -> None:
    prelude = ON_THE_WAY.format(deed="import shutil; shutil.rmtree('part'); os.unlink('train.py')")
    (project / "part").mkdir()
    (project / "part" / "losses.py").write_text(LOSSES)
    (project / "part" / "trainer.py").write_text(TRAINER)
    result = run_in_processes(project, "--jobs=2", "--output-format=json", prelude=prelude)
    found = json.loads(result.stdout)
    assert [(one["filename"], one["code"]) for one in found] == [
        ("part/trainer.py", "TFG201"),
        ("train.py", "TFG000"),
    ] or all(one["code"] == "TFG000" for one in found)
    assert "Traceback" not in result.stderr
