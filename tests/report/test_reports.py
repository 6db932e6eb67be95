"""The formats: what each says of the same findings."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tflint_grad.config import Settings
from tflint_grad.engine import FileReport, fails
from tflint_grad.findings import (
    Confidence,
    Consequence,
    Finding,
    Location,
    Severity,
    TraceStep,
)
from tflint_grad.report import write_report
from tflint_grad.report.place import printable
from tflint_grad.report.statistics import statistics, summary, verdict_table
from tflint_grad.source import SourceText
from tflint_grad.verify.verdict import Status, Verdict

CODE = """\
import numpy as np
with tf.GradientTape() as tape:
\tloss = tf.constant("日本", np.std(w))
grads = tape.gradient(loss, w)
"""


def finding(message: str = "np.std(...) takes 'w' out of TensorFlow") -> Finding:
    start = CODE.splitlines()[2].index("np.std") + 1
    return Finding(
        code="TFG201",
        name="numpy-on-path",
        message=message,
        severity=Severity.ERROR,
        confidence=Confidence.PROVEN,
        consequence=Consequence.GRADIENT_NONE,
        filename="train.py",
        location=Location(3, start),
        end_location=Location(3, start + len("np.std(w)")),
        trace=(
            TraceStep("tape opened here", "train.py", Location(2, 6)),
            TraceStep("asked for here", "train.py", Location(4, 9)),
        ),
    )


def written(output_format: str, *findings: Finding, code: str = CODE) -> str:
    stream = io.StringIO()
    source = SourceText.from_text(code, "train.py")
    write_report(
        [FileReport("train.py", list(findings), {"train.py": source})], output_format, stream
    )
    return stream.getvalue()


def test_concise_is_one_line() -> None:
    line = "train.py:3:27: TFG201 np.std(...) takes 'w' out of TensorFlow\n"
    assert written("concise", finding()) == line


def test_json_has_these_fields_and_no_others() -> None:
    (described,) = json.loads(written("json", finding()))
    assert described == {
        "code": "TFG201",
        "name": "numpy-on-path",
        "message": "np.std(...) takes 'w' out of TensorFlow",
        "severity": "error",
        "confidence": "proven",
        "consequence": "gradient-none",
        "filename": "train.py",
        "location": {"row": 3, "column": 27},
        "end_location": {"row": 3, "column": 36},
        "trace": [
            {
                "message": "tape opened here",
                "filename": "train.py",
                "location": {"row": 2, "column": 6},
            },
            {
                "message": "asked for here",
                "filename": "train.py",
                "location": {"row": 4, "column": 9},
            },
        ],
        "tapes": 0,
        "fix": None,
        "verdict": None,
    }


CONFIRMED = Verdict(
    Status.CONFIRMED,
    evidence="gradient of 'loss' with respect to 'w' was None in 3 of 3 runs",
    device="GPU:0 (NVIDIA H100)",
    tensorflow="2.21.0",
    seconds=0.4321,
    scene="step()",
)
REFUTED = Verdict(Status.REFUTED, evidence="the gradient was finite", device="CPU:0")
NEEDS = Verdict(
    Status.INCONCLUSIVE,
    reason="needs inputs for 'env' (AttributeError: …); above step: # tflint-grad: inputs env=Env()",
    device="CPU:0",
    tensorflow="2.21.0",
)


def verified(verdict: Verdict) -> Finding:
    return replace(finding(), verdict=verdict)


def test_full_tells_a_verdict_with_its_evidence_under_the_way() -> None:
    *_, line, empty = written("full", verified(CONFIRMED)).splitlines()
    assert (empty, line) == (
        "",
        "  = confirmed on GPU:0 (NVIDIA H100), TensorFlow 2.21: gradient of 'loss' with respect to "
        "'w' was None in 3 of 3 runs (0.4 s)",
    )
    assert written("full", verified(REFUTED)).splitlines()[-2] == (
        "  = refuted on CPU:0: the gradient was finite (0.0 s)"
    )


def test_full_tells_why_nothing_could_be_seen_with_the_line_to_paste() -> None:
    assert written("full", verified(NEEDS)).splitlines()[-2] == (
        "  = inconclusive: needs inputs for 'env' (AttributeError: …); above step: "
        "# tflint-grad: inputs env=Env()"
    )


def test_concise_tells_a_verdict_in_a_word_and_a_reason_in_short() -> None:
    assert written("concise", verified(CONFIRMED)).endswith(" out of TensorFlow [confirmed]\n")
    assert written("concise", verified(NEEDS)).endswith(" [inconclusive: needs inputs for 'env']\n")


def test_json_carries_the_verdict() -> None:
    (described,) = json.loads(written("json", verified(CONFIRMED)))
    assert described["verdict"] == {
        "status": "confirmed",
        "evidence": "gradient of 'loss' with respect to 'w' was None in 3 of 3 runs",
        "reason": None,
        "device": "GPU:0 (NVIDIA H100)",
        "tensorflow": "2.21.0",
        "seconds": 0.43,
        "scene": "step()",
    }
    assert Verdict.from_json(described["verdict"]) == replace(CONFIRMED, seconds=0.43)


def test_what_is_refuted_is_shown_and_does_not_fail_the_run() -> None:
    settings = Settings(())
    assert fails(FileReport("train.py", [verified(CONFIRMED)]), settings)
    assert fails(FileReport("train.py", [verified(NEEDS)]), settings)
    assert not fails(FileReport("train.py", [verified(REFUTED)]), settings)


def test_the_closing_table_counts_verdicts_by_rule() -> None:
    report = FileReport("train.py", [verified(CONFIRMED), verified(CONFIRMED), verified(NEEDS)])
    assert verdict_table([report]).splitlines() == [
        "verdicts     confirmed       refuted  inconclusive",
        "TFG201               2             -             1",
        "total                2             -             1",
    ]
    assert verdict_table([FileReport("train.py", [finding()])]) == ""


def test_a_trace_is_told_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    absolute = finding().with_filename(str(tmp_path / "train.py"))
    (described,) = json.loads(written("json", absolute))
    assert described["filename"] == str(tmp_path / "train.py")
    assert described["trace"][0]["filename"] == "train.py"


def test_nothing_found_is_an_empty_list_in_json_and_silence_otherwise() -> None:
    assert json.loads(written("json")) == []
    assert written("concise") == written("full") == ""


def test_full_shows_the_code_the_cause_and_the_way() -> None:
    assert (
        written("full", finding())
        == """\
train.py:3:27: TFG201 np.std(...) takes 'w' out of TensorFlow
  |
3 |     loss = tf.constant("日本", np.std(w))
  |                                ^^^^^^^^^ error: gradient-none, proven
  |
  = 1. tape opened here (train.py:2:6)
2 | with tf.GradientTape() as tape:
  = 2. asked for here (train.py:4:9)
4 | grads = tape.gradient(loss, w)

"""
    )


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    report = FileReport(
        "train.py", [finding()], {"train.py": SourceText.from_text(CODE, "train.py")}
    )
    coloured = Terminal()
    write_report([report], "full", coloured)
    assert "\x1b[" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    write_report([report], "full", plain)
    assert "\x1b[3" not in plain.getvalue()
    assert "\x1b" not in written("full", finding())


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
def test_hostile_text_does_not_reach_the_terminal(output_format: str) -> None:
    hostile = finding("'\x1b]0;owned\x07\u202e\n\udc80' [red]is lost[/red]")
    told = written(output_format, hostile, code=CODE.replace("日本", "\x1b[2J\x08\u2066"))
    assert not set("\x1b\x07\x08\u202e\u2066\udc80") & set(told)
    assert "[red]" in told


def test_safe_text_is_left_as_it_is() -> None:
    assert printable("gradient of 'β' → None") == "gradient of 'β' → None"
    assert printable("a\x1bb\nc\u200fd") == "a\\x1bb\\nc\\u200fd"


def test_a_long_expression_is_shown_by_its_first_lines_and_a_long_line_is_cut() -> None:
    code = "x = np.sum([\n" + "    1,\n" * 100 + "])" + " " * 5000 + "\n"
    long = finding()
    told = written("full", long, code=code)
    assert len(told.splitlines()) < 25
    wide = written("full", long, code="\n\n" + "x" * 100_000)
    assert max(map(len, wide.splitlines())) < 400


def test_a_notebook_is_told_by_cells() -> None:
    cells = [{"cell_type": "markdown", "source": "# A"}]
    cells += [{"cell_type": "code", "source": text} for text in ("import tensorflow", CODE)]
    from tflint_grad.source import source_from_bytes

    source = source_from_bytes(json.dumps({"cells": cells}).encode(), "nb.ipynb")
    moved = finding().with_filename("nb.ipynb")
    moved = Finding(
        **{
            name: getattr(moved, name)
            for name in moved.__dataclass_fields__
            if name not in ("location", "end_location")
        },
        location=Location(4, 26),
        end_location=Location(4, 35),
    )
    for output_format in ("concise", "full"):
        stream = io.StringIO()
        write_report([FileReport("nb.ipynb", [moved], {"nb.ipynb": source})], output_format, stream)
        assert stream.getvalue().startswith("nb.ipynb:cell 3:3:26: TFG201 ")
    stream = io.StringIO()
    write_report([FileReport("nb.ipynb", [moved], {"nb.ipynb": source})], "json", stream)
    (described,) = json.loads(stream.getvalue())
    assert described["filename"] == "nb.ipynb"
    assert (described["cell"], described["location"]) == (3, {"row": 3, "column": 26})


def test_the_summary_counts_by_severity() -> None:
    clean = FileReport("clean.py")
    assert summary([clean, clean]) == "No gradient pitfalls found in 2 files."
    report = FileReport("train.py", [finding(), finding()])
    assert summary([clean, report]) == "Found 2 errors in 1 of 2 files."
    assert statistics([clean, report]) == "     2  TFG201  numpy-on-path"
