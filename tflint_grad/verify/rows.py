"""Which rows of the watched files run, and which exceptions come through them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from tflint_grad.verify.places import GENERATED

if TYPE_CHECKING:
    from tflint_grad.verify.observation import Place
    from tflint_grad.verify.places import Places
    from tflint_grad.verify.probe import Probe

#: How Python ends iterations: no sign of trouble.
_ORDINARY = (StopIteration, StopAsyncIteration, GeneratorExit)


class RowTracer:
    """A trace function for the watched files alone; no other frame is slowed down."""

    def __init__(self, places: Places, probe: Probe, marks: frozenset[Place]) -> None:
        self._places = places
        self._probe = probe
        self._marks = marks
        self._known: set[tuple[str, int]] = set()

    @contextmanager
    def tracing(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._enter)
        threading.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if name in self._places.files or GENERATED in name:
            self._note(frame)
            return self._step
        return None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._note(frame)
        elif event == "exception" and self._probe.measuring:
            error = argument[1]
            if isinstance(error, BaseException) and not isinstance(error, _ORDINARY):
                place = self._places.of(frame)
                if place[1]:
                    self._probe.note_passing(error, place)
        return self._step

    def _note(self, frame: FrameType) -> None:
        key = (frame.f_code.co_filename, frame.f_lineno)
        if key in self._known or not self._probe.measuring:
            return
        place = self._places.of(frame)
        if not place[1]:
            return
        marked = place in self._marks
        if not marked:  # a marked row is told each time: the tapes may differ
            self._known.add(key)
        self._probe.note_row(place, marked)
