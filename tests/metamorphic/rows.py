"""Carries row numbers through a rewriting, as comments at the ends of the lines."""

from __future__ import annotations

import io
import re
import tokenize

_TAG = re.compile(r"  #\|(\d+)$")


def tagged(text: str) -> str:
    """The text with its row number behind each line that can hold a comment."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.NL):
            row = token.start[0]
            if row <= len(lines) and lines[row - 1].strip():
                lines[row - 1] += f"  #|{row}"
    return "\n".join(lines) + "\n"


def untagged(text: str) -> tuple[str, dict[int, int]]:
    """The text without the tags, and where its rows were in the original.

    A row without a tag (the inner lines of a string) counts on from the row above it.
    """
    lines = text.splitlines()
    origin: dict[int, int] = {}
    for index, line in enumerate(lines):
        if tag := _TAG.search(line):
            origin[index + 1] = int(tag[1])
            lines[index] = line[: tag.start()]
    _fill_strings(lines, origin)
    return "\n".join(lines) + "\n", origin


def _fill_strings(lines: list[str], origin: dict[int, int]) -> None:
    # Only the last line of a string that spans several can hold a tag: count back from there.
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
        first, last = token.start[0], token.end[0]
        if token.type == tokenize.STRING and last > first and last in origin:
            for row in range(first, last):
                origin.setdefault(row, origin[last] - (last - row))
