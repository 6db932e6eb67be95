"""Candidate calls of a function that nobody described: typed by its parameters' names.

A candidate is a line of the specifications' small language (see specs/tensorflow.txt). First all
data parameters get values of one theme, since most calls fail for shapes that do not fit one
another; then each is drawn for itself.
"""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Iterator
from typing import Any

# What data may be: the theme's own, the second of its kind, and so on.
THEMES: tuple[tuple[str, ...], ...] = (
    ("x", "y", "F(4)"),
    ("u", "v", "U(4)"),
    ("m", "n", "F(4, 4)"),
    ("im", "U(1, 8, 8, 3)", "U(1, 8, 8, 3)"),
    ("U(2, 3)", "U(2, 3)", "F(2, 3)"),
    ("i", "i", "i"),
    ("F()", "F()", "F()"),
    ("[x, y]", "[x, y]", "x"),
    ("p", "F(4, 1)", "x"),
    ("c", "C(4)", "C(4)"),
    ("F(1, 4, 2)", "F(2, 2, 3)", "F(3)"),
    ("F(1, 4, 4, 2)", "F(2, 2, 2, 3)", "F(3)"),
    ("F(1, 4, 4, 4, 1)", "F(2, 2, 2, 1, 1)", "F(1)"),
    ("F(2, 2, 2, 2)", "F(2, 2, 2, 2)", "F(2)"),
    ("C(2, 2, 4)", "C(2, 2, 4)", "C(4)"),
    ("b", "b", "b"),
    ("F(32)", "F(32)", "F(32)"),
    ("U(8, 8, 3)", "U(8, 8, 3)", "U(3)"),
    ("tf.sparse.from_dense(m)", "tf.sparse.from_dense(n)", "m"),
    ("tf.sparse.from_dense([[1, 2]])", "tf.sparse.from_dense([[1, 3]])", "i"),
    ("tf.RaggedTensor.from_row_splits(x, [0, 2, 4])", "tf.ragged.constant([[1], [2]])", "x"),
    ("tf.constant(['a', 'b'])", "tf.constant(['a', 'b'])", "tf.constant('a')"),
    ("np.array([[1, 2], [3, 4]])", "np.array([[1, 2], [3, 4]])", "i"),
)
# By the name of the parameter, the likeliest first.
_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"axis|dim|axis[12]|source|destination|batch_dims?", ("0", "1", "-1", "[0]")),
    (r"axes|perm|fft_axes", ("[0]", "1", "[1, 0]", "[0, 1]")),
    (
        r"(.*_)?shape|size|output_size|target_shape|fft_length|dims|newshape",
        ("[4]", "(4,)", "[2, 2]", "(4, 4)", "[4, 4]", "[1, 8, 8, 3]", "None", "[8]", "4"),
    ),
    (r"(.*_)?d?type|Tout|T|out_type|Targmax|DstT", ("tf.float32", "'float32'", "tf.int32")),
    (
        r"(.*_)?(indices|ids|idx|index)",
        ("i", "[0, 1]", "[0, 0, 1, 1]", "[[0], [2]]", "[[0, 1], [2, 3]]", "1", "[0]"),
    ),
    (
        r"num(_.*)?|depth|k|n|N|repeats|shift|rate|block_size|reps|max_output_size|count|times",
        ("2", "3", "4", "8", "1", "[2]"),
    ),
    (
        r"(.*_)?labels?|y_true|target|targets",
        ("[0, 1]", "U(2, 3)", "np.array([0, 1])", "u", "tf.constant([[1, 2]])"),
    ),
    (r"(.*_)?logits|y_pred|predictions|output|preds", ("F(2, 3)", "U(2, 3)", "u", "F(5, 1, 4)")),
    (r"(.*_)?(length|lengths|len|step)|frames", ("4", "2", "8", "[4]", "[2]", "i")),
    (
        r"ksize|pool_size|kernel_size|block_shape|sizes",
        ("2", "[2, 2]", "[1, 2, 2, 1]", "(2, 2)", "[1, 2, 2, 2, 1]"),
    ),
    (
        r"strides?|dilations?|rates|dilation_rate",
        ("1", "[1, 1, 1, 1]", "2", "[1, 1, 1, 1, 1]", "[1, 2, 2, 1]", "[1]"),
    ),
    (
        r"(.*_)?padding[s]?|pad_width",
        (
            "'SAME'",
            "'VALID'",
            "'valid'",
            "[[1, 1]]",
            "1",
            "[[0, 0], [0, 0]]",
            "[[0, 0], [1, 1], [1, 1], [0, 0]]",
        ),
    ),
    (r"crops", ("[[0, 0], [0, 0]]",)),
    (r"data_format", ("'NHWC'", "'channels_last'")),
    (r"seeds?", ("[1, 2]", "1")),
    (r"mask|condition|cond|pred|where|condlist|.*_mask", ("b", "[b]", "tf.constant(True)")),
    (
        r"f|fn|func|function|body|map_func|op|elems_fn|pyfunc|call|fun",
        ("lambda a: a * a", "lambda a, e: a * e", "tf.square", "lambda *a: a[0]"),
    ),
    (
        r"(.*_)?(filters?|kernel|weights?|weight)",
        ("F(2, 2, 2, 3)", "F(2, 2, 3)", "F(2, 2, 2, 1)", "x", "F(2, 2, 3, 2)", "u", "F(2, 2, 2)"),
    ),
    (r"(start|stop|low|min|lower|begin).*|minval", ("0.0", "0", "[0]", "F()", "-U()")),
    (r"(limit|high|max|upper|end|delta).*|maxval", ("3.0", "3", "[2]", "F()", "U()")),
    (
        r"method|mode|interpolation|.*format|equation|subscripts|pattern|name|unit|message|scheme",
        ("'bilinear'", "'constant'", "'ij,jk->ik'", "'x'", "'xyxy'"),
    ),
    (r"boxes|bboxes?.*|bounding_boxes", ("U(2, 4)", "U(1, 2, 4)", "U(3, 4)")),
    (r"scores", ("U(3)", "U(1, 3, 1)", "U(2)")),
    (r"images?|img|imgs|x_pixels", ("im", "U(8, 8, 3)", "m", "F(1, 4, 4, 2)")),
    (
        r"sp_.*|sparse.*|sp",
        (
            "tf.sparse.from_dense(m)",
            "tf.sparse.from_dense([[1, 2]])",
            "tf.SparseTensor([[0], [1]], F(2), [4])",
            "tf.SparseTensor([[0, 0], [1, 1]], F(2), [4, 4])",
        ),
    ),
    (
        r"rt|ragged.*|flat_values",
        ("tf.RaggedTensor.from_row_splits(x, [0, 2, 4])", "tf.ragged.constant([[1], [2]])"),
    ),
    (r"row_splits|.*splits", ("[0, 2, 4]", "2", "[1, 2]")),
    (r"values|tensors|inputs|xs|arrays|arys|tup|elements|structure|seq", ("[x, y]", "x", "m")),
    (
        r"strings?|bytes|contents|serialized|hypothesis|truth|input_str.*",
        ("tf.constant(['a', 'b'])", "tf.constant('a')"),
    ),
    (r"samples?|signals?|audio", ("F(32)", "x")),
    (
        r"(.*_)?(scale|factor|epsilon|eps|alpha|beta|gamma|rate|prob|p|q|momentum|variance.*)",
        ("0.5", "U()", "u", "1.0", "2"),
    ),
    (r"(.*_)?(matrix|a|rhs|lhs)", ("p", "m", "x")),
)
_ANY = (
    "x", "u", "m", "p", "F()", "U()", "i", "b", "im", "[x, y]", "U(2, 3)", "0", "1", "2", "0.5",
    "[0, 1]", "[2, 2]", "c", "'SAME'", "F(1, 4, 2)", "F(1, 4, 4, 2)", "F(4, 1)", "F(2)", "F(3)",
    "None", "True", "tf.float32", "F(2, 4)", "F(2, 2)", "F(8)", "lambda a: a * a",
    "tf.constant(['a', 'b'])", "tf.sparse.from_dense(m)", "[[0], [1]]",
)  # fmt: skip
_DATA = re.compile(
    r"x[1-9]?|y|a|b|c|z|v|t|inputs?|tensors?|values?|data|params|elems|images?|features|matrix|ary|"
    r"array|arr|input_.*|tensor_.*|in[12]|lhs|rhs|query|key|value|args|operand|logits|object|m|X|"
    r"other|left|right|self|true|pred|img|y_true|y_pred|chol|diagonal|w|real|imag|prev|sequence"
)
Parameter = inspect.Parameter
_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def by_name(parameter: str) -> tuple[str, ...]:
    """The likely values of a parameter; empty where the name says nothing."""
    for pattern, values in _BY_NAME:
        if re.fullmatch(pattern, parameter):
            return values
    return ()


def is_data(parameter: str) -> bool:
    """Whether a parameter is named as data are."""
    return re.fullmatch(_DATA, parameter) is not None


def candidates(spelling: str, signature: inspect.Signature, drawn: int) -> Iterator[str]:
    """Calls to try, the likeliest first; `drawn` of them at random."""
    required = [
        p
        for p in signature.parameters.values()
        if p.default is Parameter.empty and p.kind not in _VARIADIC
    ]
    optional = [
        p.name
        for p in signature.parameters.values()
        if p.default is None and p.kind not in _VARIADIC and p.name != "name"
    ]
    if any(p.kind is Parameter.VAR_POSITIONAL for p in signature.parameters.values()):
        required = [*required, Parameter("args", Parameter.POSITIONAL_ONLY)]
    seen: set[str] = set()
    for text in _ordered(spelling, required, optional, drawn):
        if text not in seen:
            seen.add(text)
            yield text


def _ordered(
    spelling: str, required: list[Parameter], optional: list[str], drawn: int
) -> Iterator[str]:
    for theme in THEMES:
        yield _call(spelling, required, _themed(required, theme, 0), {})
    for level in (1, 2, 3):
        for theme in THEMES:
            yield _call(spelling, required, _themed(required, theme, level), {})
    dice = random.Random(spelling)
    for _ in range(drawn):
        theme = dice.choice(THEMES)
        values = [_draw(p.name, theme, at, dice) for at, p in enumerate(required)]
        more = {}
        if optional and dice.random() < 0.5:
            name = dice.choice(optional)
            more[name] = _draw(name, theme, 2, dice)
        yield _call(spelling, required, values, more)


def _themed(required: list[Parameter], theme: tuple[str, ...], level: int) -> list[str]:
    values = []
    at = 0
    for parameter in required:
        known = by_name(parameter.name)
        if known and not is_data(parameter.name):
            values.append(known[level % len(known)])
        else:
            values.append(theme[min(at, len(theme) - 1)])
            at += 1
    return values


def _draw(name: str, theme: tuple[str, ...], at: int, dice: random.Random) -> str:
    known = by_name(name)
    chance = dice.random()
    if known and chance < 0.7:
        return dice.choice(known)
    if chance < 0.85:
        return theme[min(at, len(theme) - 1)]
    return dice.choice(_ANY)


def _call(spelling: str, required: list[Parameter], values: list[str], more: dict[str, str]) -> str:
    parts = []
    for parameter, value in zip(required, values, strict=True):
        keyword = parameter.kind is Parameter.KEYWORD_ONLY
        parts.append(f"{parameter.name}={value}" if keyword else value)
    parts.extend(f"{name}={value}" for name, value in more.items())
    return f"{spelling}({', '.join(parts)})"


def widened(call: str, signature: inspect.Signature) -> Iterator[str]:
    """The same call with one more argument: what else a gradient may come through."""
    given = call[:-1]
    empty = given.endswith("(")
    for parameter in signature.parameters.values():
        name: Any = parameter.name
        if parameter.default is Parameter.empty or parameter.kind in _VARIADIC or name == "name":
            continue
        if re.search(rf"[(,] ?{name}=", call):
            continue
        for value in ("x", "F()", "U()", "m", "F(3)", "F(2)", "U(2, 3)", "u", "F(2, 1)"):
            yield f"{given}{'' if empty else ', '}{name}={value})"
