"""Python's syntax in small pieces: what expressions, targets and statements there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator

NAMES = ["x", "None", "True", "__debug__", "...", "λ", "ünï.cödé"]
NUMBERS = [
    "0",
    "1_000",
    "0xFF",
    "0b1",
    "1.5",
    ".5",
    "1e999",
    "1e-5",
    "2j",
    "1.5J",
    "0x" + "F" * 5000,
]
STRINGS = [
    "'a'", '"a"', "''", "b'a'", "rb'\\d'", "R'\\d'", "u'ä'", "'it\\'s'", '"it\'s"',
    "'''a'''", '"""a\nb"""', '"""a "quoted" b"""', "'''it\\'''s'''", "'a\\\nb'", "'a' 'b'",
    "'a'\"b\"'c'", "('a'\n'b')", "('a' # 'c'\n 'b')", "'a' \\\n 'b'", "'ä' 'ö'", "b'a' b'b'",
    "'''a''' 'b'", "'' ''", "'#' '\"'", "'\\\\' '\\''",
]  # fmt: skip
F_STRINGS = [
    "f'a'", "f'{x}'", "f'{x}{y} z'", "f'{x!r:>{width}}'", "f'{x:{a}.{b}f}'", "f'{x=}'", "f'{{x}}'",
    "f'{x + 1}'", "f'{(x, y)}'", "f'{x, y}'", "f'{x[1, 2]}'", "f'{f(x for x in y)}'", "f'{(x)}'",
    "f'{1} {\"a\"}'", "f'ä{x.y}'", "rf'\\d{x}'", "fr'{x}'", "F'{x}'", "'a' f'{x}'", "f'{x}' 'a'",
    "f'{x}' f'{y}{z}' 'a' f'{a:{b}}'", "f'a' f'b'", "f'''{x}\n{y}''' 'a'", "('a{}'\n f'{x}')",
    "f'{lambda_}' '{y}'", "f'{x.a.b(y)[0]}'", "f'{f(\"b\")}'", "'{}' f'{{}}'", "f'{not x and y}'",
]  # fmt: skip
NESTED_F_STRINGS = ["f'{x['a']}'", "f'{x['a']}' 'b'", "f'{f'{x}'}' f'{y}'", "f'{x # y\n}'"]
DISPLAYS = [
    "()", "(x,)", "(x, y)", "(x), (y)", "((x), (y))", "x, y", "x,", "*x, y", "(*x, y)", "[]", "[x]",
    "[x, *y]", "{x}", "{x, *y}", "{}", "{x: y}", "{x: y, **z}", "{**x}", "[(x)]", "(x, (y, z))",
    "[x for x in y]", "[x for x, in y if x if z]", "[x for y in z for x in y if x]",
    "{x for x in y}", "{x: y for x, y in z}", "(x for x in y)", "((x) for x in (y))",
]  # fmt: skip
CALLS = [
    "f()", "f(x)", "f((x))", "f((x + y))", "f(x + y)", "f( x + y )", "f(x + y,)", "f((x), y)",
    "f(*x)", "f(*(x + y))", "f(**x)", "f(k=x)", "f(k=(x + y))", "f(x, *y, z, k=a, *b, **c)",
    "f(k=x, *y)", "f(**x, k=y)", "f(x for x in y)", "f((x for x in y))", "f( x for x in y )",
    "f( # (\n x for x in (y) # )\n )",
    "f((x, y))", "(f)(x)", "f(x)(y)", "f(x).y", "(f.g)(x)", "(x).y", "(x + y).z", "((x + y)).z",
    "(\nx\n+ y\n).z", "( # (\n x + y # )\n).z", "f( # '(\n x + y)", "f(x,\n y)", "(x\n .y\n .z)",
    "(x := y)", "f(x := y)", "f((x := y))", "(f # (\n)(x + y)", "(yield)", "(yield x)",
    "(yield from x)", "(await x)", "ä.b(ö + c).d", "('ä' + b).c", "f('ä', x.y)", "(f\n)(x.y)",
]  # fmt: skip
SUBSCRIPTS = [
    "x[0]", "x[y]", "x[y, z]", "x[(y, z)]", "x[(y), z]", "x[(y), (z)]", "x[((y), (z))]", "x[y,]",
    "x[()]", "x[(y,)]", "x[:]", "x[y:]", "x[:y]", "x[::y]", "x[a:b:c]", "x[a:b, c]", "x[..., a]",
    "x[a][b]", "x[(a)]", "x[(a + b)]", "x[-1]", "x[(a, b), c]", "x[( # (\n a), b]", "x[a:=b]",
    "x[(a), :]", "x[(a, b), (c, d)]", "x[f(a), (b)]",
]  # fmt: skip
OPERATIONS = [
    *(f"x {op} y" for op in ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]),
    *(f"x {op} y" for op in ("<", ">", "<=", ">=", "==", "!=", "in", "not in", "is", "is not")),
    "x < y < z", "x < (y < z)", "(x < y) < z", "x == y != z in a", "-x", "+x", "~x", "not x",
    "not (x)", "-(-x)", "-x ** -y", "x + y + z", "x + (y + z)", "(x + y) + z", "x or y", "x and y",
    "x and y and z", "(x and y) and z", "x and (y and z)", "x or y or z or a", "x and y or z and a",
    "(x) and (y) and (z)", "(x or y) and z", "x and (\n y\n) and z", "x if y else z",
    "(x) if (y) else (z)", "x if y else z if a else b", "lambda: x", "lambda x: y",
    "lambda x, *y, z=1, **a: x", "lambda x, /, y=(1): x", "lambda *, x: x", "lambda *x: (yield)",
    "(x.y and (z.a) and b).c", "not x == y", "(x # (z\n and y and z).a",
]  # fmt: skip
EXPRESSIONS = [
    *NAMES, *NUMBERS, *STRINGS, *F_STRINGS, *DISPLAYS, *CALLS, *SUBSCRIPTS, *OPERATIONS,
    *(NESTED_F_STRINGS if sys.version_info >= (3, 12) else ()),
]  # fmt: skip

#: Where any expression may stand, in a function that is asynchronous.
HOLDERS = [
    "<>", "return <>", "x = <>", "x = y = <>", "x, y = <>", "x += <>", "f((<>), y)", "f((<>))",
    "x[(<>)]", "[(<>)]", "if (<>): pass", "while (<>): x", "x; y = <>",
    "with (<>) as x: pass", "async with (<>) as x, y: pass", "assert (<>), (<>)", "for x in <>: y",
    "raise (<>) from (<>)", "x: (<>) = (<>)", "def f(x: (<>) = (<>), *, y=(<>)) -> (<>): pass",
    "@f((<>))\ndef g(): pass", "class A((<>)): pass", "class A((<>), x=(<>)): pass", "del x[(<>)]",
    "lambda x=(<>): x", "f'{x}' if (<>) else y", "match (<>):\n  case _: pass", "((<>))", "f((<>),)",
    "[x for x in (<>) if (<>)]", "x = (<>), (<>)", "(<>).y", "(<>)[0]", "f(*(<>))", "f(x=(<>))",
]  # fmt: skip

STATEMENTS = [
    "pass", "x; y", "x; y;", "x = 1; y = 2; return x", "if x: y; z", "if x:\n  y; z\n  a",
    "if x: \\\n  y", "if x: # \\\n  y", "if (x and\n  y): z", "if x:\n  # a \\\n  y",
    "if x:\n  y\nelif z:\n  a\nelif b: c\nelse:\n  d", "if x:\n  y\nelse:\n  if z:\n    a",
    "if x:\n  y\nelse:\n  if z:\n    a\n  elif b:\n    c\n  else:\n    d", "if x: y\nelse: z",
    "for x in y: z", "for x, y in z:\n  if x: continue\n  break\nelse:\n  a", "for x, in y: z",
    "async for x in y: z", "for x.y in z: a", "for x[0] in z: a", "for (x) in y: z",
    "while x:\n  y\nelse:\n  z", "x = y", "x = y = z", "x, y = z", "x, = y", "(x, y) = z",
    "[x, *y] = z", "*x, y = z", "x.y = z", "x[y] = z", "(x) = y", "x: y", "x: y = z", "(x): y = z",
    "x.y: z = a", "x: 'Y'",
    *(f"x {op}= y" for op in ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]),
    "del x", "del (x)", "del x, y", "del (x, y)", "del x,", "del (x),", "del x.y, x[0]", "del (x), y",
    "global x, y", "x\n\n\ny", "assert x", "assert x, y", "raise", "raise x", "raise x from y",
    "import x", "import x.y.z", "import x as y", "import x.y as z, a", "from x import y",
    "from x.y import (a, b as c,)", "from . import x", "from ..x import y", "from ... import y",
    "try: x\nexcept: y", "try:\n  x\nexcept A:\n  y\nexcept (B, C) as e:\n  z\nelse:\n  a\nfinally: b",
    "try: x\nfinally: y", "with x: y", "with x as y: z", "with x, y as z: a", "with (x): y",
    "with (x, y): z", "with (x as y, z): a", "with (x, y) as z: a", "with (x), (y): z",
    "with (x.y): z", "with (x.y) as z: a", "with ((x.y)): z", "with (x.y), z.a: b",
    "with (f(x)) as y, g(z): a", "with (yield): a", "with (x := y): z",
    "with (x for x in y): z", "with (x.y, z.a): b", "async with x as y: z",
    "with x as (y, z): a", "with x as y.z: a", "with (\n  x.y as a,\n  z,\n): b",
    "def f(): pass", "async def f(): await x", "def f(x, /, y, *z, a, **b): pass",
    "def f(x=1, /, y=2, *, z, a=3): pass", "def f(*, x): pass", "def f(*x): pass",
    "def f(x: int, *y: str, z: a = b, **c: d) -> e: pass", "def f(\n  x, # y\n): return x",
    "@x\ndef f(): pass", "@x.y\n@z(1)\nasync def f(): pass", "@x\n@y\nclass A: pass",
    "class A: pass", "class A(): pass", "class A(B): x = 1", "class A(B.C, metaclass=D): pass",
    "class A(*b, c=d, **e): pass", "class A:\n  '''text'''\n  x: int\n  def f(self): pass",
    "'''text'''", "'text'\n'text'", "f'text'", "'a' f'{b}'", "match = 1", "match(x)", "type = 1",
    "return", "return *x, y", "return (x)", "yield", "x = yield", "x = yield y", "x = await y",
    "yield x, y", "yield *x, y", "print(x)", "print (x.y)", "x\\\n.y", "f(x)\n(a + b).c", "λ = 'ä'; y",
    "[x async for x in y]", "[x async for x in y for z in await x]", "x = (1,\n 2); y",
    "'''a\nb'''; x", "x = '''\n'''; y = 2", "if x: '''a\nb'''; y", "x = {\n  'a': 1,  # ä\n  'ö': y.z,\n}",
    "def f(): nonlocal_ = 1", "def f():\n  x = 1\n  def g():\n    nonlocal x, y\n    x = 2",
    "if x:\n\ty\n\tz", "if x:\n  y\n\n  # a\n\n  z",
]  # fmt: skip
PATTERNS = [
    "_", "x", "(x)", "1", "-1", "1 + 2j", "-1 - 2j", "'a'", "'a' 'b'", "None", "True", "x.y", "x.y.z",
    "[]", "()", "[x]", "(x,)", "x,", "x, y", "(x, y)", "[x, y]", "[x], y", "(x), y", "(x), (y)",
    "((x), (y))", "(x, y), z", "[x, *y]", "(*_, x)", "*x, y", "*_,", "1 | 2", "(1 | 2) as x",
    "x as y", "[x, y] as z", "{}", "{'a': x}", "{'a': 1, **b}", "{**a}", "{x.y: z, -1: a}", "A()",
    "A(x)", "A(x, y=z)", "a.B(x=1, y=[z])", "A([x], (y, z))", "A(_)", "[[x], [y, *_]]", "b'a'",
    "x if x > 1", "(x, y) if x", "A(x) | B(x)", "[1 | 2, x]", "( # (\n x), y",
]  # fmt: skip
LATER: dict[tuple[int, int], list[str]] = {
    (3, 11): [
        "try: x\nexcept* A: y", "try: x\nexcept* (A, B) as e:\n  y\nelse: z\nfinally: a",
        "def f(*x: *y): pass", "x[*a]", "x[*a, b]", "x[*(a + b)]", "x[b, *a.c]",
    ],
    (3, 12): [
        "type X = int", "type X[T] = list[T]", "def f[T](x: T): pass", "class A[T](B): pass",
        "def f[T: int, *Ts, **P](x): pass", "class A[T: (int, str)]: pass",
    ],
    (3, 13): ["def f[T = int](x): pass", "type X[*Ts = *tuple[int]] = Ts"],
}  # fmt: skip


def samples() -> Iterator[str]:
    """Small functions that hold each expression in each place, and each statement."""
    yield "\x0cx = y\nif x:\n  y\n\x0c\nclass A:\n\x0c  x = y\n"
    for holder in HOLDERS:
        for expression in EXPRESSIONS:
            yield _in_function(holder.replace("<>", expression))
    for statement in STATEMENTS:
        yield _in_function(statement)
    for statement in STATEMENTS:
        for holder in ("if x:\n  {}", "class A:\n  {}", "try:\n  {}\nfinally:\n  pass"):
            yield _in_function(holder.format(statement.replace("\n", "\n  ")))
    for pattern in PATTERNS:
        yield _in_function(f"match x:\n  case {pattern}: y\n  case _:\n    z")
    for version, statements in LATER.items():
        if sys.version_info >= version:
            yield from map(_in_function, statements)


def _in_function(statement: str) -> str:
    return "async def function():\n  " + statement.replace("\n", "\n  ") + "\n"
