"""Which codes are reported."""

from __future__ import annotations

import pytest

from tflint_grad.selection import Selection, is_selected


def selected(code: str, *layers: Selection) -> bool:
    return is_selected(code, layers)


def test_everything_is_reported_by_default() -> None:
    assert selected("TFG201")
    assert selected("TFG201", Selection())


@pytest.mark.parametrize(
    ("select", "ignore", "reported"),
    [
        (("TFG2",), (), True),
        (("TFG3",), (), False),
        (("TFG2",), ("TFG201",), False),
        (("TFG201",), ("TFG2",), True),
        (("TFG201",), ("TFG201",), False),
        (("TFG",), ("TFG20",), False),
        ((), (), False),
    ],
)
def test_the_longest_prefix_wins_and_ignore_wins_a_tie(
    select: tuple[str, ...], ignore: tuple[str, ...], reported: bool
) -> None:
    assert selected("TFG201", Selection(select=select, ignore=ignore)) is reported


def test_extend_select_adds_to_select() -> None:
    layer = Selection(select=("TFG3",), extend_select=("TFG201",))
    assert selected("TFG201", layer)
    assert not selected("TFG202", layer)


def test_extend_select_alone_takes_nothing_away() -> None:
    assert selected("TFG301", Selection(extend_select=("TFG201",)))


def test_the_command_line_stands_above_configuration() -> None:
    configured = Selection(select=("TFG2",), ignore=("TFG201",))
    assert selected("TFG201", Selection(select=("TFG201",)), configured)
    assert not selected("TFG202", Selection(select=("TFG201",)), configured)
    assert not selected("TFG202", Selection(ignore=("TFG2",)), configured)
    assert not selected("TFG201", Selection(extend_select=("TFG3",)), configured)
    assert selected("TFG301", Selection(extend_select=("TFG3",)), configured)


def test_an_unreadable_file_is_told_unless_it_is_ignored_by_name() -> None:
    assert selected("TFG000", Selection(select=("TFG2",)))
    assert selected("TFG000", Selection(ignore=("TFG",)))
    assert not selected("TFG000", Selection(ignore=("TFG0",)))
