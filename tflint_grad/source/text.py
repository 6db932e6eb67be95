"""`SourceText`: one file as the analysis sees it, and how its bytes become text."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.findings import Location, Severity, Unreadable
from tflint_grad.source.prefilter import Relevance, relevance

if TYPE_CHECKING:
    from tflint_grad.source.notebook import Cells

#: Beyond these a file is data or generated: libcst would take seconds and hundreds of MiB.
MAX_BYTES = 1_000_000
MAX_ROWS = 20_000
#: A notebook holds its plots too; its code is held to `MAX_BYTES`.
MAX_NOTEBOOK_BYTES = 32_000_000
#: What is read of a file that is too big anyway, to tell whether it is worth saying so.
_PEEK_BYTES = MAX_NOTEBOOK_BYTES + 1

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class SourceText:
    """A file's text with `\\n` line ends, and what is needed to write it back as it was.

    `filename` is the name as the user gave it. `cells` is set for a notebook, whose code cells
    `text` joins; rows of `text` are mapped back to cells when findings are printed.
    """

    filename: str
    text: str
    encoding: str = "utf-8"
    newline: str = "\n"
    data: bytes = field(default=b"", repr=False)
    cells: Cells | None = None

    @cached_property
    def lines(self) -> list[str]:
        """Lines as Python's parser counts them (a form feed does not end one), without ends."""
        return self.text.split("\n")

    @cached_property
    def relevance(self) -> Relevance:
        return self.relevance_with(frozenset())

    def relevance_with(self, roots: frozenset[str]) -> Relevance:
        """The same where the configuration names functions that open a tape."""
        return relevance(self.data or self.text.encode("utf-8", "surrogatepass"), roots)

    def line(self, row: int) -> str:
        """The line at `row`, counted from 1; empty beyond the end."""
        return self.lines[row - 1] if 0 < row <= len(self.lines) else ""

    @classmethod
    def from_text(cls, text: str, filename: str) -> SourceText:
        """A source that exists as text already: in an editor, or in flake8's hands."""
        newline = _newline(text)
        return cls(filename, _normalised(text.removeprefix("\ufeff")), newline=newline)


def read_source(
    path: str, filename: str | None = None, roots: frozenset[str] = frozenset()
) -> SourceText | None:
    """Read a file; None where the prefilter drops it (`roots` are the prefilter's).

    Raises:
        Unreadable: it passes the prefilter, but its encoding is broken or it is too big.
    """
    shown = filename or path
    try:
        with open(path, "rb", buffering=0) as file:
            data = _read_at_most(file.fileno(), _PEEK_BYTES)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
    return source_from_bytes(data, shown, roots=roots)


def source_from_bytes(
    data: bytes, filename: str, prefilter: bool = True, roots: frozenset[str] = frozenset()
) -> SourceText | None:
    """Decode the bytes of a file; None where the prefilter, if it is asked, drops them.

    Raises:
        Unreadable: they pass the prefilter, but cannot be decoded or are too many.
    """
    if prefilter and relevance(data, roots) is Relevance.NONE:
        return None
    if filename.endswith(".ipynb"):
        from tflint_grad.source.notebook import notebook_source

        _refuse_beyond(MAX_NOTEBOOK_BYTES, len(data))
        source = notebook_source(data, filename)
        _refuse_beyond(MAX_BYTES, len(source.text))
    else:
        _refuse_beyond(MAX_BYTES, len(data))
        encoding = _encoding(data)
        text = _decoded(data, encoding)
        source = SourceText(filename, _normalised(text), encoding, _newline(text), data)
    _refuse_longer(source.text)
    return source


def refuse_size(source: SourceText) -> None:
    """Refuse a text that somebody else has read, as the same file would be refused.

    Raises:
        Unreadable: it is too big or too long.
    """
    if len(source.text) > MAX_BYTES // 4:  # else it cannot be, whatever its encoding
        _refuse_beyond(MAX_BYTES, len(source.text.encode("utf-8", "surrogatepass")))
    _refuse_longer(source.text)


def _refuse_longer(text: str) -> None:
    if text.count("\n") > MAX_ROWS:
        raise Unreadable(f"longer than {MAX_ROWS:,} lines: skipped", severity=Severity.WARNING)


def _refuse_beyond(limit: int, size: int) -> None:
    if size > limit:
        raise Unreadable(f"larger than {limit:,} bytes: skipped", severity=Severity.WARNING)


def _read_at_most(descriptor: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


def _encoding(data: bytes) -> str:
    """The encoding of Python source (PEP 263): a byte order mark, a cookie, or UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("encoded as UTF-16, which Python does not read as source")
    if b"\0" in data:
        raise Unreadable("contains null bytes", _place(data, data.index(b"\0")))
    marked = data.startswith(codecs.BOM_UTF8)
    first, *rest = _LINE_END.split(data[3:503] if marked else data[:500], maxsplit=2)
    candidates = [first, *rest[:1]] if _BLANK.match(first) else [first]
    for row, line in enumerate(candidates, start=1):
        if match := _COOKIE.match(line):
            name = match[1].decode("ascii", "replace")
            try:
                codec = codecs.lookup(name)
            except LookupError:
                raise Unreadable(f"unknown encoding: {name}", Location(row, 1)) from None
            if not getattr(codec, "_is_text_encoding", True):
                raise Unreadable(f"not a text encoding: {name}", Location(row, 1))
            if marked and codec.name != "utf-8":
                message = f"the byte order mark says UTF-8, the cookie says {name}"
                raise Unreadable(message, Location(row, 1))
            return "utf-8-sig" if marked else codec.name
    return "utf-8-sig" if marked else "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"not valid {encoding.removesuffix('-sig')}: {error.reason}"
        raise Unreadable(message, _place(data, error.start)) from error
    except (UnicodeError, ValueError, AssertionError) as error:
        # Some codecs (idna, punycode) fail in ways of their own.
        raise Unreadable(f"not valid {encoding}: {error}") from error


def _place(data: bytes, offset: int) -> Location:
    before = _LINE_END.split(data[:offset])
    return Location(len(before), len(before[-1].decode("utf-8", "replace")) + 1)


def _normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _newline(text: str) -> str:
    """The first line end, which is the style of the file."""
    match = re.search(r"\r\n|\r|\n", text)
    return match[0] if match else "\n"
