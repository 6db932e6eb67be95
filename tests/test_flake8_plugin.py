"""The plugin under real flake8 runs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import ADVICE, CORRECT, PITFALL, PLACE, PLAIN
from tflint_grad.flake8_plugin import _may_matter
from tflint_grad.source import Relevance, relevance

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("flake8") is None, reason="flake8 is not installed"
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def flake8(*arguments: str, text: str | None = None) -> list[str]:
    """The lines that flake8 prints; what it says of itself on stderr must be nothing."""
    result = subprocess.run(
        [sys.executable, "-m", "flake8", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


def write(name: str, text: str) -> None:
    Path(name).write_text(text)


def test_select_tfg_shows_findings_where_they_are() -> None:
    write("train.py", PITFALL)
    write("correct.py", CORRECT)
    (line,) = flake8("--select", "TFG")
    assert line.startswith(f"./train.py:{PLACE}: TFG201 ")


def test_findings_show_without_a_selection_too() -> None:
    write("train.py", PITFALL)
    (line,) = flake8("--extend-ignore=E,W")
    assert ": TFG201 " in line


def test_extend_select_and_ignore_are_flake8s_own() -> None:
    write("train.py", PITFALL)
    assert len(flake8("--extend-select=TFG2")) == 1
    assert flake8("--select=TFG3") == []
    assert flake8("--select=TFG", "--extend-ignore=TFG201") == []


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), False),
        (("--ignore=E501",), False),
        (("--extend-ignore=E501",), False),
        (("--select=E,T",), False),
        (("--select=TFG",), True),
        (("--select=TFG1",), True),
        (("--extend-select=TFG1",), True),
        (("--extend-select=TFG",), True),
    ],
)
def test_advice_is_shown_to_those_who_ask_for_us(arguments: tuple[str, ...], shown: bool) -> None:
    write("train.py", ADVICE)
    assert any(" TFG101 " in line for line in flake8(*arguments)) is shown


def test_naming_one_family_shows_the_advice_of_all(project: Path) -> None:
    write("train.py", ADVICE)
    assert any(" TFG101 " in line for line in flake8("--extend-select=TFG2"))


def test_our_own_table_may_ask_for_advice_or_hide_it_for_good() -> None:
    write("train.py", ADVICE)
    write("pyproject.toml", "[tool.tflint-grad]\nadvice = true\n")
    assert len(flake8()) == 1
    write("pyproject.toml", "[tool.tflint-grad]\nadvice = false\n")
    assert flake8("--select=TFG") == []


def test_our_own_table_selects() -> None:
    write("train.py", PITFALL)
    write("pyproject.toml", "[tool.tflint-grad]\nignore = ['TFG2']\n")
    assert flake8("--select=TFG") == []


def test_noqa_counts_on_the_first_the_last_and_the_reported_line() -> None:
    spread = PITFALL.replace(
        "tf.constant(np.std(h))", "tf.constant({}\n        np.std(h),{}\n    ){}"
    )
    comment = "  # noqa: TFG2"
    assert len(flake8("--select=TFG", "-", text=spread.format("", "", ""))) == 1
    for place in range(3):
        marks = [comment if number == place else "" for number in range(3)]
        text = spread.format(*marks)
        assert flake8("--select=TFG", "-", text=text) == []
        assert len(flake8("--select=TFG", "--disable-noqa", "-", text=text)) == 1
    assert flake8("--select=TFG", "-", text="# flake8: noqa\n" + PITFALL) == []


def test_stdin_has_the_name_that_flake8_is_told() -> None:
    write("pyproject.toml", "[tool.tflint-grad.per-file-ignores]\n'quiet.py' = ['TFG']\n")
    (line,) = flake8("--select=TFG", "-", text=PITFALL)
    assert line.startswith(f"stdin:{PLACE}: TFG201 ")
    assert flake8("--select=TFG", "--stdin-display-name=quiet.py", "-", text=PITFALL) == []


def test_two_jobs_find_what_one_finds() -> None:
    for number in range(6):
        write(f"train{number}.py", PITFALL if number % 2 else ADVICE)
    alone = flake8("--select=TFG", "-j1")
    assert sorted(flake8("--select=TFG", "-j2")) == sorted(alone)
    assert len(alone) == 6


def test_columns_count_code_points() -> None:
    write("train.py", PITFALL.replace("constant(np", 'constant(name="日本", value=np'))
    write("bom.py", "\ufeff" + PITFALL)
    lines = flake8("--select=TFG")
    assert lines[0].startswith(f"./bom.py:{PLACE}: TFG201 ")
    row, column = PLACE.split(":")
    shift = len('name="日本", value=')
    assert any(line.startswith(f"./train.py:{row}:{int(column) + shift}: ") for line in lines)


def test_it_never_raises() -> None:
    write("train.py", PITFALL)
    write("pyproject.toml", "[tool.tflint-grad]\nselct = []\n")
    (line,) = flake8("--select=TFG")
    assert "TFG000" in line
    assert "unknown key 'selct'" in line


def test_an_error_of_ours_is_told_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    from tflint_grad import rules
    from tflint_grad.flake8_plugin import GradientChecker

    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(rules, "check", broken)
    checker = GradientChecker(ast.parse(PITFALL), PITFALL.splitlines(keepends=True), "a.py")
    ((row, column, text, _),) = checker.run()
    assert (row, column) == (1, 0)
    assert text.startswith("TFG000 internal error")


def test_nothing_is_imported_where_no_tape_is() -> None:
    write("plain.py", PLAIN)
    write("plain_tf.py", "import tensorflow as tf\n\nprint(tf.__version__)\n")
    program = (
        "import sys; from flake8.main.cli import main; main(['-j1', '--select=TFG,F', '.'])\n"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('libcst', 'rich')"
        " or n.startswith(('tflint_grad.flow', 'tflint_grad.outline', 'tflint_grad.rules'))))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(("text", "seldom"), [(PLAIN, False), (PITFALL, True)])
def test_the_collector_comes_seldom_once_syntax_is_kept(text: str, seldom: bool) -> None:
    write("a.py", text)
    program = (
        "import gc; from flake8.main.cli import main; main(['-j1', '--select=F', '.'])\n"
        "print(gc.get_threshold()[0] >= 100_000)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == f"{seldom}\n"


@pytest.mark.parametrize(
    "code",
    [
        "from ours import record\nwith record(x) as tape: y = x\ng = tape . gradient(y, x)",
        "from ours import record\nwith record(x) as tape: y = x\ng = tape.batch_jacobian(y, x)",
        "from ours import model, loss\nmodel.compile('adam', loss)\nmodel.fit(x, y)",
        "import keras\nclass L(keras.Layer):\n    def call(self, x): ...",
    ],
)
def test_what_the_first_look_lets_pass_is_not_dropped_before_it(code: str) -> None:
    assert relevance(code.encode()) is not Relevance.NONE
    assert _may_matter(code)
