"""What is made from `ast` beside the likeness: classes, places, texts, depth."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst
import pytest

from tflint_grad.concrete import Page, children, lines_of
from tflint_grad.flow.paths import Place
from tflint_grad.flow.positions import span_of
from tflint_grad.flow.text import text_of
from tflint_grad.outline import ClassItem, DefItem, Unit, shallow_outline
from tflint_grad.source import SourceText


def made(text: str) -> list[cst.CSTNode]:
    lines = [line + "\n" for line in text.split("\n")]
    return lines_of(ast.parse(text).body, Page(lines))


def below(nodes: list[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in nodes:
        yield node
        yield from below(children(node))


def the_only(kind: type[cst.CSTNode], text: str) -> cst.CSTNode:
    (found,) = (node for node in below(made(text)) if isinstance(node, kind))
    return found


def test_the_classes_are_libcsts_own() -> None:
    text = (
        "@a\nclass A(b):\n  async def f(x: int = 1):\n    return [y for y in f'{x}' if not y.z]\n"
    )
    for node in below(made(text)):
        assert getattr(cst, type(node).__name__) is type(node)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (cst.Attribute, "f(x.y)", "x.y"),
        (cst.Attribute, "f((x.y))", "(x.y)"),
        (cst.Attribute, "f((x.y),)", "(x.y)"),
        (cst.BinaryOperation, "((a\n  + b)).c()", "((a + b))"),
        (cst.GeneratorExp, "sum(x for x in y)", "x for x in y"),
        (cst.Subscript, "ä = 'ö' + β[γ]", "β[γ]"),
        (cst.AugAssign, "a[0] += b; c", "a[0] += b"),
        (cst.FunctionDef, "@a\ndef f(x): pass", "def f(x): pass"),
        (cst.Call, "f(a, b)", "f(...)"),
        (cst.Param, "def f(x: int = 1): pass", "x: int"),
    ],
)
def test_messages_spell_code_as_it_is_written(
    kind: type[cst.CSTNode], text: str, expected: str
) -> None:
    node = next(node for node in below(made(text)) if isinstance(node, kind))
    assert text_of(node) == expected


def test_a_part_of_several_operands_is_written_up_to_its_end() -> None:
    texts = [
        text_of(node)
        for node in below(made("x = (a.b and (c) and # and\n d)"))
        if isinstance(node, cst.BooleanOperation)
    ]
    assert texts == ["(a.b and (c) and # and d)", "a.b and (c)"]


def test_inside_f_strings_python_spells_what_cannot_be_found() -> None:
    assert text_of(the_only(cst.Attribute, "f'{a . b}'")) in ("a . b", "a.b")
    assert text_of(the_only(cst.BinaryOperation, "f'''{\n a+b}'''")) in ("a+b", "a + b")


def test_what_libcst_has_made_is_written_too() -> None:
    assert text_of(cst.parse_expression("a . b")) == "a . b"
    assert text_of(cst.Pass()) == "pass"


def test_places_are_those_of_the_file() -> None:
    text = "import a\n\n\n@a\nclass A(a.B):\n    x = 1\n\n    @a\n    def f(self):\n        return (1, a)\n"
    (_, item) = shallow_outline(SourceText.from_text(text, filename="a.py")).items
    assert isinstance(item, ClassItem)
    member = item.members[1]
    assert isinstance(member, DefItem)
    (returned,) = (
        node for node in below(list(member.unit.statements())) if isinstance(node, cst.Tuple)
    )
    start, end = span_of(Place(member.unit, returned))
    assert (start.row, start.column, end.row, end.column) == (10, 17, 10, 21)
    (header,) = item.header.statements()
    base = next(node for node in below([header]) if isinstance(node, cst.Attribute))
    assert span_of(Place(item.header, base))[0].row == 5


def test_the_head_of_a_class_is_an_empty_class() -> None:
    text = "class A(b):\n    x = 1\n"
    (item,) = shallow_outline(SourceText.from_text(text, filename="a.py")).items
    assert isinstance(item, ClassItem)
    (header,) = item.header.statements()
    assert isinstance(header, cst.ClassDef)
    assert [type(node) for node in children(header.body)] == [cst.SimpleStatementLine]


def test_only_depth_is_recursion() -> None:
    long = "x = " + " and ".join(["a"] * 5_000)
    assert len(made(f"{long}\n" + "x = a\n" * 5_000)) == 5_001


def test_code_that_libcst_does_not_read_is_executed_all_the_same() -> None:
    text = "class A(b, c=1, *d): pass\n"
    unit = Unit([text], 1, 1, ast.parse(text).body)
    (node,) = unit.statements()
    assert isinstance(node, cst.ClassDef)
    assert [arg.star for arg in node.keywords] == ["", "*"]
