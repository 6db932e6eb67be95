"""Small projects, written to a folder of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Tree = Callable[..., str]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """`tree({"a.py": "x = 1"}, "b/__init__.py")` writes files, the rest of them empty."""

    def plant(contents: dict[str, str | bytes], *empty: str) -> str:
        for name, text in (*contents.items(), *((name, "") for name in empty)):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return os.fspath(tmp_path)

    return plant
