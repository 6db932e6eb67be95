"""TensorFlow's own warnings, as they are said."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tflint_grad.verify.probe import Probe


class Ear(logging.Handler):
    """Writes down TensorFlow's own warnings, `most` of them, each with the place where it is said."""

    def __init__(self, probe: Probe, most: int) -> None:
        super().__init__(logging.WARNING)
        self._probe = probe
        self._most = most

    def emit(self, record: logging.LogRecord) -> None:
        heard = self._probe.seen.warnings
        if len(heard) < self._most:
            heard.append((self._probe.places.here(), record.getMessage()[:200]))
