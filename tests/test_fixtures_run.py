"""Every fixture does at run time what its markers promise: the evidence behind the rules.

With its tail, which drives it, and, where it is bad, also without: as `--verify` finds it.

Files that have not changed since they last passed are held by `tests/harness/results.json`; a
rotating part of them is executed all the same. TFLINT_GRAD_RUN_ALL=1 executes everything.
"""

from __future__ import annotations

import datetime
import os
import zlib

import pytest

from tests.harness import ledger, unaided
from tests.harness.execute import execute, tensorflow_starts
from tests.harness.fixture import Fixture, every_fixture

FIXTURES = {fixture.identity: fixture for fixture in every_fixture()}
VERIFIED = [name for name, fixture in FIXTURES.items() if unaided.is_verified(fixture)]
ROTATION = 10  # a held verdict is tried again at least every so many days
RUN_ALL = os.environ.get("TFLINT_GRAD_RUN_ALL") == "1"
HELD = ledger.held()


def is_due(fixture: Fixture) -> bool:
    """Changed, never passed under this TensorFlow, or its turn today."""
    if RUN_ALL or fixture.rule == "TFG000" or HELD.get(fixture.identity) != ledger.key(fixture):
        return True
    turn = zlib.crc32(fixture.identity.encode()) % ROTATION
    return turn == datetime.date.today().toordinal() % ROTATION


def due(request: pytest.FixtureRequest) -> list[Fixture]:
    """The fixtures that were asked for and whose turn it is."""
    asked = {
        item.callspec.params["identity"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "identity" in item.callspec.params
    }
    chosen = [FIXTURES[name] for name in sorted(asked) if is_due(FIXTURES[name])]
    if any(fixture.rule != "TFG000" for fixture in chosen) and not tensorflow_starts():
        pytest.skip("NO TENSORFLOW STARTS HERE: the fixtures were not executed")
    return chosen


@pytest.fixture(scope="session")
def complaints(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """What there is to say against the fixtures that are due, executed in one process."""
    return {fixture.identity: found for fixture, found, _ in execute(due(request))}


@pytest.fixture(scope="session")
def alone(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The same for the bad ones when they are verified without tails and markers."""
    return unaided.complaints([one for one in due(request) if unaided.is_verified(one)])


@pytest.mark.parametrize("identity", FIXTURES)
def test_a_fixture_shows_what_it_promises(identity: str, complaints: dict[str, list[str]]) -> None:
    # A fixture that is not due has passed with these very bytes.
    assert complaints.get(identity, []) == []


@pytest.mark.parametrize("identity", VERIFIED)
def test_a_finding_is_confirmed_without_the_tail(
    identity: str, alone: dict[str, list[str]]
) -> None:
    assert alone.get(identity, []) == []


def test_hardly_any_finding_needs_the_tail_to_be_confirmed() -> None:
    promised = [
        one
        for identity in VERIFIED
        for one in FIXTURES[identity].expectations
        if one.consequence != "advice"
    ]
    undecided = [one for one in promised if one.undecided]
    assert len(undecided) <= 0.05 * len(promised), undecided


def test_there_are_fixtures_to_run() -> None:
    assert len(FIXTURES) > 20
