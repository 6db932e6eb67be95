"""The cache of findings: the second run says what the first said, and asks when it must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.samples import ADVICE, CORRECT, PITFALL, PLAIN
from tflint_grad import rules
from tflint_grad.config import Layer, Settings, SettingsFinder
from tflint_grad.engine import FileReport, lint_files
from tflint_grad.knowledge.taught import NOTHING_TAUGHT
from tflint_grad.runs import entry, memory
from tflint_grad.runs.analysis import analyse
from tflint_grad.runs.memory import Memory
from tflint_grad.runs.projects import Projects, ProjectSettings
from tflint_grad.source import SourceText

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"

TRAINER = """\
import tensorflow as tf
from losses import spread

w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = spread(w * 3.0)
grads = tape.gradient(loss, w)
"""
LOSSES = """\
import numpy as np
import tensorflow as tf


def spread(h):
    return tf.constant(np.std(h))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the files that were analysed and not recalled."""
    names: list[str] = []
    real = rules.check

    def check(outline: object, *others: object) -> object:
        names.append(os.path.basename(outline.filename))  # type: ignore[attr-defined]
        return real(outline, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(rules, "check", check)
    yield names


def lint(project: Path, *names: str, layer: Layer | None = None, jobs: int = 1) -> list[FileReport]:
    cached = Settings((Layer("/", "test", cache_dir=str(project.parent / "cache")),))
    paths = names or sorted(path.name for path in project.glob("*.py"))
    return lint_files(paths, SettingsFinder(layer), cache=cached, jobs=jobs)


def told(reports: list[FileReport]) -> list[str]:
    return [
        f"{finding.filename}:{finding.location.row} {finding.code} {finding.message}"
        for report in reports
        for finding in report.findings
    ]


def test_what_has_not_changed_is_not_analysed_again(project: Path, analysed: list[str]) -> None:
    for name, text in (("a.py", PITFALL), ("b.py", ADVICE), ("c.py", CORRECT), ("d.py", PLAIN)):
        (project / name).write_text(text)
    first = lint(project)
    assert sorted(analysed) == ["a.py", "b.py", "c.py"]
    second = lint(project)
    assert sorted(analysed) == ["a.py", "b.py", "c.py"]
    assert second == first
    assert [report.source and report.source.text for report in second][:2] == [PITFALL, ADVICE]
    (project / "b.py").write_text(PITFALL)
    lint(project)
    assert analysed[3:] == ["b.py"]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda p: None, False),
        (lambda p: (p / "losses.py").touch(), False),
        (lambda p: (p / "notes.txt").write_text("new"), False),
        (
            lambda p: (p / "losses.py").write_text(LOSSES.replace("np.std", "tf.math.reduce_std")),
            True,
        ),
        (lambda p: (p / "losses.py").write_text(LOSSES.replace("(h))", "(h))  # noqa")), True),
        (lambda p: (p / "losses.py").unlink(), True),
        (lambda p: ((p / "losses").mkdir(), (p / "losses" / "__init__.py").write_text("")), True),
    ],
    ids=["nothing", "its time", "another file", "cured", "silenced", "gone", "shadowed"],
)
def test_a_file_that_was_looked_at_counts(
    project: Path, analysed: list[str], change: Callable[[Path], object], again: bool
) -> None:
    (project / "trainer.py").write_text(TRAINER)
    (project / "losses.py").write_text(LOSSES)
    first = lint(project, "trainer.py")
    assert told(first)
    change(project)
    del analysed[:]
    second = lint(project, "trainer.py")
    assert analysed == (["trainer.py"] if again else [])
    assert (second == first) is not again


def test_a_module_that_was_missing_counts(project: Path, analysed: list[str]) -> None:
    (project / "trainer.py").write_text(TRAINER)
    assert told(lint(project, "trainer.py")) == []
    (project / "losses.py").write_text(LOSSES)
    assert len(told(lint(project, "trainer.py"))) == 1
    assert analysed == ["trainer.py", "trainer.py"]


def test_where_imports_are_looked_up_counts(project: Path, analysed: list[str]) -> None:
    """What makes a folder the top of a project decides which file `import losses` finds."""
    for name in ("code", "src"):
        (project / name).mkdir()
    (project / "pyproject.toml").unlink()
    (project / "code" / "trainer.py").write_text(TRAINER)
    (project / "src" / "losses.py").write_text(LOSSES)
    assert told(lint(project, "code/trainer.py")) == []
    (project / "pyproject.toml").write_text("[project]\nname = 'p'\n")
    assert len(told(lint(project, "code/trainer.py"))) == 1


def test_a_caller_that_is_new_counts(project: Path, analysed: list[str]) -> None:
    step = (
        "import tensorflow as tf\n\n\ndef step(x, loss_fn):\n"
        "    with tf.GradientTape() as tape:\n        tape.watch(x)\n        loss = loss_fn(x)\n"
        "    return tape.gradient(loss, x)\n"
    )
    (project / "step.py").write_text(step)
    lint(project, "step.py")
    lint(project, "step.py")
    assert analysed == ["step.py"]
    (project / "main.py").write_text(
        "from step import step\nfrom losses import spread\nimport tensorflow as tf\n"
        "step(tf.constant([1.0, 2.0]), spread)\n"
    )
    lint(project, "step.py")
    assert analysed == ["step.py", "step.py"]


def test_what_chooses_among_findings_does_not_ask_for_another_analysis(
    project: Path, analysed: list[str]
) -> None:
    (project / "a.py").write_text(PITFALL)
    (project / "b.py").write_text(ADVICE)
    both = told(lint(project))
    assert len(both) == 2
    one = Layer(str(project), "test", select=("TFG2",))
    assert told(lint(project, layer=one)) == both[:1]
    none = Layer(str(project), "test", per_file_ignores=(("*.py", ("TFG",)),))
    assert told(lint(project, layer=none)) == []
    assert len(analysed) == 2


def test_settings_that_change_findings_do(project: Path, analysed: list[str]) -> None:
    (project / "a.py").write_text(PITFALL)
    (project / "other").mkdir()
    lint(project)
    lint(project, layer=Layer(str(project), "test", src=("other",)))
    (project / "pyproject.toml").write_text(
        '[tool.tflint-grad.functions]\n"mylib.logit" = { gradient = "flows" }\n'
    )
    lint(project)
    assert analysed == ["a.py"] * 3


def test_another_linter_python_or_libcst_starts_anew(
    project: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.py").write_text(PITFALL)
    lint(project)
    monkeypatch.setattr(memory, "stamp", lambda: "another")
    lint(project)
    lint(project)
    assert analysed == ["a.py", "a.py"]


def test_every_file_of_the_linter_is_in_the_stamp(tmp_path: Path) -> None:
    """Run on a copy of the package, of which one file after another is changed."""
    import shutil

    import tflint_grad

    shutil.copytree(
        Path(tflint_grad.__file__).parent,
        tmp_path / "tflint_grad",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    program = "from tflint_grad.runs.stamp import stamp; print(stamp())"

    def stamped() -> str:
        result = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout

    stamps = [stamped(), stamped()]
    assert stamps[0] == stamps[1]
    for name in ("flow/calls.py", "knowledge/tensorflow.json", "__init__.py"):
        with (tmp_path / "tflint_grad" / name).open("a") as file:
            file.write("\n")
        stamps.append(stamped())
    assert len(set(stamps)) == 4


def test_the_same_text_elsewhere_is_another_file(project: Path, analysed: list[str]) -> None:
    (project / "trainer.py").write_text(TRAINER)
    (project / "losses.py").write_text(LOSSES)
    (project / "apart").mkdir()
    (project / "apart" / "trainer.py").write_text(TRAINER)
    (project / "apart" / "losses.py").write_text(LOSSES.replace("np.std", "tf.math.reduce_std"))
    assert told(lint(project, "trainer.py"))
    assert told(lint(project, "apart/trainer.py")) == []
    assert len(analysed) == 2


def test_an_error_of_ours_is_not_remembered(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "a.py").write_text(PITFALL)

    def broken(*_: object) -> None:
        raise KeyError("lost")

    with monkeypatch.context() as patch:
        patch.setattr(rules, "check", broken)
        (report,) = lint(project)
        assert report.traceback is not None
    (finding,) = lint(project)[0].findings
    assert finding.code == "TFG201"


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"findings": [[1, 2]]}', "\xff", "1" * 5000])
def test_an_entry_that_is_whole_but_not_ours_is_a_miss(project: Path, text: str) -> None:
    (project / "a.py").write_text(PITFALL)
    first = lint(project)
    store = Memory.of(Settings((Layer("/", "t", cache_dir=str(project.parent / "cache")),)))
    assert store is not None
    source = SourceText.from_text(PITFALL, "a.py")
    key = memory._key(
        str(project / "a.py"), memory.digest_of(source), ProjectSettings((), NOTHING_TAUGHT)
    )
    assert store.analyses.load(key) is not None
    store.analyses.save(key, text.encode("latin-1"))
    assert lint(project) == first


def test_entries_give_back_what_they_were_given() -> None:
    """For what is found in all fixtures."""
    settings, found = ProjectSettings((), NOTHING_TAUGHT), 0
    project = Projects().of(settings)
    for path in sorted(FIXTURES.glob("TFG20*/bad_*.py")) + sorted(FIXTURES.glob("showcase/*.py")):
        source = SourceText.from_text(path.read_text(encoding="utf-8"), str(path))
        analysis = analyse(source, project, NOTHING_TAUGHT)
        if analysis.seen is None:
            continue  # the prefilter drops it
        again = entry.unpacked(entry.packed(analysis), str(path))
        assert again is not None
        assert (again.findings, again.silenced) == (analysis.findings, analysis.silenced)
        assert (again.notes, again.digest) == (analysis.notes, analysis.digest)
        assert again.seen is not None
        assert project.still_holds(again.seen)
        found += len(again.findings)
    assert found > 40


def test_damaged_entries_change_nothing(project: Path) -> None:
    for number in range(5):
        (project / f"a{number}.py").write_text(PITFALL + f"# {number}\n")
    first = lint(project)
    for number, path in enumerate(sorted((project.parent / "cache").rglob("*.entry"))):
        data = path.read_bytes()
        path.write_bytes((b"", data[:-1], data[:20], os.urandom(100), data[::-1])[number % 5])
    assert lint(project) == first
    assert lint(project) == first


def run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tflint_grad", "-q", "--output-format=json", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_remembers_where_it_is_told_to(project: Path, tmp_path: Path) -> None:
    (project / "a.py").write_text(PITFALL)
    first = run("--no-cache")
    assert len(json.loads(first.stdout)) == 1

    def entries(folder: str) -> int:
        return len(list((tmp_path / folder).rglob("findings/**/*.entry")))

    for arguments in ((), ("--jobs=1",), ("./a.py",), (str(project),)):
        found = json.loads(run(*arguments, f"--cache-dir={tmp_path / 'given'}").stdout)
        assert [one["code"] for one in found] == ["TFG201"]
        assert entries("given") == 1  # the same entry, whatever the file is called
    (project / "pyproject.toml").write_text("[tool.tflint-grad]\ncache-dir = '../configured'\n")
    assert run().stdout == first.stdout
    assert entries("configured") == 1
    (project / "pyproject.toml").write_text(
        "[tool.tflint-grad]\ncache-dir = '../unused'\ncache = false\n"
    )
    assert run().stdout == first.stdout
    assert entries("unused") == 0
    assert run(f"--cache-dir={project / 'a.py'}").stdout == first.stdout


def test_a_buffer_is_not_taken_for_its_file(project: Path) -> None:
    (project / "losses.py").write_text(LOSSES.replace("np.std", "tf.math.reduce_std"))
    (project / "trainer.py").write_text(TRAINER)
    assert run("trainer.py").stdout == "[]\n"
    (found,) = json.loads(run("-", "--stdin-filename=losses.py", "trainer.py", text=LOSSES).stdout)
    assert (found["filename"], found["location"]["row"]) == ("losses.py", 6)
    assert run("trainer.py").stdout == "[]\n"
    assert run("-", "--stdin-filename=trainer.py", text=TRAINER).stdout == "[]\n"


def test_flake8_shares_it(project: Path) -> None:
    pytest.importorskip("flake8")
    (project / "a.py").write_text(PITFALL)
    cache = project.parent / "flake8s"
    (project / "pyproject.toml").write_text("[tool.tflint-grad]\ncache-dir = '../flake8s'\n")
    command = [sys.executable, "-m", "flake8", "--select=TFG"]
    outputs = []
    for arguments in ([], [], ["--disable-noqa"]):
        result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert result.stderr == ""
        outputs.append(result.stdout)
    if not outputs[0]:
        pytest.skip("tflint-grad is not installed as a plugin here")
    assert len(set(outputs)) == 1
    assert len(list(cache.rglob("findings/**/*.entry"))) == 1
    assert len(json.loads(run().stdout)) == 1
    assert len(list(cache.rglob("findings/**/*.entry"))) == 1
