"""Which rows run, by `sys.monitoring` of Python 3.12 and later: what does not matter costs nothing."""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tflint_grad.verify.inside.lines import Rows

if sys.version_info >= (3, 12):
    _EVENTS = sys.monitoring.events
    #: The numbers that are no debugger's, coverage tool's or profiler's.
    _FREE = (3, 4)

    class Monitoring:
        """Functions that hold flagged rows get line events of their own; all others none."""

        def __init__(self, rows: Rows) -> None:
            self._rows = rows
            self._number = 0

        def start(self) -> str:
            """Empty where all is well, else what keeps the rows from being seen."""
            for number in _FREE:
                if sys.monitoring.get_tool(number) is None:
                    break
            else:
                return "lines cannot be watched: other tools monitor the program"
            self._number = number
            sys.monitoring.use_tool_id(number, "tflint-grad")
            register = sys.monitoring.register_callback
            register(number, _EVENTS.PY_START, self._enter)
            register(number, _EVENTS.LINE, self._line)
            register(number, _EVENTS.RAISE, self._raise)
            events = _EVENTS.PY_START
            if self._rows.errors:
                events |= _EVENTS.RAISE
            frame = sys._getframe(1)
            while frame is not None:  # what is running already, the main script above all
                self._enter(frame.f_code, 0)
                frame = frame.f_back  # type: ignore[assignment]
            sys.monitoring.set_events(number, events)
            return ""

        def stop(self) -> None:
            if self._number and sys.monitoring.get_tool(self._number) == "tflint-grad":
                sys.monitoring.set_events(self._number, 0)
                sys.monitoring.free_tool_id(self._number)

        def _enter(self, code: CodeType, offset: int) -> Any:
            try:
                if self._rows.matters(code):
                    sys.monitoring.set_local_events(self._number, code, _EVENTS.LINE)
            except Exception as error:  # it would come out in the program
                self._rows.give_up(error)
            return sys.monitoring.DISABLE

        def _line(self, code: CodeType, row: int) -> Any:
            try:
                self._rows.ran(code.co_filename, row)
            except Exception as error:
                self._rows.give_up(error)
            return None if self._rows.errors else sys.monitoring.DISABLE

        def _raise(self, code: CodeType, offset: int, raised: BaseException) -> Any:
            try:
                if self._rows.matters(code):
                    self._rows.raised(raised, code.co_filename, sys._getframe(1).f_lineno)
            except Exception as error:
                self._rows.give_up(error)
