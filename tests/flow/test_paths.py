"""The interpreter gives every gradient path of the programs the state that TensorFlow confirms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flow.markers import Mark, marks_of, programs
from tflint_grad.flow import run
from tflint_grad.outline import outline
from tflint_grad.source import SourceText

PROGRAMS = programs()


def answers_at(flow: Any, mark: Mark) -> list[tuple[str, Any]]:
    """The contexts and answers for the mark's source, one of each execution of the call."""
    return [
        (question.context.mode, answer)
        for question in flow.questions
        if question.row == mark.row
        for answer in question.answers
        if answer.source == mark.source
    ]


def refuted(flow: Any, mark: Mark) -> list[str]:
    found = answers_at(flow, mark)
    if not found:
        asked = {
            (question.row, answer.source)
            for question in flow.questions
            for answer in question.answers
        }
        return [f"row {mark.row}: nobody asks for {mark.source}; asked are {sorted(asked)}"]
    problems = []
    where = f"row {mark.row}, {mark.source}"
    for context, answer in found:
        if answer.state != mark.state:
            problems.append(f"{where}: {answer.state} (row {answer.row}), should be {mark.state}")
            continue
        if mark.cause is not None and answer.row != mark.cause:
            problems.append(f"{where}: {mark.state} by row {answer.row}, should be {mark.cause}")
        if mark.state in ("live", "cut", "lost") and answer.sure != mark.sure:
            problems.append(f"{where}: {'sure' if answer.sure else 'unsure'}, should not be")
        if context != mark.context:
            problems.append(f"{where}: in {context}, should be in {mark.context}")
    return problems


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_paths_have_the_marked_states(program: Path) -> None:
    text = program.read_text(encoding="utf-8")
    flow = run(outline(SourceText.from_text(text, filename=program.name)))
    assert [problem for mark in marks_of(text) for problem in refuted(flow, mark)] == []
