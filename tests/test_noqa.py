"""`# noqa`: what it drops, and where it must stand."""

from __future__ import annotations

import pytest

from tflint_grad.findings import Confidence, Consequence, Finding, Location, Severity
from tflint_grad.noqa import Comments
from tflint_grad.source import SourceText

#: A statement of four rows; the finding is reported on its second.
STATEMENT = ["loss = tf.constant(", "    np.sum(", "        w", "    ))"]


def finding(row: int = 2, rows: tuple[int, int] | None = (1, 4), code: str = "TFG201") -> Finding:
    place = Location(row, 5)
    return Finding(
        code=code,
        name="numpy-on-path",
        message="np.sum(...)",
        severity=Severity.ERROR,
        confidence=Confidence.PROVEN,
        consequence=Consequence.GRADIENT_NONE,
        filename="train.py",
        location=place,
        end_location=place,
        statement_rows=rows,
    )


def is_dropped(lines: list[str], found: Finding | None = None) -> bool:
    source = SourceText.from_text("\n".join(lines) + "\n", "train.py")
    return Comments({"train.py": source}).drop(found or finding())


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# NoQA",
        "#noqa",
        "# noqa: TFG201",
        "# noqa:TFG201",
        "# noqa : TFG201",
        "# noqa: tfg201",
        "# noqa: TFG2",
        "# noqa: TFG",
        "# noqa: E501, TFG2",
        "# noqa: E501 TFG201",
        "# noqa: TFG2, E501",
        "# noqa: TFG201 needed for the log",
        "# pylint: disable=x  # noqa: TFG201",
    ],
)
def test_these_comments_drop_the_finding(comment: str) -> None:
    lines = list(STATEMENT)
    lines[1] += "  " + comment
    assert is_dropped(lines)


@pytest.mark.parametrize(
    "comment", ["# noqa: TFG3", "# noqa: E501", "# noqab", "# nothing", "# type: ignore"]
)
def test_these_comments_do_not(comment: str) -> None:
    lines = list(STATEMENT)
    lines[1] += "  " + comment
    assert not is_dropped(lines)


@pytest.mark.parametrize(("row", "dropped"), [(1, True), (2, True), (3, False), (4, True)])
def test_it_stands_on_the_first_the_last_or_the_reported_line(row: int, dropped: bool) -> None:
    lines = list(STATEMENT)
    lines[row - 1] += "  # noqa: TFG201"
    assert is_dropped(lines) is dropped


def test_a_string_is_no_comment() -> None:
    assert not is_dropped(['x = np.sum(w) + f("# noqa")'], finding(row=1, rows=(1, 1)))


def test_a_comment_for_the_file_stands_alone() -> None:
    assert is_dropped([*STATEMENT, "# flake8: noqa"])
    assert is_dropped(["# flake8: noqa: TFG2", *STATEMENT], finding(row=3, rows=(2, 5)))
    assert not is_dropped([*STATEMENT, "# flake8: noqa: TFG3"])
    assert not is_dropped([*STATEMENT, "x = 1  # flake8: noqa"])


def test_what_cannot_be_tokenized_counts_up_to_there() -> None:
    assert is_dropped(["x = np.sum(w)  # noqa", "y = ("], finding(row=1, rows=(1, 1)))
