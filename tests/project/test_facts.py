"""What is told of a file without parsing it."""

from __future__ import annotations

import pytest

from tflint_grad.project.facts import Import, facts_of


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("import a", [("a", "", "a")]),
        ("import a.b as c, d", [("a.b", "", "c"), ("d", "", "d")]),
        ("import a.b", [("a.b", "", "a")]),
        ("from a.b import c as d, e", [("a.b", "c", "d"), ("a.b", "e", "e")]),
        ("from . import a", [(".", "a", "a")]),
        ("from ..a import b", [("..a", "b", "b")]),
        ("from .a import *", [(".a", "*", "")]),
        (
            "from a import (  # all\n    b,  # one, two\n    c,\n)",
            [("a", "b", "b"), ("a", "c", "c")],
        ),
        ("from a import b, \\\n    c", [("a", "b", "b"), ("a", "c", "c")]),
        ("from a import b; x = 1", [("a", "b", "b")]),
        ("def f():\n    from a import b", [("a", "b", "b")]),
        ("try:\n\timport a\nexcept ImportError:\n\ta = None", [("a", "", "a")]),
        ("from a import b\r\nimport c\r\n", [("a", "b", "b"), ("c", "", "c")]),
        ("x = 'import a'\nimportant = 1\nfrom_here = 2", []),
    ],
)
def test_imports(text: str, imports: list[tuple[str, str, str]]) -> None:
    assert list(facts_of(text.encode()).imports) == [Import(*entry) for entry in imports]


CLASSES = '''\
class Plain:
    """Words."""

    rate: float = 0.1
    shared = []

    def __init__(self, x):
        local = x
        self.a = self.b = x
        self.c: int = 3
        self.d, self.e = x
        if x == self.f:
            self.g.h = 1

    async def wait(self):
        def inner(): ...

    @property
    def size(self): ...

def after(self):
    self.nowhere = 1

class Child(
    base.Plain,
    Mixin, metaclass=Meta,
):
  def two(self):
    pass
x = 1
  # not_a_member = 3
'''


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("nets.py", 2),
        ("test_nets.py", 0),
        ("a/nets_test.py", 0),
        ("tests/nets.py", 2),
        ("testing.py", 2),
    ],
)
def test_classes_of_tests_are_left_out(path: str, count: int) -> None:
    found = facts_of(b"import numpy\n" + CLASSES.encode(), path)
    assert (len(found.classes), len(found.imports)) == (count, 1)


def test_classes_have_the_members_that_their_text_sets() -> None:
    plain, child = facts_of(CLASSES.encode()).classes
    assert (plain.name, plain.bases) == ("Plain", ())
    members = "__init__ a b c d rate shared size wait"
    assert set(members.split()) <= set(plain.members)
    assert not {"local", "inner", "h", "nowhere", "two", "f"} & set(plain.members)
    assert (child.name, child.bases, child.members) == ("Child", ("base.Plain", "Mixin"), ("two",))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00class A\x00",
        b"class \nclass A(\nclass B:",
        b"from import\nfrom . import (\n",
        b"\n" * 100_000,
        b"import " + b"a," * 50_000,
        b"class A(" + b"b," * 50_000,
        b"from a import " + b"\\\n" * 50_000,
        b"from " + b"." * 50_000,
        b"class A:\n" + b"    self.a" * 20_000,
    ],
)
@pytest.mark.timeout(10)
def test_hostile_bytes_do_no_harm(data: bytes) -> None:
    facts_of(data)
