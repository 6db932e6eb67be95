"""TFG900: gradient calls that gave None, zeros or NaN, and that no finding had foretold."""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.findings import (
    Confidence,
    Consequence,
    Finding,
    Location,
    Severity,
    TraceStep,
)
from tflint_grad.rules.seen import Observed
from tflint_grad.verify import scenes
from tflint_grad.verify.oracles.counts import SPOKEN, of_calls
from tflint_grad.verify.sources import named_at, relevant
from tflint_grad.verify.verdict import Status, Verdict

if TYPE_CHECKING:
    from tflint_grad.verify.command import Process
    from tflint_grad.verify.observation import GradientCall, Place
    from tflint_grad.verify.question import Question

_ASKS = ("gradient", "jacobian", "batch_jacobian")
#: By what is said first of a line; each with what it is called in a finding.
_TOLD = {
    "none": Consequence.GRADIENT_NONE,
    "not-finite": Consequence.GRADIENT_NAN,
    "zero": Consequence.GRADIENT_ZERO,
}
#: Zeros in fewer calls than these may be a matter of the first step: of weights that begin at zero.
_FEW = 3
_MOST_NAMES = 3
_OF_COST = ("memory", "slow")
#: Rules whose findings are of a source rather than of a way to a target.
_OF_SOURCES = "TFG4"
_LONGEST_NAME = 50


@dataclass
class _Source:
    """One source of the gradient calls of a line: how often its gradient was what."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def shows(self, word: str, always: bool) -> bool:
        count = self.counts.get(word, 0)
        return count == self.total > 0 if always else count > 0


@dataclass
class _Line:
    """What the gradient calls of one line gave, source by source."""

    place: Place
    method: str
    asked_by: str
    tape: Place
    sources: list[_Source]
    process: Process


def observed(
    processes: Sequence[Process],
    explained: Sequence[Question],
    files: Collection[str],
    scene: str,
) -> list[Finding]:
    """One finding a line of `files`, sorted. `explained`: what the linter had said of the program."""
    lines: dict[tuple[object, ...], _Line] = {}
    for process in processes:
        spoiled = _first_nan_foretold(process, explained)
        for call in _telling(process.observations.gradients):
            key = (call.place, call.method, call.asked_by, *call.sources, len(call.outcomes))
            line = lines.get(key)
            if line is None:
                named = named_at(call.place, len(call.outcomes))
                line = lines[key] = _Line(
                    call.place,
                    call.method,
                    call.asked_by,
                    call.tape,
                    [
                        _Source(_name(*both))
                        for both in itertools.zip_longest(
                            named, call.sources[: len(named)], fillvalue=""
                        )
                    ],
                    process,
                )
            for index, word in enumerate(call.outcomes):
                if not _is_foretold(call, index, word, explained, spoiled):
                    counts = line.sources[index].counts
                    counts[word] = counts.get(word, 0) + call.count
    found: dict[Place, list[_Line]] = {}
    for line in lines.values():
        found.setdefault(line.place, []).append(line)
    findings = (_finding(found[place], scene) for place in sorted(found) if place[0] in files)
    return [finding for finding in findings if finding is not None]


def _telling(calls: Iterable[GradientCall]) -> Iterator[GradientCall]:
    """The calls that say something: symbols only where no values were seen of them."""
    calls = [call for call in calls if call.place[1] and call.outcomes]
    valued = {(call.place, call.method, *call.sources) for call in calls if not _symbolic(call)}
    for call in calls:
        if not _symbolic(call) or (call.place, call.method, *call.sources) not in valued:
            yield call


def _symbolic(call: GradientCall) -> bool:
    return "symbolic" in call.outcomes


def _first_nan_foretold(process: Process, explained: Sequence[Question]) -> int | None:
    """When a NaN that the linter had spoken of first came: it spreads, whatever follows."""
    return min(
        (
            call.first
            for call in process.observations.gradients
            for index, word in enumerate(call.outcomes)
            if word == "not-finite" and _is_foretold(call, index, word, explained, None)
        ),
        default=None,
    )


def _is_foretold(
    call: GradientCall,
    index: int,
    word: str,
    explained: Sequence[Question],
    spoiled: int | None,
) -> bool:
    if word == "zero" and call.zeros_for_none:
        return True
    if word == "not-finite" and spoiled is not None and call.last >= spoiled:
        return True
    if word not in _TOLD:
        return False
    # What cuts all of a target's paths does so for the sources that it does not name.
    severed = word == "none" and set(call.outcomes) == {"none"}
    return any(
        one.consequence not in _OF_COST
        # A part that is missing leaves the others: it explains no None.
        and (word != "none" or one.consequence != "gradient-wrong")
        and (
            (_speaks_of(one, call) and (severed or index in _named(one, call)))
            or (_is_of_source(one, call) and index in _named(one, call))
        )
        for one in explained
    )


def _named(question: Question, call: GradientCall) -> list[int]:
    return relevant(question.source, call.place, len(call.outcomes))


def _is_of_source(question: Question, call: GradientCall) -> bool:
    """Whether a finding on a source itself speaks of it: what is wrong with it is so for each target."""
    return (
        question.code.startswith(_OF_SOURCES)
        and any(one in span for one in call.tapes for span in question.tapes)
        and any(question.source == name for name in named_at(call.place, len(call.outcomes)))
    )


def _speaks_of(question: Question, call: GradientCall) -> bool:
    if question.asked:
        return any(call.place in span for span in question.asked)
    return call.place in question.flagged or any(
        one in span for one in call.tapes for span in question.tapes
    )


def _name(written: str, own: str) -> str:
    """What the call writes, and what the variable calls itself, where these are not the same."""
    own = own.removesuffix(":0")
    written = "" if len(written) > _LONGEST_NAME else written
    own = "" if own in written or own == "Variable" else own
    quoted = written if "'" in written or not written else f"'{written}'"
    return f"{quoted} ({own})" if own and quoted else quoted or own


def _finding(lines: Sequence[_Line], scene: str) -> Finding | None:
    told: list[tuple[str, str, bool]] = []
    for line in lines:
        for word in _TOLD:
            told += _clauses(line, word)
    if not told:
        return None
    line = lines[0]
    words = [word for word, _, _ in told]
    filtered = _filters_none(line.place)
    doubtful = all(
        (word == "zero" and few) or (word == "none" and filtered) for word, _, few in told
    )
    message = f"{line.method}() returned {', '.join(clause for _, clause, _ in told)}"
    if line.asked_by:
        message += f"; asked for by {_library(line.asked_by)} under this call"
    if filtered and "none" in words:
        message += "; the program filters None"
    first, last = _extent(line.place)
    steps = [("tape opened here", line.tape)] if line.tape[1] else []
    return Finding(
        code=Observed.code,
        name=Observed.name,
        message=message,
        severity=Severity.ADVICE if doubtful else Severity.WARNING,
        confidence=Confidence.PROVEN,
        consequence=next(_TOLD[word] for word in _TOLD if word in words),
        filename=line.place[0],
        location=first,
        end_location=last,
        trace=tuple(TraceStep(text, place[0], Location(place[1], 1)) for text, place in steps),
        statement_rows=scenes.statement(*line.place),
        verdict=Verdict(
            status=Status.CONFIRMED,
            evidence="seen while the program ran",
            device=line.process.device,
            tensorflow=line.process.tensorflow,
            seconds=line.process.observations.seconds,
            scene=scene,
        ),
    )


def _clauses(line: _Line, word: str) -> Iterator[tuple[str, str, bool]]:
    """What to say of one outcome, and whether it was seen in few calls only.

    Zeros count where the source never got anything else; so do infinite values where losses are
    scaled, for these are looked for there. What a library asks for, it asks for many layers at once,
    and some are bound to be at rest: of zeros nothing is said.
    """
    if word == "zero" and line.asked_by:
        return
    always = word == "zero" or (word == "not-finite" and line.process.half)
    shown = [source for source in line.sources if source.shows(word, always)]
    if not shown:
        return
    names = [source.name for source in shown if source.name][:_MOST_NAMES]
    most = max(shown, key=lambda source: source.counts[word])
    rest = len(shown) - len(names)
    listed = ", ".join(names) + (f" and {rest} more" if names and rest else "")
    about = listed or f"{len(shown)} of {len(line.sources)} sources"
    often = of_calls(most.counts[word], most.total)
    yield word, f"{_AS[word]} with respect to {about} {often}", most.total < _FEW


_AS = {**SPOKEN, "zero": "zeros", "not-finite": "values that are NaN or infinite"}


def _library(file: str) -> str:
    """`keras/src/backend/tensorflow/trainer.py` of a file of an installed package."""
    for mark in ("site-packages", "dist-packages"):
        _, found, inner = file.partition(f"{os.sep}{mark}{os.sep}")
        if found:
            return inner
    return os.path.basename(file)


def _extent(place: Place) -> tuple[Location, Location]:
    """From where to where the gradient call goes that touches a row; the statement where there is none."""
    known = scenes.program(place[0])
    nodes = list(ast.walk(known.tree)) if known is not None else []
    calls = [
        node
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.lineno <= place[1] <= (node.end_lineno or node.lineno)
    ]
    asking = [node for node in calls if getattr(node.func, "attr", "") in _ASKS]
    for node in asking or calls:
        return _location(place[0], node.lineno, node.col_offset), _location(
            place[0], node.end_lineno or node.lineno, node.end_col_offset or 0
        )
    return Location(place[1], 1), Location(place[1], 1)


def _location(file: str, row: int, offset: int) -> Location:
    """Python counts bytes, we count code points."""
    import linecache

    line = linecache.getline(file, row).encode()
    return Location(row, len(line[:offset].decode("utf-8", "replace")) + 1)


def _filters_none(place: Place) -> bool:
    """Whether the function around looks at what came of the call, and for None."""
    known = scenes.program(place[0])
    if known is None:
        return False
    around = known.enclosing(place[1])
    scope: ast.AST = around.node if around is not None else known.tree
    results = {
        name
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
        and node.lineno <= place[1] <= (node.end_lineno or node.lineno)
        for name in _names(node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    for node in ast.walk(scope):  # what runs through the results is one of them
        if isinstance(node, ast.For | ast.comprehension) and results & set(_names([node.iter])):
            results |= set(_names([node.target]))
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Is | ast.IsNot)
        and isinstance(node.comparators[0], ast.Constant)
        and node.comparators[0].value is None
        and results & set(_names([node.left]))
        for node in ast.walk(scope)
    )


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
