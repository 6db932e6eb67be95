"""Random programs from a small grammar: whatever they mean, the linter does not fail on them."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

pytest.importorskip("hypothesis", reason="the fuzz test draws its programs with hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.blowups import CLASHING
from tflint_grad.findings import Unreadable
from tflint_grad.outline import outline
from tflint_grad.rules import check
from tflint_grad.source import SourceText

NAMES = st.sampled_from(["w", "x", "loss", "tape", "tf", "np", "net", "st", "self", "items", "f"])
ATTRIBUTES = st.sampled_from(
    ["w", "numpy", "gradient", "watch", "trainable_variables", "assign", "items", "st", "append"]
)
# fmt: off
FUNCTIONS = st.sampled_from((
    "tf.round", "tf.reduce_sum", "np.exp", "float", "f", "net", "tf.constant",
    "tf.Variable", "tf.GradientTape", "tape.gradient", "tape.jacobian", "tape.watch", "zip",
    "list", "map", "tf.function", "functools.partial", "tf.cond", "tf.stop_gradient",
    "isinstance", "super", "getattr", "setattr", "enumerate", "sum", "range",
    "tf.keras.layers.Dense", "print", "next",
))
# fmt: on
OPERATORS = st.sampled_from(["+", "*", "@", "**", "<", "and", "or", "//"])


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}({})".format, FUNCTIONS, st.lists(inner, max_size=3).map(", ".join)),
        st.builds("{}({}, {}={})".format, FUNCTIONS, inner, NAMES, inner),
        st.builds("{}(*{}, **{})".format, FUNCTIONS, inner, inner),
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("{}.{}".format, inner.filter(lambda text: not text[0].isdigit()), ATTRIBUTES),
        st.builds("{}[{}]".format, inner.filter(lambda text: not text[0].isdigit()), inner),
        st.builds("[{}, *{}]".format, inner, inner),
        st.builds("({}, {})".format, inner, inner),
        st.builds("{{{}: {}, **{}}}".format, inner, inner, inner),
        st.builds("[{} for {} in {} if {}]".format, inner, NAMES, inner, inner),
        st.builds("(lambda {}={}, *{}: {})".format, NAMES, inner, st.just("rest"), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} := {})".format, NAMES, inner),
        st.builds("f'{{{}}}'".format, NAMES),
    )


EXPRESSION = st.recursive(
    st.one_of(NAMES, st.sampled_from(["1.0", "0", "None", "True", "'w'", "()", "[]", "{}"])),
    _expressions,
    max_leaves=6,
)
TARGET = st.one_of(
    NAMES,
    st.builds("{}.{}".format, NAMES, ATTRIBUTES),
    st.builds("{}[{}]".format, NAMES, EXPRESSION),
    st.builds("{}, *{}".format, NAMES, NAMES),
    st.builds("({}, ({},))".format, NAMES, NAMES),
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, TARGET, EXPRESSION),
    st.builds("{} = {} = {}".format, TARGET, TARGET, EXPRESSION),
    st.builds("{} {}= {}".format, NAMES, st.sampled_from(["+", "-", "*", "@"]), EXPRESSION),
    st.builds("{}: {} = {}".format, NAMES, NAMES, EXPRESSION),
    st.builds("del {}".format, NAMES),
    EXPRESSION,
    st.builds("assert {}".format, EXPRESSION),
    st.sampled_from(["pass", "return", "break", "continue", "raise", "return loss", "yield w"]),
    st.builds("import {} as {}".format, st.sampled_from(["numpy", "tensorflow", "toolbox"]), NAMES),
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(
        lambda lines: indent("\n".join(lines), "    ")
    )
    name = st.one_of(NAMES, st.sampled_from(CLASHING))
    taped = "with tf.GradientTape(persistent={}) as {}:\n{}"
    decorated = "@{}\ndef {}(self, {}={}, *args, w):\n{}"
    return st.one_of(
        st.builds(taped.format, EXPRESSION, TARGET.filter(_single), body),
        st.builds("with {} as {}:\n{}".format, EXPRESSION, NAMES, body),
        st.builds("if {}:\n{}\nelse:\n{}".format, EXPRESSION, body, body),
        st.builds("while {}:\n{}\nelse:\n{}".format, EXPRESSION, body, body),
        st.builds("for {} in {}:\n{}".format, TARGET, EXPRESSION, body),
        st.builds(
            "try:\n{}\nexcept ({}) as e:\n{}\nfinally:\n{}".format, body, EXPRESSION, body, body
        ),
        st.builds("def {}({}, *, loss={}):\n{}".format, name, st.just("a"), EXPRESSION, body),
        st.builds(decorated.format, FUNCTIONS, name, st.just("b"), EXPRESSION, body),
        st.builds("class {}({}):\n{}".format, name, EXPRESSION, body),
        st.builds("match {}:\n    case [{}, *_]:\n{}".format, EXPRESSION, NAMES, body.map(_deeper)),
    )


def _single(target: str) -> bool:
    return "*" not in target


def _deeper(body: str) -> str:
    return indent(body, "    ")


PROGRAM = st.lists(st.recursive(SIMPLE, _blocks, max_leaves=12), min_size=1, max_size=6)
HEAD = "import functools\nimport numpy as np\nimport tensorflow as tf\nw = tf.Variable(1.0)\n"
TAPED = "with tf.GradientTape() as tape:\n{}\n"
TAIL = "grad = tape.gradient(loss, w)\n"


def _is_python(text: str) -> bool:
    try:
        compile(text, "fuzz", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def lint(text: str) -> None:
    """Findings or a stated limit; anything else is a failure of ours."""
    try:
        found = check(outline(SourceText.from_text(text, filename="fuzz.py")))
    except Unreadable:
        return
    rows = text.count("\n") + 1
    assert all(1 <= one.location.row <= rows and one.location.column >= 1 for one in found)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROGRAM)
def test_random_programs_are_linted(parts: list[str]) -> None:
    # Loose `return`s and the like are put into a function, where most are allowed.
    body = indent("\n".join(parts), "    ")
    text = f"{HEAD}def step(self, x, net, f, items, st, loss):\n{body}\n    {TAIL}"
    if _is_python(text):
        lint(text)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROGRAM)
def test_random_tape_blocks_are_linted(parts: list[str]) -> None:
    text = f"{HEAD}{TAPED.format(indent(chr(10).join(parts), '    '))}{TAIL}"
    if _is_python(text):
        lint(text)


def test_most_random_programs_are_python() -> None:
    """Else the fuzzing would fuzz nothing."""
    valid = []

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(PROGRAM)
    def draw(parts: list[str]) -> None:
        body = indent("\n".join(parts), "    ")
        text = f"{HEAD}def step(self, x, net, f, items, st, loss):\n{body}\n    {TAIL}"
        valid.append(_is_python(text) and bool(ast.parse(text)))

    draw()
    assert sum(valid) >= 0.3 * len(valid)
