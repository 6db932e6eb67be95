"""Where in the watched files something happens, seen through AutoGraph's generated files."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any

from tensorflow.python.util import tf_stack

from tflint_grad.verify.observation import NOWHERE, Place

GENERATED = "__autograph_generated_file"
_AUTOGRAPH = os.path.join("tensorflow", "python", "autograph")
#: Errors of a graph tell the user's rows in their text only.
_TOLD = re.compile(r'File "([^"]+)", line (\d+)')
#: Frames looked at before a place is given up.
_DEEPEST = 400


class Places:
    """Rows of some files, whether their own code runs or what AutoGraph made of it."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self._origins: dict[tuple[str, int], Any] = {}

    def here(self) -> Place:
        """The place of the innermost frame of a watched file."""
        frame: FrameType | None = sys._getframe(1)
        for _ in range(_DEEPEST):
            if frame is None:
                break
            place = self.of(frame)
            if place[1]:
                return place
            frame = frame.f_back
        return NOWHERE

    def stranger(self, frame: FrameType) -> str:
        """The file that a frame runs, where it is neither watched nor made from a watched one.

        AutoGraph's own frames stand between its generated code and what that calls.
        """
        caller: FrameType | None = frame
        while caller is not None and _AUTOGRAPH in caller.f_code.co_filename:
            caller = caller.f_back
        name = caller.f_code.co_filename if caller is not None else ""
        return "" if GENERATED in name or self.at(name, 1)[1] else name

    def of(self, frame: FrameType) -> Place:
        """The place of one frame that runs a watched file or code generated from it."""
        return self.at(frame.f_code.co_filename, frame.f_lineno)

    def at(self, name: str, row: int) -> Place:
        """The place of a row of a watched file or of code generated from one."""
        watched = self.watched(name)
        if watched:
            return (watched, row)
        if GENERATED not in name:
            return NOWHERE
        if (name, row) not in self._origins:
            # The public `extract_stack` is too dear for every line of generated code, and knows
            # no function that was made by a converted one and outlives it: so we remember.
            stack = tf_stack._source_mapper_stacks[threading.get_ident()]
            if stack:
                self._origins.update(stack[-1].get_effective_source_map())
        origin = self._origins.get((name, row))
        watched = self.watched(origin[0]) if origin else ""
        return (watched, int(origin[1])) if origin and watched else NOWHERE

    def watched(self, name: str) -> str:
        """A watched file by the name that it is watched under, whatever the code calls it."""
        return name if name in self.files else ""

    def through(self, error: BaseException) -> list[Place]:
        """Every place that an exception, or one that it came from, says it passed."""
        places: set[Place] = set()
        todo: list[BaseException | None] = [error]
        known: set[int] = set()
        while todo:
            current = todo.pop()
            if current is None or id(current) in known:
                continue
            known.add(id(current))
            step: TracebackType | None = current.__traceback__
            while step is not None:
                places.add(self.at(step.tb_frame.f_code.co_filename, step.tb_lineno))
                step = step.tb_next
            for name, row in _TOLD.findall(_text(current)):
                places.add(self.at(name, int(row)))
            todo += [current.__cause__, current.__context__]
        places.discard(NOWHERE)
        return sorted(places)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception of the user's may fail to print itself
        return ""
