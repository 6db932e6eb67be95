"""The one way in which a rewriting says no."""

from __future__ import annotations


class Untransformable(Exception):
    """This file cannot be written in this other way."""
