"""The measured table: read once, on the first question, and turned into facts name by name.

`tools/measure_ops.py` writes it. Plain JSON with one short string per name: it loads faster than
a module of literals without byte code, and a changed fact is one changed line.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("tensorflow.json")


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return content


def aliases() -> dict[str, str]:
    """Other public spellings of a name that has a row."""
    found: dict[str, str] = _content()["aliases"]
    return found


def rows() -> dict[str, str]:
    """`gradient|dtype|kind|parameters|detached|outputs|dtypes of outputs` for each name."""
    found: dict[str, str] = _content()["operations"]
    return found


def classes() -> dict[str, str]:
    """`kind|gradient to the input|flags|detached inputs` of each class of Keras."""
    found: dict[str, str] = _content()["classes"]
    return found


def versions() -> dict[str, str]:
    """What the table was measured on."""
    found: dict[str, str] = _content()["measured"]
    return found
