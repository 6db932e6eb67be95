"""Where in the fixture something happens, seen through AutoGraph's generated files."""

from __future__ import annotations

import re
import threading
from types import FrameType, TracebackType
from typing import Any

from tensorflow.python.util import tf_stack

GENERATED = "__autograph_generated_file"


class Places:
    """Rows of one file, whether its own code runs or what AutoGraph made of it."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._origins: dict[tuple[str, int], Any] = {}
        # Graph errors tell the user's rows in their text only.
        self._told = re.compile(rf'File "{re.escape(filename)}", line (\d+)')

    def here(self) -> int:
        """The row of the innermost frame of the file; 0 where the file does not take part."""
        for frame in reversed(list(tf_stack.extract_stack())):
            if frame.filename == self.filename:
                return int(frame.lineno)
        return 0

    def row_of(self, frame: FrameType) -> int:
        """The row of one frame that runs the file or code generated from it; else 0."""
        name = frame.f_code.co_filename
        if name == self.filename:
            return frame.f_lineno
        if (name, frame.f_lineno) not in self._origins:
            # The public `extract_stack` is too dear for every line of generated code, and knows
            # no function that was made by a converted one and outlives it: so we remember.
            mapper = tf_stack._source_mapper_stacks[threading.get_ident()][-1]
            self._origins.update(mapper.get_effective_source_map())
        origin = self._origins.get((name, frame.f_lineno))
        return int(origin[1]) if origin and origin[0] == self.filename else 0

    def rows_of(self, error: BaseException) -> list[int]:
        """Every row that an exception, or one that it came from, says it passed."""
        rows: set[int] = set()
        todo: list[BaseException | None] = [error]
        while todo:
            current = todo.pop()
            if current is None:
                continue
            step: TracebackType | None = current.__traceback__
            while step is not None:
                if step.tb_frame.f_code.co_filename == self.filename:
                    rows.add(step.tb_lineno)
                step = step.tb_next
            rows.update(int(row) for row in self._told.findall(str(current)))
            todo += [current.__cause__, current.__context__]
        return sorted(rows)
