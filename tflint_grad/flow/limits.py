"""What ends an execution early."""

from __future__ import annotations


class LimitReached(Exception):
    """An entry used up its share of steps; what follows is not executed."""
