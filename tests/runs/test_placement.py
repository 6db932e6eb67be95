"""Where findings are shown, which are told, and which are one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tflint_grad.config import Layer, Settings, SettingsFinder
from tflint_grad.engine import FileReport, lint_files
from tflint_grad.findings import (
    Confidence,
    Consequence,
    Finding,
    Location,
    Severity,
    Site,
    TapePlace,
    TraceStep,
)
from tflint_grad.runs.analysis import Analysis
from tflint_grad.runs.placement import Placement, names_of

HERE = "/project"


def found(
    path: str = "losses.py",
    row: int = 6,
    callers: tuple[tuple[str, int], ...] = (("trainer.py", 12),),
    tapes: tuple[tuple[str, int], ...] = (("trainer.py", 10),),
    severity: Severity = Severity.ERROR,
    code: str = "TFG201",
) -> Finding:
    def where(name: str) -> str:
        return os.path.join(HERE, name)

    return Finding(
        code=code,
        name="numpy-on-path",
        message="np.std(...) takes 'h' out of TensorFlow",
        severity=severity,
        confidence=Confidence.PROVEN,
        consequence=Consequence.GRADIENT_NONE,
        filename=where(path),
        location=Location(row, 5),
        end_location=Location(row, 9),
        trace=(TraceStep("tape opened here", where("trainer.py"), Location(10, 1)),),
        statement_rows=(row, row),
        callers=tuple(
            Site(where(name), Location(r, 3), Location(r, 8), (r, r)) for name, r in callers
        ),
        tapes=tuple(TapePlace(where(name), Location(r, 6)) for name, r in tapes),
    )


def analysis(path: str, *findings: Finding, **more: object) -> Analysis:
    return Analysis(os.path.join(HERE, path), findings, **more)  # type: ignore[arg-type]


def reports(
    *analyses: Analysis,
    asked: tuple[str, ...] | None = None,
    settings: Mapping[str, Settings] | None = None,
    keeps_silenced: bool = False,
) -> list[FileReport]:
    names = [os.path.relpath(one.path, HERE) for one in analyses] if asked is None else asked
    chosen = settings or {}
    return Placement(
        {os.path.join(HERE, name): name for name in names},
        lambda name: chosen.get(name, Settings(())),
        keeps_silenced,
    ).reports(analyses)


def told(*arguments: Analysis, **named: object) -> list[str]:
    return [
        f"{report.filename}: {finding.filename}:{finding.location.row} {finding.message}"
        for report in reports(*arguments, **named)  # type: ignore[arg-type]
        for finding in report.findings
    ]


MESSAGE = "np.std(...) takes 'h' out of TensorFlow"


def test_a_finding_is_in_the_report_of_the_file_of_its_cause() -> None:
    assert told(analysis("trainer.py", found()), analysis("losses.py")) == [
        f"losses.py: losses.py:6 {MESSAGE}"
    ]


def test_a_cause_that_was_not_asked_for_is_shown_at_the_deepest_call_that_was() -> None:
    deep = found(callers=(("trainer.py", 12), ("steps.py", 30), ("nets.py", 40)))
    cause = f"({HERE}/losses.py:6)"
    alone = told(analysis("trainer.py", deep))
    assert alone == [f"trainer.py: trainer.py:12 {MESSAGE} {cause}"]
    both = told(analysis("trainer.py", deep), analysis("steps.py"))
    assert both == [f"steps.py: steps.py:30 {MESSAGE} {cause}"]


def test_where_no_call_was_asked_for_the_gradient_call_is_shown() -> None:
    asking = TraceStep("asked for here", os.path.join(HERE, "trainer.py"), Location(20, 5))
    one = replace(found(callers=()), trace=(asking,))
    (line,) = told(analysis("trainer.py", one))
    assert line == f"trainer.py: trainer.py:20 {MESSAGE} ({HERE}/losses.py:6)"


def test_a_defect_of_which_nothing_was_asked_for_is_left_to_the_files_that_it_is_in() -> None:
    assert told(analysis("recording.py", found(callers=()))) == []


def test_one_defect_found_from_several_files_is_one_finding() -> None:
    first = found(tapes=(("a.py", 10), ("a.py", 20)), callers=(("a.py", 11),))
    second = found(tapes=(("b.py", 5),), callers=(("b.py", 6),))
    third = found(tapes=(("b.py", 5),), callers=(("b.py", 6),), row=7)
    (report, _, _) = sorted(
        reports(analysis("a.py", first), analysis("b.py", second, third), analysis("losses.py")),
        key=lambda report: -len(report.findings),
    )
    assert report.filename == "losses.py"
    assert [(f.location.row, len(f.tapes), f.message) for f in report.findings] == [
        (6, 3, f"{MESSAGE}; spoils 3 tapes"),
        (7, 1, MESSAGE),
    ]


def test_the_tape_that_keras_opens_is_not_counted() -> None:
    implicit = TapePlace(os.path.join(HERE, "losses.py"), Location(3, 5), is_written=False)
    hook = replace(found(callers=(), severity=Severity.WARNING), tapes=(implicit,))
    trained, tried = (found(tapes=((f"{name}.py", 10),)) for name in ("trainer", "trial"))
    assert told(analysis("losses.py", hook), analysis("trainer.py", trained)) == [
        f"losses.py: losses.py:6 {MESSAGE}"
    ]
    (line,) = told(analysis("losses.py", hook, trained), analysis("trial.py", tried))
    assert line == f"losses.py: losses.py:6 {MESSAGE}; spoils 2 tapes"


def test_in_whichever_order_analyses_come_the_reports_are_the_same() -> None:
    first = found(tapes=(("a.py", 10),), severity=Severity.WARNING)
    second = found(tapes=(("b.py", 5),), severity=Severity.ERROR)
    analyses = [analysis("b.py", second), analysis("losses.py"), analysis("a.py", first)]
    assert reports(*analyses) == reports(*reversed(analyses))
    (report,) = [report for report in reports(*analyses) if report.findings]
    assert report.findings[0].severity is Severity.ERROR


def test_shown_at_calls_of_two_files_it_stays_two_findings() -> None:
    """So that each file says the same by itself and with the other."""
    first = found(callers=(("a.py", 11),), tapes=(("a.py", 10),))
    second = found(callers=(("b.py", 6),), tapes=(("b.py", 5),))
    alone = told(analysis("a.py", first)) + told(analysis("b.py", second))
    assert told(analysis("a.py", first), analysis("b.py", second)) == alone


def test_two_causes_behind_one_call_are_two_findings() -> None:
    lines = told(analysis("trainer.py", found(row=6), found(row=9)))
    assert [line.rpartition("(")[2] for line in lines] == [
        f"{HERE}/losses.py:6)",
        f"{HERE}/losses.py:9)",
    ]


def test_selection_is_that_of_the_file_where_it_is_shown() -> None:
    quiet = Settings((Layer(HERE, "test", ignore=("TFG2",)),))
    both = (analysis("trainer.py", found()), analysis("losses.py"))
    assert told(*both, settings={"losses.py": quiet}) == []
    assert len(told(*both, settings={"trainer.py": quiet})) == 1
    assert told(both[0], settings={"trainer.py": quiet}) == []


def test_the_file_of_the_cause_may_ignore_it_wherever_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ignoring = Settings(
        (Layer(HERE, "test", per_file_ignores=((f"{HERE}/losses.py", ("TFG201",)),)),)
    )
    settings = {"losses.py": ignoring, f"{HERE}/losses.py": ignoring}
    assert told(analysis("trainer.py", found()), settings=settings) == []
    assert len(told(analysis("trainer.py", found(code="TFG202")), settings=settings)) == 1


def test_advice_may_be_hidden() -> None:
    hidden = Settings((Layer(HERE, "test", advice=False),))
    advice = analysis("losses.py", found(severity=Severity.ADVICE))
    assert len(told(advice)) == 1
    assert told(advice, settings={"losses.py": hidden}) == []


def test_an_error_of_ours_cannot_be_silenced() -> None:
    quiet = Settings((Layer(HERE, "test", select=(), ignore=("TFG000",)),))
    failed = analysis("a.py", found("a.py", code="TFG000"), traceback="Traceback")
    assert len(told(failed, settings={"a.py": quiet})) == 1
    assert told(replace(failed, traceback=None), settings={"a.py": quiet}) == []


def test_what_comments_drop_is_told_on_request() -> None:
    silenced = analysis("losses.py", silenced=(found(),))
    assert told(silenced) == []
    assert len(told(silenced, keeps_silenced=True)) == 1


# --- whole runs over real files

LOSSES = """\
import numpy as np
import tensorflow as tf


def spread(h):
    return tf.constant(np.std(h))
"""
TRAINER = """\
import tensorflow as tf
from losses import spread

w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = spread(w * 3.0)
grads = tape.gradient(loss, w)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    (tmp_path / "losses.py").write_text(LOSSES)
    (tmp_path / "trainer.py").write_text(TRAINER)
    return tmp_path


def lines(*names: str) -> list[str]:
    return [
        f"{finding.filename}:{finding.location.row}: {finding.message}"
        for report in lint_files(names, SettingsFinder())
        for finding in report.findings
    ]


SAID = (
    "np.std(...) takes 'h' out of TensorFlow: the gradient of 'loss' with respect to 'w' will be"
    " None; use tf.math.reduce_std"
)


def test_files_alone_and_together(project: Path) -> None:
    assert lines("losses.py", "trainer.py") == [f"losses.py:6: {SAID}"]
    assert lines("trainer.py") == [f"trainer.py:6: {SAID} (losses.py:6)"]
    assert lines("losses.py") == []
    assert lines(str(project / "trainer.py"), "./losses.py") == [f"./losses.py:6: {SAID}"]


def test_two_trainers_spoil_two_tapes(project: Path) -> None:
    (project / "other.py").write_text(TRAINER)
    assert lines("losses.py", "other.py", "trainer.py") == [f"losses.py:6: {SAID}; spoils 2 tapes"]


@pytest.mark.parametrize(
    ("name", "row"), [("losses.py", 6), ("trainer.py", 6)], ids=["the cause", "the call"]
)
def test_a_comment_counts_in_its_own_file(project: Path, name: str, row: int) -> None:
    text = (project / name).read_text().splitlines()
    text[row - 1] += "  # noqa: TFG201"
    (project / name).write_text("\n".join(text) + "\n")
    assert lines("losses.py", "trainer.py") == lines("trainer.py") == []


def test_a_comment_on_another_line_does_not(project: Path) -> None:
    (project / "trainer.py").write_text(TRAINER.replace("with tf.", "with  tf.") + "# noqa\n")
    (project / "losses.py").write_text(LOSSES.replace("h):", "h):  # noqa: TFG202"))
    assert len(lines("losses.py", "trainer.py")) == 1


def test_names_are_those_of_the_user() -> None:
    assert names_of(["a.py", "./b/../c.py", "/d.py"]) == {
        os.path.abspath("a.py"): "a.py",
        os.path.abspath("c.py"): "./b/../c.py",
        "/d.py": "/d.py",
    }
