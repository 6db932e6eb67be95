"""Bytes become text as Python itself would read them, or a reason is given."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tflint_grad.findings import Location, Severity, Unreadable
from tflint_grad.source import SourceText, read_source, source_from_bytes

TAPED = "import tensorflow as tf\nwith tf.GradientTape() as tape:\n    pass\n"


def read(data: bytes) -> SourceText:
    source = source_from_bytes(data, "train.py")
    assert source is not None
    return source


def test_utf8_is_the_default() -> None:
    source = read((TAPED + "é = 1\n").encode())
    assert source.line(4) == "é = 1"
    assert source.encoding == "utf-8"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    source = read(codecs.BOM_UTF8 + TAPED.encode())
    assert source.text == TAPED
    assert source.encoding == "utf-8-sig"


@pytest.mark.parametrize(
    "cookie",
    ["# -*- coding: latin-1 -*-\n", "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n"],
)
def test_a_cookie_on_the_first_two_lines_is_obeyed(cookie: str) -> None:
    source = read((cookie + TAPED + "# é\n").encode("latin-1"))
    assert "é" in source.text


def test_a_cookie_below_code_is_a_comment() -> None:
    with pytest.raises(Unreadable, match="not valid utf-8"):
        read(("x = 1\n# coding: latin-1\n" + TAPED + "# é\n").encode("latin-1"))


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_line_ends_are_made_alike_and_remembered(newline: str) -> None:
    data = TAPED.replace("\n", newline).encode()
    source = read(data)
    assert (source.text, source.newline, source.data) == (TAPED, newline, data)


def test_a_form_feed_does_not_end_a_line() -> None:
    assert read((TAPED + "x = 1 \f\ny = 2\n").encode()).line(5) == "y = 2"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((TAPED + "# é").encode("latin-1"), "not valid utf-8"),
        (TAPED.encode("utf-16"), "UTF-16"),
        (TAPED.encode() + b"\0", "null bytes"),
        (b"# coding: klingon\n" + TAPED.encode(), "unknown encoding: klingon"),
        (b"# coding: rot13\n" + TAPED.encode(), "not a text encoding"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n" + TAPED.encode(), "byte order mark"),
    ],
)
def test_what_python_does_not_read_is_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as caught:
        read(data)
    assert caught.value.severity is Severity.ERROR


def test_the_place_of_a_broken_byte_is_told() -> None:
    with pytest.raises(Unreadable) as caught:
        read(TAPED.encode() + b"x = '\xff'")
    assert caught.value.location == Location(4, 6)


@pytest.mark.parametrize(
    "data", [TAPED.encode() + b"#" * 1_000_000, TAPED.encode() + b"\n" * 20_001]
)
def test_what_exceeds_a_limit_is_a_warning(data: bytes) -> None:
    with pytest.raises(Unreadable, match="skipped") as caught:
        read(data)
    assert caught.value.severity is Severity.WARNING


def test_files_that_the_prefilter_drops_are_not_diagnosed() -> None:
    assert source_from_bytes(b"\xff\0" + b"x" * 2_000_000, "data.py") is None


def test_a_file_is_read_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(TAPED)
    source = read_source(str(path), "shown.py")
    assert source is not None
    assert (source.filename, source.text) == ("shown.py", TAPED)


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read_source(str(tmp_path / "gone.py"))


def test_text_from_an_editor_needs_no_bytes() -> None:
    source = SourceText.from_text("\ufeff" + TAPED.replace("\n", "\r\n"), "open.py")
    assert source.text == TAPED
    assert source.relevance
