"""One file's way through the linter, and what happens when something goes wrong on it."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import ADVICE, CORRECT, PITFALL, PLACE, PLAIN
from tflint_grad import rules
from tflint_grad.config import Layer, Settings
from tflint_grad.engine import (
    fails,
    lint_bytes,
    lint_file,
    lint_source,
    rare_collections,
)
from tflint_grad.findings import Consequence, Severity
from tflint_grad.source import SourceText

DEFAULTS = Settings(())
PITFALL_IN_LAYERS = (
    PITFALL
    + """

class Twice(tf.keras.layers.Layer):
    def call(self, x, name="twice"):
        return tf.nest.flatten([x, (x, x)])[0] * 2.0


class Once(Twice):
    def call(self, x):
        return super().call(x) / 2
"""
)


def settings(**given: object) -> Settings:
    return Settings((Layer("/project", "test", **given),))  # type: ignore[arg-type]


def codes(text: str, chosen: Settings = DEFAULTS) -> list[str]:
    report = lint_source(SourceText.from_text(text, "a.py"), chosen)
    return [finding.code for finding in report.findings]


def test_a_pitfall_is_found_and_its_correction_is_silent() -> None:
    (finding,) = lint_source(SourceText.from_text(PITFALL, "a.py"), DEFAULTS).findings
    assert (finding.code, finding.filename) == ("TFG201", "a.py")
    assert f"{finding.location.row}:{finding.location.column}" == PLACE
    assert codes(CORRECT) == codes(PLAIN) == codes("") == []


def test_selection_and_advice_are_settings() -> None:
    assert codes(PITFALL, settings(ignore=("TFG201",))) == []
    assert codes(PITFALL, settings(select=("TFG3",))) == []
    assert codes(PITFALL, settings(per_file_ignores=(("a.py", ("TFG2",)),))) == []
    assert codes(ADVICE) == ["TFG101"]
    assert codes(ADVICE, settings(advice=False)) == []


def test_noqa_drops_findings() -> None:
    assert codes(PITFALL.replace("np.std(h))", "np.std(h))  # noqa: TFG201")) == []


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        (PITFALL.encode() + b"def (:\n", Severity.ERROR),
        (PITFALL.encode() + b"# \xff\n", Severity.ERROR),
        (PITFALL.encode("utf-16"), Severity.ERROR),
        (PITFALL.encode() + b"\0", Severity.ERROR),
        (PITFALL.encode() + b"#" * 1_000_000, Severity.WARNING),
        (PITFALL.encode() + b"x = " + b"-" * 50_000 + b"1\n", Severity.WARNING),
    ],
)
def test_what_cannot_be_read_is_tfg000(data: bytes, severity: Severity) -> None:
    report = lint_bytes(data, DEFAULTS, "a.py")
    (finding,) = report.findings
    assert (finding.code, finding.name) == ("TFG000", "unreadable-file")
    assert finding.consequence is Consequence.UNREADABLE
    assert finding.severity is severity
    assert report.traceback is None
    # What exceeds a stated limit does not fail a run, whatever it fails on.
    assert fails(report, settings(fail_on="advice")) is (severity is Severity.ERROR)


def test_broken_files_that_do_not_concern_us_are_not_diagnosed() -> None:
    assert lint_bytes(b"def (: \xff \0", DEFAULTS, "a.py").findings == []


def test_an_internal_error_is_told_of_the_file_and_cannot_be_silenced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(rules, "check", broken)
    report = lint_bytes(PITFALL.encode(), settings(ignore=("TFG000",)), "a.py")
    (finding,) = report.findings
    assert finding.message == "internal error of tflint-grad on this file: KeyError: 'lost'"
    assert report.traceback is not None
    assert "broken" in report.traceback


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_running_out_of_stack_or_memory_is_a_limit(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(rules, "check", exhausted)
    (finding,) = lint_bytes(PITFALL.encode(), DEFAULTS, "a.py").findings
    assert (finding.code, finding.severity) == ("TFG000", Severity.WARNING)


def test_fail_on_is_the_least_severity_that_fails() -> None:
    advised = lint_bytes(ADVICE.encode(), DEFAULTS, "a.py")
    found = lint_bytes(PITFALL.encode(), DEFAULTS, "a.py")
    assert not fails(advised, DEFAULTS)
    assert fails(advised, settings(fail_on="advice"))
    assert fails(found, DEFAULTS)
    assert fails(found, settings(fail_on="error"))
    assert not fails(found, settings(fail_on="never"))


def test_the_source_is_kept_only_where_it_will_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(PITFALL)
    assert lint_file(str(path), DEFAULTS).source is not None
    path.write_text(CORRECT)
    assert lint_file(str(path), DEFAULTS).source is None


def test_collections_are_rare_while_linting_and_usual_afterwards() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold()[0] >= 100_000
    assert gc.get_threshold() == before


def test_what_linting_leaves_is_freed_without_the_collector() -> None:
    """Nothing of it is a circle: it may be collected seldom, and costs no memory meanwhile."""
    codes(PITFALL_IN_LAYERS)
    gc.collect()
    with rare_collections():
        assert codes(PITFALL_IN_LAYERS) == ["TFG201"]
        assert gc.collect() == 0


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        (PLAIN, False),
        ("import tensorflow as tf\n\n\ndef f(x):\n    return tf.exp(x)\n", False),
        ("import keras\nclass L(keras.Layer):\n    def call(self, x):\n        return x\n", False),
        (PITFALL, True),
    ],
)
def test_libcst_is_imported_for_files_that_matter_only(
    tmp_path: Path, text: str, imported: bool
) -> None:
    path = tmp_path / "a.py"
    path.write_text(text)
    program = (
        "import sys; from tflint_grad.cli import main; "
        f"main(['-q', '--isolated', '--output-format=concise', {str(path)!r}]); "
        "loaded = {name for name in sys.modules if name.split('.')[0] in"
        " ('libcst', 'rich', 'pathspec', 'tensorflow', 'numpy')}; "
        "print(sorted({name.split('.')[0] for name in loaded}), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stderr.strip() == ("['libcst']" if imported else "[]")
