"""Which flagged rows of the program run, and which exceptions come through them, at little cost.

A statement is told once. Python 3.12 and later have `sys.monitoring`, which is nearly free. Before, there
is the trace function: all of the program pays while it is set, so it goes once all are told.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any, Protocol

from tflint_grad.verify.observation import Place
from tflint_grad.verify.places import GENERATED, Places

#: How Python ends iterations: no sign of trouble.
_ORDINARY = (StopIteration, StopAsyncIteration, GeneratorExit)
#: Exceptions are looked for until each statement ran so often; then they will not come.
_ENOUGH = 50


class Listener(Protocol):
    """Who is told."""

    def row_ran(self, place: Place) -> None:
        """A flagged row, for the first time."""

    def error_passes(self, error: BaseException, place: Place) -> None:
        """An exception comes through a flagged row, whoever catches it."""

    def lines_are_lost(self, why: str) -> None:
        """No more will be told."""


class Rows:
    """The statements that are to be seen, each by its rows: not every row gets an event of its own.

    With `errors`, exceptions through them matter as well.
    """

    def __init__(
        self,
        places: Places,
        statements: Sequence[Sequence[Place]],
        errors: bool,
        listener: Listener,
    ) -> None:
        self.places = places
        self.errors = errors
        self.listener = listener
        self._statement = {
            place: number for number, rows in enumerate(statements) for place in rows
        }
        self._files = frozenset(file for file, _ in self._statement)
        self._runs = [0] * len(statements)
        self._open = len(statements)
        self._kinds: dict[str, bool] = {}
        self._holds: dict[tuple[str, int, str], bool] = {}

    @property
    def done(self) -> bool:
        """Whether nothing new can be seen any more."""
        return not self._open

    def matters(self, code: CodeType) -> bool:
        """Whether a function has rows that are to be seen; AutoGraph's code may."""
        name = code.co_filename
        kind = self._kinds.get(name)
        if kind is None:
            generated = GENERATED in name
            kind = generated or self.places.at(name, 1)[0] in self._files
            self._kinds[name] = kind
        if not kind or GENERATED in name:
            return kind
        key = (name, code.co_firstlineno, code.co_name)
        if key not in self._holds:
            rows = {row for _, _, row in code.co_lines() if row}
            self._holds[key] = any(self.places.at(name, row) in self._statement for row in rows)
        return self._holds[key]

    def give_up(self, error: Exception) -> None:
        """Our own failure: see nothing any more."""
        self._open = 0
        self.listener.lines_are_lost(f"lines cannot be watched: {type(error).__name__}: {error}")

    def ran(self, name: str, row: int) -> None:
        place = self.places.at(name, row)
        number = self._statement.get(place)
        if number is None:
            return
        self._runs[number] += 1
        if self._runs[number] == 1:
            self.listener.row_ran(place)
        if self._runs[number] == (_ENOUGH if self.errors else 1):
            self._open -= 1

    def raised(self, error: object, name: str, row: int) -> None:
        if isinstance(error, BaseException) and not isinstance(error, _ORDINARY):
            place = self.places.at(name, row)
            if place in self._statement:
                self.listener.error_passes(error, place)


class Tracing:
    """By the trace function, where no other tool has set its own: it stays theirs then."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def start(self) -> str:
        """Empty where all is well, else what keeps the rows from being seen."""
        other = sys.gettrace()
        if other is not None:
            whose = getattr(other, "__module__", None) or type(other).__module__
            return f"lines cannot be watched: another tool traces the program ({whose})"
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:  # what is running already, the main script above all
            if self._rows.matters(frame.f_code):
                frame.f_trace = self._step
            frame = frame.f_back
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        return ""

    def stop(self) -> None:
        if sys.gettrace() == self._enter:
            sys.settrace(None)
        if getattr(threading, "_trace_hook", None) == self._enter:
            threading.settrace(None)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            if self._rows.done:
                self.stop()
                return None
            return self._step if self._rows.matters(frame.f_code) else None
        except Exception as error:  # it would come out in the program
            self._rows.give_up(error)
            return None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            if event == "line":
                self._rows.ran(frame.f_code.co_filename, frame.f_lineno)
            elif event == "exception" and self._rows.errors:
                self._rows.raised(argument[1], frame.f_code.co_filename, frame.f_lineno)
        except Exception as error:
            self._rows.give_up(error)
            return None
        return self._step


def watch(rows: Rows) -> tuple[str, Callable[[], None]]:
    """Begin. What keeps the rows from being seen (empty: nothing), and how to end."""
    if rows.done:
        return "", lambda: None
    if sys.version_info >= (3, 12):
        from tflint_grad.verify.inside.monitoring import Monitoring

        monitoring = Monitoring(rows)
        return monitoring.start(), monitoring.stop
    tracing = Tracing(rows)
    return tracing.start(), tracing.stop
