"""Every fixture is linted: what is marked is reported, with its consequence, and nothing else."""

from __future__ import annotations

import pytest

from tests.harness.fixture import ROOT, Fixture, every_fixture
from tflint_grad.findings import Confidence, Consequence, Finding, Severity, Unreadable
from tflint_grad.outline import outline
from tflint_grad.rules import RULES, check
from tflint_grad.source.text import source_from_bytes

FIXTURES = {fixture.identity: fixture for fixture in every_fixture()}
HEADINGS = ("What it does", "Why it is bad", "Example", "Use instead", "Evidence")

# What TensorFlow shows and the linter does not say yet. Strict: whoever mends one strikes it out.
KNOWN_GAPS = {
    "TFG204/bad_floor_in_one_branch.py": "a live branch hides the cut of the other at a join",
}

Marks = set[tuple[str, int, str]]


def findings(fixture: Fixture) -> list[Finding]:
    """What the linter says of the part above the tail, from its bytes to the rules."""
    broken = fixture.rule == "TFG000"  # may not even decode: take it as it lies there
    data = fixture.path.read_bytes() if broken else fixture.source.encode()
    try:
        source = source_from_bytes(data, fixture.path.name)
        assert source is not None, "the prefilter drops it"
        return list(check(outline(source)))
    except Unreadable as error:
        return [_unreadable(error, fixture.path.name)]


def _unreadable(error: Unreadable, filename: str) -> Finding:
    return Finding(
        code="TFG000",
        name="unreadable-file",
        message=error.message,
        severity=error.severity,
        confidence=Confidence.PROVEN,
        consequence=Consequence.UNREADABLE,
        filename=filename,
        location=error.location,
        end_location=error.location,
    )


def marks(found: list[Finding], advice: bool) -> Marks:
    return {
        (one.code, one.location.row, str(one.consequence))
        for one in found
        if (one.severity is Severity.ADVICE) == advice
    }


def expected(fixture: Fixture, advice: bool) -> Marks:
    return {
        (one.code, one.row, one.consequence) for one in fixture.expectations if one.advice == advice
    }


def with_gaps() -> list[object]:
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=KNOWN_GAPS[name]))
        if name in KNOWN_GAPS
        else pytest.param(name)
        for name in FIXTURES
    ]


@pytest.mark.parametrize("identity", with_gaps())
def test_errors_and_warnings_are_the_marked_ones(identity: str) -> None:
    fixture = FIXTURES[identity]
    assert marks(findings(fixture), advice=False) == expected(fixture, advice=False)


@pytest.mark.parametrize("identity", FIXTURES)
def test_advice_is_the_marked_advice(identity: str) -> None:
    """In files that mark some, all of it; elsewhere advice of other rules is free."""
    fixture = FIXTURES[identity]
    wanted = expected(fixture, advice=True)
    advice = marks(findings(fixture), advice=True)
    assert advice == wanted if wanted else all(code != fixture.rule for code, _, _ in advice)


@pytest.mark.parametrize("code", sorted(code for code in RULES if not RULES[code].from_runs))
class TestEveryRuleOfTheAnalysis:
    def test_fires_in_a_fixture_of_its_own(self, code: str) -> None:
        bad = [one for one in FIXTURES.values() if one.rule == code and one.is_bad]
        fired = [one for one in bad if any(found.code == code for found in findings(one))]
        assert fired, f"{len(bad)} bad fixtures, and it fires in none"

    def test_has_bad_and_ok_fixtures(self, code: str) -> None:
        own = [one for one in FIXTURES.values() if one.rule == code]
        assert sum(one.is_bad for one in own) >= 3
        assert sum(not one.is_bad for one in own) >= (0 if code == "TFG000" else 3)


@pytest.mark.parametrize("code", sorted(RULES))
class TestEveryRule:
    def test_is_named_in_kebab_case(self, code: str) -> None:
        name = RULES[code].name
        assert name == name.lower() and all(part.isalnum() for part in name.split("-"))

    def test_has_a_page(self, code: str) -> None:
        page = RULES[code].__doc__ or ""
        summary = page.strip().splitlines()[0] if page.strip() else ""
        assert summary and summary[0].isupper(), "the first line is the summary"
        missing = [heading for heading in HEADINGS if f"## {heading}" not in page]
        assert not missing


def test_every_folder_of_fixtures_belongs_to_a_rule() -> None:
    folders = {path.name for path in (ROOT / "fixtures").glob("TFG*") if path.is_dir()}
    assert folders <= set(RULES) | {"TFG000"}
