"""Inputs that a parser or an analysis can choke on, by name."""

from __future__ import annotations

from textwrap import indent


def _chained_sum(terms: int) -> str:
    return " + ".join(["w"] * terms)


def _if_chain(depth: int) -> str:
    levels = [f"{' ' * level}if flag:\n" for level in range(depth)]
    return "".join(levels) + " " * depth + "value = w\n"


def _elif_chain(arms: int) -> str:
    tests = "".join(f"elif flag == {arm}:\n    value = {arm}\n" for arm in range(arms))
    return f"if flag is None:\n    value = w\n{tests}"


def _numbers(count: int) -> str:
    return ", ".join(f"'key {number}': {number}" for number in range(count))


#: Expressions, to be put in place of a value.
EXPRESSIONS: dict[str, str] = {
    **{f"sum of {n} terms": _chained_sum(n) for n in (500, 900, 1000, 3000, 10_000)},
    **{f"{n} attributes": "w" + ".b" * n for n in (500, 1000, 3000, 10_000)},
    **{f"{n} method calls": "w" + ".b()" * n for n in (100, 300, 1000, 3000)},
    **{f"{n} nested lists": "[" * n + "w" + "]" * n for n in (50, 99, 150, 250, 1000, 5000)},
    **{f"{n} parentheses": "(" * n + "w" + ")" * n for n in (150, 250, 1000, 3000, 10_000)},
    **{f"{n} nested calls": "f(" * n + "w" + ")" * n for n in (50, 99, 190)},
    **{f"{n} subscripts": "w" + "[0]" * n for n in (300, 1000)},
    **{f"{n} times not": "not " * n + "w" for n in (1000, 5000)},
    **{f"{n} times minus": "-" * n + "w" for n in (1000, 5000)},
    "1000 lambdas": "lambda: " * 1000 + "w",
    "1000 conditional expressions": "w if flag else " * 1000 + "w",
    "1000 comparisons": " < ".join(["w"] * 1000),
    "1000 times and": " and ".join(["w"] * 1000),
    "a dictionary of 1 MB": "{" + _numbers(40_000) + "}",
    "a list of 40,000 tuples": "[" + ", ".join(f"({n}, {n}.5)" for n in range(40_000)) + "]",
    "a list of 20,000 numbers": "[" + ", ".join(map(str, range(20_000))) + "]",
    "a string of 900 kB": repr("x" * 900_000),
    "5,000 arguments": "f(" + ", ".join(["w"] * 5000) + ")",
    "5,000 keyword arguments": "f(" + ", ".join(f"k{n}=w" for n in range(5000)) + ")",
    "an f-string of 2,000 parts": 'f"' + "{w}" * 2000 + '"',
}

#: Statements, to be put among others.
STATEMENTS: dict[str, str] = {
    "99 nested ifs": _if_chain(90),
    "120 nested ifs": _if_chain(120),
    **{f"{n} times elif": _elif_chain(n) for n in (100, 500, 1000, 3000)},
    "10,000 plain lines": "value = f(1, w.b, [2, 3])\n" * 10_000,
    "25,000 plain lines": "value = f(1, w.b)\n" * 25_000,
    "5,000 names": "".join(f"value_{n} = w * {n}.0\n" for n in range(5000)),
    "a line of 5,000 statements": "; ".join(["value = w"] * 5000) + "\n",
    "20 nested functions": "".join(f"{' ' * n}def f{n}():\n" for n in range(20)) + " " * 20 + "w\n",
    "20 nested with blocks": "".join(f"{' ' * n}with f() as g{n}:\n" for n in range(19))
    + " " * 19
    + "value = w\n",
}

TAPE = "with tf.GradientTape() as tape:\n"


def outside(statement: str) -> str:
    """A file whose taped function has nothing to do with the statement."""
    return (
        "import tensorflow as tf\n\nw = tf.Variable(1.0)\nflag = None\n"
        f"{statement}\n\n"
        "def step(w):\n"
        "    with tf.GradientTape() as tape:\n"
        "        loss = tf.round(w)\n"
        "    return tape.gradient(loss, w)\n\n\nstep(w)\n"
    )


def inside(statement: str, loss: str = "value") -> str:
    """A file whose taped function holds the statement, within the tape's block."""
    return (
        "import tensorflow as tf\n\n\n"
        "def step(w, f, flag):\n"
        "    value = w\n"
        "    with tf.GradientTape() as tape:\n"
        f"{indent(statement, ' ' * 8)}\n"
        f"        loss = tf.reduce_sum({loss})\n"
        "    return tape.gradient(loss, w)\n\n\n"
        "step(tf.Variable(1.0), print, None)\n"
    )


_STEP = inside("value = tf.round(w)").encode()

#: Whole files by their bytes: encodings, line ends, other Pythons.
FORMATS: dict[str, bytes] = {
    "an unknown coding cookie": b"# -*- coding: klingon -*-\n" + _STEP,
    "latin-1 without a cookie": "# ä\n".encode("latin-1") + _STEP,
    "latin-1 with its cookie": "# coding: latin-1\n# ä\n".encode("latin-1") + _STEP,
    "cp1252 with its cookie": "# coding: cp1252\nx = '€'\n".encode("cp1252") + _STEP,
    "a mark of UTF-8": b"\xef\xbb\xbf" + _STEP,
    "a mark of UTF-8 and another cookie": b"\xef\xbb\xbf# coding: latin-1\n" + _STEP,
    "UTF-16": _STEP.decode().encode("utf-16"),
    "a null byte": _STEP + b"x = '\0'\n",
    "Python 2 print": _STEP + b'print "x"\n',
    "Python 2 except": _STEP + b"try:\n    pass\nexcept ValueError, e:\n    pass\n",
    "Python 2 exec and backticks": _STEP + b"exec `x`\n",
    "notebook magics": b"%matplotlib inline\n!pip install x\n" + _STEP,
    "carriage returns": _STEP.replace(b"\n", b"\r"),
    "Windows line ends": _STEP.replace(b"\n", b"\r\n"),
    "mixed line ends": _STEP.replace(b"\n", b"\r\n", 5),
    "a form feed between": _STEP + b"\x0c\nx = 1\n",
    "a form feed in a block": _STEP + b"def f():\n    x = 1\n\x0c\n    y = 2\n",
    "tabs": _STEP.replace(b"    ", b"\t"),
    "tabs and blanks": _STEP.replace(b"        ", b"\t", 1),
    "no line end": _STEP.rstrip(b"\n"),
    "PEP 701 f-strings": _STEP + b'x = f"{f"{\'a\' + "b"}"}"\n',
    "type aliases and generics": _STEP + b"type A[T] = list[T]\ndef f[T](x: T) -> T: return x\n",
    "t-strings": _STEP + b"x = t'{w}'\n",
    "except without parentheses": _STEP + b"try:\n    pass\nexcept A, B:\n    pass\n",
    "an unclosed bracket": _STEP + b"x = (\n",
    "a surrogate escape": _STEP + b"x = '\xed\xa0\x80'\n",
    "emoji as identifiers": _STEP + "\N{SNOWMAN} = 1\n".encode(),
    "other alphabets": _STEP + "gewicht_ä = потеря = 1\n".encode(),
    "only the word": b"tensorflow GradientTape",
    "a comment only": b"# tensorflow GradientTape\n",
    "nothing but a tape": b"import tensorflow\ntensorflow.GradientTape",
    "random bytes": b"tensorflow GradientTape" + bytes(range(256)) * 40,
    "a backslash at the end": _STEP + b"x = 1 \\",
    "2 MB": _STEP + b"# x\n" * 500_000,
}
