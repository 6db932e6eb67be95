"""What the bytes of a file tell without a parser: its imports, its classes and their members.

Regular expressions that begin with a literal cost little more than reading the file; a parser costs
fifty times as much, and is asked only about the few files that these facts single out. What looks
like code within a string is taken for code: facts choose candidates, they prove nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]*([.\w]+)[ \t]*import\b[ \t]*(\([^)]*\)|[^\n\\#;]*(?:\\\r?\n[^\n\\#;]*)*)"
    rb"|import[ \t]+([^\n#;]+))"
)
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"(\*|[\w.]+)(?:\s+as\s+(\w+))?")
_CLASS = re.compile(rb"\nclass[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?")
_BASE = re.compile(rb"[\w.]+")
#: What stands in the first column and is no part of the class before it.
_AFTER_CLASS = re.compile(rb"\n(?:def |async |if |for |with |try:|@|\w+ ?[=(:])")
_INDENT = re.compile(rb"\n([ \t]+)[^\s]")
_OF_SELF = re.compile(rb"self\.(\w+)[ \t]*(?:=(?!=)|:[^=\n]*=(?!=)|,(?=[ \t]*self\.))")
_NO_MEMBERS = frozenset(
    (b"else", b"try", b"finally", b"except", b"Args", b"Attributes", b"Returns")
)


class Import(NamedTuple):
    """`from module import name as bound`; without a name `import module as bound`.

    `module` begins with the dots of a relative import. Both ways `bound` is the first word that
    the file may then use, and empty for `*`.
    """

    module: str
    name: str
    bound: str


class ClassFacts(NamedTuple):
    """A class at the top level of a file; bases as they are written, members that its text sets."""

    name: str
    bases: tuple[str, ...]
    members: tuple[str, ...]


class Facts(NamedTuple):
    imports: tuple[Import, ...]
    classes: tuple[ClassFacts, ...]


def facts_of(data: bytes, path: str = "") -> Facts:
    """The facts of a file; whatever its bytes are, none raise.

    Tests define classes for themselves alone: those are left out.
    """
    data = b"\n" + data
    return Facts(
        tuple(dict.fromkeys(_imports(data))) if b"import" in data else (),
        tuple(_classes(data)) if b"\nclass" in data and not _is_test(path) else (),
    )


def _is_test(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith("test_") or name.endswith("_test.py")


def _imports(data: bytes) -> Iterator[Import]:
    for module, names, modules in _IMPORT.findall(data):
        written = names or modules
        if b"#" in written:
            written = _COMMENT.sub(b"", written)
        if module:
            origin = _word(module)
            for name, alias in _NAME.findall(written):
                text = _word(name)
                yield Import(origin, text, _word(alias) or ("" if text == "*" else text))
        else:
            for part in written.split(b","):
                if match := _NAME.match(part.strip()):
                    text = _word(match[1])
                    bound = _word(match[2] or b"") or sys.intern(text.partition(".")[0])
                    yield Import(text, "", bound)


def _classes(data: bytes) -> Iterator[ClassFacts]:
    headers = list(_CLASS.finditer(data))
    ends = [*(header.start() for header in headers[1:]), len(data)]
    for header, end in zip(headers, ends, strict=False):
        start = header.end()
        after = _AFTER_CLASS.search(data, start, end)
        if after is not None:
            end = after.start()
        members = set(_OF_SELF.findall(data, start, end))
        if indent := _INDENT.search(data, start, end):
            members.update(_members_at(indent[1]).findall(data, start, end))
        bases = [_BASE.match(base.strip()) for base in (header[2] or b"").split(b",")]
        yield ClassFacts(
            _word(header[1]),
            tuple(_word(base[0]) for base in bases if base and not _is_keyword(base)),
            tuple(sorted(_word(member) for member in members - _NO_MEMBERS)),
        )


def _word(data: bytes) -> str:
    """A name, held once for all files: most names stand in many of them."""
    return sys.intern(data.decode("ascii"))


def _is_keyword(base: re.Match[bytes]) -> bool:
    return base.string[base.end() :].lstrip().startswith(b"=")


@lru_cache(maxsize=16)
def _members_at(indent: bytes) -> re.Pattern[bytes]:
    """Methods and class-level names: what stands in the first column of a class body."""
    return re.compile(
        rb"\n"
        + re.escape(indent)
        + rb"(?:(?:async[ \t]+)?def[ \t]+)?(\w+)(?=[ \t]*(?:[:(]|=(?!=)))"
    )
