"""A fixture written in another way has the same findings, at the rows that they moved to."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest

from tests.harness.fixture import Fixture, every_fixture
from tests.metamorphic.untransformable import Untransformable
from tests.metamorphic.variants import REWRITINGS, rewritten
from tflint_grad.outline import outline
from tflint_grad.rules import check
from tflint_grad.source import SourceText

FIXTURES = {fixture.identity: fixture for fixture in every_fixture() if fixture.rule != "TFG000"}
#: At least this share of the fixtures takes a rewriting.
LEAST = 0.5

Marks = frozenset[tuple[str, int, str]]


@functools.cache
def marks(text: str, filename: str) -> Marks:
    found = check(outline(SourceText.from_text(text, filename=filename)))
    return frozenset((one.code, one.location.row, str(one.consequence)) for one in found)


def moved(found: Marks, origin: Mapping[int, int]) -> Marks:
    return frozenset((code, origin.get(row, -row), what) for code, row, what in found)


@pytest.mark.parametrize("how", REWRITINGS)
@pytest.mark.parametrize("identity", FIXTURES)
def test_findings_follow(identity: str, how: str) -> None:
    fixture = FIXTURES[identity]
    try:
        variant = rewritten(fixture.source, how)
    except Untransformable as reason:
        pytest.skip(str(reason))
    before = marks(fixture.source, fixture.path.name)
    after = moved(marks(variant.text, fixture.path.name), variant.origin)
    assert comparable(after, variant.unlike) == comparable(before, variant.unlike), variant.text


def comparable(found: Marks, unlike: frozenset[str]) -> list[tuple[str, int, str]]:
    # Whether a branch stands in a training loop is a matter of how it is written.
    return sorted(
        (code, row, "advice" if what == "slow" and code in {"TFG101", "TFG102"} else what)
        for code, row, what in found
        if code not in unlike
    )


@pytest.mark.parametrize("how", REWRITINGS)
def test_most_fixtures_can_be_rewritten(how: str) -> None:
    assert sum(can(fixture, how) for fixture in FIXTURES.values()) >= LEAST * len(FIXTURES)


def can(fixture: Fixture, how: str) -> bool:
    try:
        rewritten(fixture.source, how)
    except Untransformable:
        return False
    return True
