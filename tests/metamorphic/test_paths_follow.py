"""A flow program written in another way keeps the states of its gradient paths."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flow.markers import Mark, marks_of, programs
from tests.flow.test_paths import refuted
from tests.metamorphic.names import local_names
from tests.metamorphic.untransformable import Untransformable
from tests.metamorphic.variants import REWRITINGS, Variant, rewritten
from tflint_grad.flow import run
from tflint_grad.outline import outline
from tflint_grad.source import SourceText

PROGRAMS = programs()
ROOT = Path(__file__).parents[2]


def marks_in(variant: Variant, text: str, how: str) -> list[Mark]:
    """The marks of the rewritten text: causes moved, sources renamed."""
    rows = {old: new for new, old in variant.origin.items()}
    names = local_names(text) if how == "locals renamed" else {}
    return [
        replace(mark, cause=rows.get(mark.cause or 0), source=_renamed(mark.source, names))
        for mark in marks_of(variant.text)
    ]


def _renamed(source: str, names: dict[str, str]) -> str:
    first, dot, rest = source.partition(".")
    return names.get(first, first) + dot + rest


@pytest.mark.parametrize("how", REWRITINGS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_states_follow(program: Path, how: str) -> None:
    text = program.read_text(encoding="utf-8")
    try:
        variant = rewritten(text, how)
    except Untransformable as reason:
        pytest.skip(str(reason))
    flow = run(outline(SourceText.from_text(variant.text, filename=program.name)))
    marks = marks_in(variant, text, how)
    assert [problem for mark in marks for problem in refuted(flow, mark)] == [], variant.text


def test_tensorflow_sees_no_difference(tmp_path: Path) -> None:
    """The rewritings are right themselves: a part of the rewritten programs is run."""
    pytest.importorskip("tensorflow", reason="the rewritten programs are run in TensorFlow")
    for number, program in enumerate(PROGRAMS):
        how = list(REWRITINGS)[number % len(REWRITINGS)]
        text = program.read_text(encoding="utf-8")
        try:
            variant = rewritten(text, how)
        except Untransformable:
            continue
        # The verdict reads the markers from the file, so they must name the new names.
        marks = zip(marks_of(variant.text), marks_in(variant, text, how), strict=True)
        lines = variant.text.splitlines()
        for old, new in marks:
            head, marker, tail = lines[old.row - 1].partition("# path ")
            tail = tail.replace(f"{old.source}: ", f"{new.source}: ")
            lines[old.row - 1] = head + marker + tail
        name = f"{program.stem}__{how.replace(' ', '_')}.py"
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = sorted(tmp_path.glob("*.py"))
    assert len(files) >= 0.8 * len(PROGRAMS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.flow.verdict", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    verdicts = json.loads(done.stdout.splitlines()[-1])
    assert {name: v["refuted"] for name, v in verdicts.items() if v["refuted"]} == {}
