"""Chooses what to execute for each finding, from syntax alone."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from tflint_grad.findings import Finding
from tflint_grad.verify.inputs.usage import dotted
from tflint_grad.verify.loading import module_name
from tflint_grad.verify.question import Question, Span
from tflint_grad.verify.scene import CALL, FIT, LOSS, MAIN, MODULE, Entry, Job
from tflint_grad.verify.syntax import Definition, Program

HOOKS = frozenset(
    {"call", "train_step", "test_step", "predict_step", "build", "compute_loss", "loss"}
)
_KERAS = frozenset({"Model", "Layer", "Sequential", "Functional", "Loss", "Wrapper", "RNN"})
#: Entries tried for one finding.
_MOST = 6
WITHOUT_VERDICT = frozenset({"advice", "unreadable"})


@lru_cache(maxsize=512)
def program(file: str) -> Program | None:
    """The syntax of a file; None where it cannot be read."""
    try:
        with open(file, "rb") as stream:
            data = stream.read()
        return Program.of(data)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def statement(file: str, row: int) -> tuple[int, int]:
    """The rows of the statement that holds a row."""
    known = program(file)
    return known.statement(row) if known is not None else (row, row)


def jobs(
    findings: Sequence[Finding],
    files: Iterable[str],
    inputs: Mapping[str, str],
    seconds: float,
) -> list[Job]:
    """One job a file. The number of a question is the index of its finding."""
    program.cache_clear()  # files may have changed since
    grouped: dict[str, list[tuple[Question, tuple[Entry, ...]]]] = {}
    watched = sorted({os.path.abspath(file) for file in files})
    for number, finding in enumerate(findings):
        if str(finding.consequence) in WITHOUT_VERDICT:
            continue
        located = absolute(finding)
        question = Question.of(located, number, statement)
        file = _main_file(question)
        grouped.setdefault(file, []).append((question, entries(question, located, file)))
    return [
        _job(number, file, pairs, watched, inputs, seconds)
        for number, (file, pairs) in enumerate(sorted(grouped.items()))
    ]


def _job(
    number: int,
    file: str,
    pairs: list[tuple[Question, tuple[Entry, ...]]],
    watched: list[str],
    inputs: Mapping[str, str],
    seconds: float,
) -> Job:
    root, module = module_name(file)
    files = {file, *watched}
    for question, _ in pairs:
        files |= {span.file for span in (question.flagged, *question.tapes, *question.asked)}
    return Job(
        number=number,
        file=file,
        root=root,
        module=module,
        files=tuple(sorted(files)),
        questions=tuple(question for question, _ in pairs),
        entries={question.number: chosen for question, chosen in pairs},
        inputs=inputs,
        seconds=seconds,
    )


def absolute(finding: Finding) -> Finding:
    """The finding with absolute file names throughout."""
    from dataclasses import replace

    return replace(
        finding,
        filename=os.path.abspath(finding.filename),
        trace=tuple(replace(one, filename=os.path.abspath(one.filename)) for one in finding.trace),
        callers=tuple(
            replace(one, filename=os.path.abspath(one.filename)) for one in finding.callers
        ),
        tapes=tuple(
            tape._replace(filename=os.path.abspath(tape.filename)) for tape in finding.tapes
        ),
    )


def _main_file(question: Question) -> str:
    """Where the tape is: the flagged line may lie in a helper's file."""
    spans = (*question.asked, *question.tapes, question.flagged)
    return spans[0].file


def entries(question: Question, finding: Finding, file: str) -> tuple[Entry, ...]:
    """What to execute for a finding, the smallest first; the module comes before all."""
    known = program(file)
    if known is None:
        return (Entry(MODULE),)
    rows = [span.first for span in _spans(question) if span.file == file]
    core = _around(known, rows)
    rows += [step.location.row for step in finding.trace if step.filename == file]
    rows += [site.location.row for site in finding.callers if site.filename == file]
    needed = _around(known, rows)
    found: list[Entry] = [Entry(MODULE)]
    own_tape = bool(question.tapes) and any(
        step.message.startswith("tape opened") for step in finding.trace
    )
    keras = _keras_entries(question, known, file)
    # Under a tape of the user's own, `fit` is no way to it, unless the tape stands in the class.
    fit_first = not own_tape or any(
        Entry(FIT, one.parent.qualified) in keras
        for span in question.tapes
        if span.file == file
        and (one := known.reachable(span.first)) is not None
        and one.parent is not None
    )
    if fit_first:
        found += keras
    reaching = _reaching(known, needed)
    # The caller that the finding names may want what is not there, such as arguments of a script.
    reaching += [name for name in _reaching(known, core) if name not in reaching]
    found += [Entry(CALL, name) for name in reaching if _is_entry(known, name)]
    if not reaching:
        for span in (*question.asked, *question.tapes, question.flagged):
            one = known.reachable(span.first) if span.file == file else None
            if one is not None:
                found += [Entry(CALL, one.qualified)]
                found += [Entry(CALL, name) for name in known.callers(one.qualified)[:3]]
    if not fit_first:
        found += keras
    if _has_guard(known) or not needed:
        found = [*found[: _MOST - 1], Entry(MAIN)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _around(known: Program, rows: Iterable[int]) -> set[str]:
    """The functions that hold some rows, as far as they can be called from outside."""
    return {one.qualified for row in rows if (one := known.reachable(row)) is not None}


def _reaching(known: Program, needed: set[str]) -> list[str]:
    """Functions through which all of some others are called, the smallest first."""
    if not needed:
        return []
    found = [name for name in known.calls if needed <= known.reach(name)]
    return sorted(found, key=lambda name: (len(known.reach(name)), name not in needed))


def _spans(question: Question) -> tuple[Span, ...]:
    return (question.flagged, *question.tapes, *question.asked)


def _is_entry(known: Program, name: str) -> bool:
    """Constructors are reached by making the object: never by themselves."""
    definition = known.by_name[name]
    return (
        definition.name not in ("__init__", "__new__", "__post_init__") or definition.parent is None
    )


def _keras_entries(question: Question, known: Program, file: str) -> list[Entry]:
    """`fit` of the Keras class around the flagged row, or with the loss function that holds it."""
    if question.flagged.file != file:
        return []
    inner = known.enclosing(question.flagged.first)
    if inner is None:
        return []
    outer = inner.outermost
    if outer.parent is not None and is_keras(known, outer.parent):
        return [Entry(FIT, outer.parent.qualified)]
    found = []
    for name in _compiled_losses(known):
        if name in known.by_name and outer.qualified in known.reach(name):
            found.append(Entry(LOSS, name))
    return found


def is_keras(known: Program, definition: Definition) -> bool:
    """Whether a class derives from a class of Keras, as far as the file tells."""
    todo, seen = [definition], set()
    while todo:
        one = todo.pop()
        if one.qualified in seen or not isinstance(one.node, ast.ClassDef):
            continue
        seen.add(one.qualified)
        for base in one.node.bases:
            name = dotted(base)
            if name in known.by_name:
                todo.append(known.by_name[name])
            elif name.rpartition(".")[2] in _KERAS:
                return True
    return False


def _compiled_losses(known: Program) -> list[str]:
    """Functions that are given to `compile(loss=…)`."""
    found = []
    for node in ast.walk(known.tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "compile":
            for one in node.keywords:
                if one.arg == "loss" and isinstance(one.value, ast.Name):
                    found.append(one.value.id)
    return found


def _has_guard(known: Program) -> bool:
    """`if __name__ == "__main__":`"""
    return any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in known.tree.body
    )
