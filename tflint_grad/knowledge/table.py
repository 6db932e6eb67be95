"""The measured tables: read once, on the first question, and turned into facts name by name.

`tools/measure_ops.py` writes them. Plain JSON with one short string per name: it loads faster than
a module of literals without byte code, and a changed fact is one changed line. Raw operations, and
what was otherwise in earlier versions of TensorFlow or in Keras 2, are read only where somebody asks
for them.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).parent
_RAW = "tensorflow.raw_ops."
#: The edition of the table for names of Keras 2 (tf_keras; `tf.keras` before TensorFlow 2.16).
KERAS_2 = "keras2"
_FIRST_WITH_KERAS_3 = (2, 16)
# Which version the code that is looked at is written for: one setting per file, asked for at every
# operation. '' is the newest that is measured.
_SELECTED: ContextVar[str] = ContextVar("tensorflow-version", default="")


@contextmanager
def of_version(version: str) -> Iterator[None]:
    """Answers inside the block hold for a version of TensorFlow; '' is the newest measured."""
    token = _SELECTED.set(version)
    try:
        yield
    finally:
        _SELECTED.reset(token)


def selected() -> str:
    """The earlier version that answers hold for; '' for the newest."""
    return nearest(_SELECTED.get())


def keras2_is_meant() -> bool:
    """Whether the selected version is one whose `tf.keras` was Keras 2."""
    version = _SELECTED.get()
    return bool(version) and _release(version) < _FIRST_WITH_KERAS_3


@lru_cache(maxsize=16)
def nearest(version: str) -> str:
    """The newest measured version that is not newer than `version`, or else the oldest."""
    if not version or _release(version) >= _release(versions()["tensorflow"]):
        return ""
    older = sorted(_content("earlier"), key=_release)
    return ([known for known in older if _release(known) <= _release(version)] or older or [""])[-1]


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


@lru_cache(maxsize=4)
def _content(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def aliases() -> dict[str, str]:
    """Other public spellings of a name that has a row."""
    found: dict[str, str] = _content("tensorflow")["aliases"]
    return found


def rows() -> dict[str, str]:
    """`gradient|dtype|kind|parameters|detached|outputs|dtypes of outputs` for each name."""
    found: dict[str, str] = _content("tensorflow")["operations"]
    return found


def raw_rows() -> dict[str, str]:
    """As `rows`, of `tf.raw_ops`."""
    found: dict[str, str] = _content("raw_ops")
    return found


def classes() -> dict[str, str]:
    """`kind|gradient to the input|flags|detached inputs` of each class of Keras."""
    found: dict[str, str] = _content("tensorflow")["classes"]
    return found


def row(name: str, edition: str = "") -> str | None:
    """The row of an operation, as of an earlier version or of Keras 2 where one is given."""
    raw = name.startswith(_RAW)
    changes = _changes(edition, "raw" if raw else "operations")
    if name in changes:
        return changes[name]
    found = (raw_rows() if raw else rows()).get(name)
    # What Keras 3 does not have was written for Keras 2.
    return found or (_changes(KERAS_2, "operations").get(name) if _is_of_keras(name) else None)


def class_row(name: str, edition: str = "") -> str | None:
    """The row of a class of Keras, as of an earlier version or of Keras 2 where one is given."""
    changes = _changes(edition, "classes")
    found = changes.get(name, classes().get(name))
    return found or _changes(KERAS_2, "classes").get(name)


def _changes(edition: str, part: str) -> dict[str, str | None]:
    """What is otherwise than in the newest version; None for what there was not."""
    if not edition:
        return {}
    content = _content(KERAS_2) if edition == KERAS_2 else _content("earlier")[edition]
    changes: dict[str, str | None] = content.get(part, {})
    return changes


def _is_of_keras(name: str) -> bool:
    return name.startswith("keras.")


def since(name: str) -> str | None:
    """The oldest measured version in which a name's row holds; None for what has no row."""
    raw = name.startswith(_RAW)
    if row(name) is None and name not in classes():
        return None
    holds = versions()["tensorflow"]
    for version in sorted(_content("earlier"), key=_release, reverse=True):
        before = _content("earlier")[version]
        if name in before["raw" if raw else "operations"] or name in before["classes"]:
            break
        holds = version
    return ".".join(map(str, _release(holds)))


def versions() -> dict[str, str]:
    """What the table was measured on."""
    found: dict[str, str] = _content("tensorflow")["measured"]
    return found


def earlier_versions() -> dict[str, dict[str, str]]:
    """What else was measured: of each earlier version, what it was measured on."""
    return {version: content["measured"] for version, content in _content("earlier").items()}


def keras2_version() -> dict[str, str]:
    """What Keras 2 was measured on."""
    found: dict[str, str] = _content(KERAS_2)["measured"]
    return found
