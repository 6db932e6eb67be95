"""Runs the programs in TensorFlow and prints, as JSON, where a marker is refuted.

python -m tests.flow.verdict PROGRAM...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.flow import probe
from tests.flow.markers import marks_of, states_no_differences

if TYPE_CHECKING:
    from tests.flow.markers import Mark

STEP = 1e-2
TOLERANCE = 2e-2


class Program:
    """One program: its run, and its runs with one creation moved to either side."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.run = probe.run_program(path)
        self._moved: dict[int, tuple[probe.Run, probe.Run]] = {}
        self.compared = 0

    def refuted(self) -> list[str]:
        """What TensorFlow has to say against the program's markers."""
        marks = marks_of(self.text)
        rows = {mark.row for mark in marks}
        problems = [] if marks else ["no marker"]
        for question in self.run.questions:
            if question.row not in rows:
                problems.append(f"row {question.row}: a gradient call without a marker")
        for mark in marks:
            problems += [f"row {mark.row}, {mark.source}: {text}" for text in self._against(mark)]
        return sorted(set(problems))

    def _against(self, mark: Mark) -> list[str]:
        # Keras traces a step once more than it runs it: such a question has no values.
        questions = [q for q in self.run.questions if q.row == mark.row and q.target is not None]
        if not questions:
            return ["the call was never executed"]
        problems = []
        for question in questions:
            if question.context != mark.context:
                problems.append(f"executed in {question.context}, not in {mark.context}")
            if mark.source not in question.answers:
                return [f"no such source among {sorted(question.answers)}"]
            answer = question.answers[mark.source]
            if mark.state in ("live", "lost"):
                if not all(answer.present):
                    problems.append(f"{mark.state} expected, the gradient is None")
                elif not all(np.isfinite(value).all() for value in answer.values):
                    problems.append("the gradient is not finite")
            elif any(answer.present):
                problems.append(f"{mark.state} expected, a gradient came back")
        if not problems and mark.state in ("live", "lost") and not states_no_differences(self.text):
            problems += self._differences(mark, questions[0])
        return problems

    def _differences(self, mark: Mark, question: probe.Question) -> list[str]:
        """Compare with central differences; all sources of a `lost` mark may not agree."""
        agrees = []
        answer = question.answers[mark.source]
        for source, value in zip(answer.objects, answer.values, strict=True):
            number = self.run.creation(source)
            if number is None:
                continue
            # The shape of a Jacobian begins with the target's, which is summed away.
            shape = tuple(source.shape)
            gradient = np.sum(value, axis=tuple(range(np.ndim(value) - len(shape))))
            taken = float(np.sum(gradient * probe.direction(shape)))
            measured = self._measured(number, mark.row)
            agrees.append(abs(taken - measured) <= TOLERANCE * max(1.0, abs(measured)))
            if mark.state == "live" and not agrees[-1]:
                return [f"the gradient says {taken:.4f}, the differences say {measured:.4f}"]
        self.compared += bool(agrees)
        if mark.state == "lost" and not agrees:
            return ["lost expected, and the differences cannot tell"]
        if mark.state == "lost" and all(agrees):
            return ["lost expected, the gradient agrees with the differences"]
        return []

    def _measured(self, number: int, row: int) -> float:
        if number not in self._moved:
            self._moved[number] = (
                probe.run_program(self.path, number, STEP),
                probe.run_program(self.path, number, -STEP),
            )
        up, down = (
            next(q.target for q in run.questions if q.row == row and q.target is not None)
            for run in self._moved[number]
        )
        return float((up - down) / (2 * STEP))


def main(paths: list[str]) -> None:
    verdicts: dict[str, Any] = {}
    for name in paths:
        path = Path(name)
        try:
            program = Program(path)
            refuted = program.refuted()
            compared = program.compared
        except Exception as error:  # whatever a program raises refutes it
            refuted, compared = [f"raises {type(error).__name__}: {error}"], 0
        verdicts[path.stem] = {"refuted": refuted, "compared": compared}
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main(sys.argv[1:])
