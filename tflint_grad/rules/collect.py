"""From events to findings: ask the rules, find the positions, keep one finding a code and place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tflint_grad.findings import (
    Consequence,
    Finding,
    Site,
    TapePlace,
    TraceStep,
    heavier,
)
from tflint_grad.flow import run
from tflint_grad.flow.positions import span_of
from tflint_grad.knowledge.taught import NOTHING_TAUGHT
from tflint_grad.rules import RULES

if TYPE_CHECKING:
    from tflint_grad.flow.events import Event
    from tflint_grad.flow.paths import Place, Station
    from tflint_grad.flow.program import Flow
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.outline import Outline
    from tflint_grad.project import Project
    from tflint_grad.rules.base import Rule
    from tflint_grad.rules.problem import Problem

#: What happens at the place of a finding that breaks no path.
_HAPPENS = {
    Consequence.MEMORY: "here",
    Consequence.SLOW: "here",
    Consequence.ADVICE: "here",
}


def findings_of(
    outline: Outline,
    codes: frozenset[str] | None,
    project: Project | None = None,
    taught: Taught = NOTHING_TAUGHT,
) -> list[Finding]:
    flow = run(outline, project, taught)
    outline.cut_short.extend(dict.fromkeys(flow.cut_short))
    rules = [rule() for code, rule in RULES.items() if codes is None or code in codes]
    best: dict[tuple[str, str, int], Finding] = {}
    for event in flow.events:
        for rule in rules:
            if isinstance(event, rule.listens):
                for problem in rule.check(event):
                    finding = _finding(flow, rule, problem, event)
                    key = (finding.code, finding.filename, finding.location.row)
                    known = best.get(key)
                    best[key] = finding if known is None else heavier(known, finding)
    return sorted(best.values(), key=Finding.sort_key)


def _finding(flow: Flow, rule: Rule, problem: Problem, event: Event) -> Finding:
    place = _shown_place(problem)
    site = _site(flow, place)
    return Finding(
        code=rule.code,
        name=rule.name,
        message=problem.message,
        severity=problem.severity,
        confidence=problem.confidence,
        consequence=problem.consequence,
        filename=site.filename,
        location=site.location,
        end_location=site.end_location,
        trace=tuple(_trace(problem, place)),
        statement_rows=site.statement_rows,
        callers=tuple(_site(flow, call) for call in _calls_before(problem, place)),
        tapes=tuple(_tapes(event)),
    )


def _site(flow: Flow, place: Place) -> Site:
    start, end = span_of(place)
    rows = flow.outline_of(place.unit).statement_rows(start.row)
    return Site(place.unit.filename, start, end, rows)


def _tapes(event: Event) -> Iterator[TapePlace]:
    tape = getattr(event, "tape", None)
    if tape is not None:
        place: Place = tape.station.place
        yield TapePlace(place.unit.filename, span_of(place)[0], not getattr(event, "hook", ""))


def _calls_before(problem: Problem, shown: Place) -> Iterator[Place]:
    """The calls that lead to the place, if any of them is in another file than the place."""
    calls = []
    for _, call in problem.station.calls:
        if call is shown:
            break
        calls.append(call)
    if any(call.unit.lines is not shown.unit.lines for call in calls):
        yield from calls


def _shown_place(problem: Problem) -> Place:
    """A cut shows its own expression; a missed step the call in the frame shared with the tape."""
    station, anchor = problem.station, problem.anchor
    if anchor is None:
        return station.place
    shared = 0
    for own, other in zip(station.calls, anchor.calls, strict=False):
        if own[0] != other[0]:
            break
        shared += 1
    return station.calls[shared][1] if shared < len(station.calls) else station.place


def _is_decorator(place: Place) -> bool:
    """Whether what calls is a decorator: `@pytest.mark.parametrize` tells nothing of the way."""
    return any(
        isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
        and span_of(place)[0].row < statement.lineno
        for statement in place.unit.nodes[:1]
    )


def _trace(problem: Problem, shown: Place) -> Iterator[TraceStep]:
    """Tape opened, called from, broken here, asked for here: in the order of the execution."""
    calls: list[tuple[str, Station | Place]] = [
        ("called from here", call)
        for _, call in problem.station.calls
        if call is not shown and not _is_decorator(call)
    ]
    before = [entry for entry in problem.story if entry[0] == "tape opened here"]
    after = [entry for entry in problem.story if entry[0] != "tape opened here"]
    stations: list[tuple[str, Place]] = [(text, station.place) for text, station in before]
    stations += [(text, place) for text, place in calls]  # type: ignore[misc]
    if problem.anchor is not None or calls or before:
        broken = problem.station.place
        if broken is not shown or problem.story:
            stations.append((_HAPPENS.get(problem.consequence, "broken here"), broken))
    stations += [(text, station.place) for text, station in after]
    seen: set[tuple[str, int]] = set()
    for message, place in stations:
        location = span_of(place)[0]
        if (message, id(place.node)) not in seen:
            seen.add((message, id(place.node)))
            yield TraceStep(message, place.unit.filename, location)
