"""Candidate calls of raw operations, from their definitions (OpDef)."""

from __future__ import annotations

import ast
import inspect
import random
import re
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from call_search import by_name
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import dtypes, kernels, op_def_registry

_HANDLES = frozenset((types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT, types_pb2.DT_RESOURCE_REF))
_PREFERRED = ("float32", "complex64", "int32", "int64", "bool", "string", "quint8", "uint8")
# What data may be, the same number of axes for all or one less from argument to argument.
_SHAPES: tuple[tuple[str, ...], ...] = (
    ("4", "4", "4"), ("4, 4", "4, 4", "4"), ("1, 8, 8, 3", "1, 8, 8, 3", "3"), ("", "", ""),
    ("1, 4, 4, 2", "2, 2, 2, 3", "1, 4, 4, 3"), ("1, 4, 4, 4, 1", "2, 2, 2, 1, 1", "1, 4, 4, 4, 1"),
    ("1, 4, 4, 2", "2, 2, 2", "1, 4, 4, 2"), ("2, 4", "4", "4"), ("4", "", ""), ("4, 4", "4, 1", "4"),
    ("5, 1, 4", "4", "4"), ("8, 8, 3", "3", "3"), ("2, 2, 4", "2, 2, 4", "4"), ("2", "2", "2"),
    ("1, 4, 4, 2", "2", "2"), ("3, 4", "3", "3"), ("2, 3", "2", "3"), ("1, 2, 2, 1", "1, 2, 2, 1", "4"),
)  # fmt: skip
_WHOLE = (
    "0", "1", "2", "[0]", "[1]", "[0, 1]", "[2, 2]", "[4]", "[0, 0, 1, 1]", "[2, 0, 1, 1]",
    "[[0], [2]]", "[[0, 0], [1, 1]]", "[[0, 0], [0, 0]]", "[[1, 1]]", "[4, 4]", "[1, 8, 8, 3]",
    "[1, 4, 4, 2]", "[2, 2, 2, 3]", "[3]", "[8]", "[1, 2]", "[0, 2, 4]", "[[1, 2]]", "[]", "-1",
)  # fmt: skip
_LIMIT = r"(\w+_)?(min|max)(_\w+)?"  # of a range of quantized numbers
_SIBLINGS = 25
_INTS = ("1", "2", "3", "4", "0", "8")
_INT_LISTS = (
    "[1, 1, 1, 1]", "[1, 2, 2, 1]", "[1]", "[2]", "[1, 1, 1, 1, 1]", "[1, 2, 2, 2, 1]", "[0]",
    "[1, 1]", "[2, 2]", "[4]", "[]",
)  # fmt: skip
_STRINGS = ("'x'", "'VALID'", "'SAME'", "'ij,jk->ik'", "'UTF-8'", "'a'")


def why_not(name: str) -> str:
    """Why a raw operation is not called at all; empty where it may be."""
    definition = op_def_registry.get(name)
    if definition is None:
        return "has no definition"
    if definition.deprecation.version:
        return "deprecated"
    arguments = [*definition.input_arg, *definition.output_arg]
    if any(argument.type in _HANDLES for argument in arguments):
        return "takes or returns a handle (resource, variant)"
    if any(argument.is_ref for argument in arguments):
        return "takes a reference variable, which eager code does not have"
    if any("func" in attribute.type for attribute in definition.attr):
        return "takes functions"
    if not definition.output_arg:
        return "returns nothing"
    return "" if _types_of_kernels(name) else "has no kernel for the CPU"


def takes_floats(name: str) -> bool:
    """Whether some argument may be a tensor of floating point numbers."""
    definition = op_def_registry.get(name)
    attributes = {attribute.name: attribute for attribute in definition.attr}
    for argument in definition.input_arg:
        attribute = attributes.get(argument.type_attr or argument.type_list_attr)
        allowed = [argument.type] if attribute is None else attribute.allowed_values.list.type
        if not allowed or any(dtypes.as_dtype(t).is_floating for t in allowed if t):
            return True
    return False


def _types_of_kernels(name: str) -> list[dict[str, list[str]]]:
    """Of each of its kernels for the CPU, which types its type attributes may have."""
    return [
        {
            constraint.name: [dtypes.as_dtype(t).name for t in constraint.allowed_values.list.type]
            for constraint in kernel.constraint
        }
        for kernel in kernels.get_registered_kernels_for_op(name).kernel
        if kernel.device_type == "CPU"
    ]


def spellings(definition: Any) -> dict[str, str]:
    """Of what is called otherwise in Python, its name there: the order is the same."""
    ours = [argument.name for argument in (*definition.input_arg, *definition.attr)]
    theirs = [*inspect.signature(getattr(tf.raw_ops, definition.name)).parameters]
    lost = [name for name in ours if name not in theirs]
    return dict(zip(lost, [n for n in theirs if n not in ours and n != "name"], strict=False))


def candidates(name: str, drawn: int) -> Iterator[str]:
    """Calls to try: all of one type and theme first, then at random."""
    definition = op_def_registry.get(name)
    seen: set[str] = set()
    dice = random.Random(name)
    for at in range(len(_SHAPES) * 3 + drawn):
        steady = at < len(_SHAPES) * 3
        shapes = _SHAPES[at % len(_SHAPES)] if steady else dice.choice(_SHAPES)
        text = _call(definition, shapes, dice, at // len(_SHAPES) if steady else None)
        if text not in seen:
            seen.add(text)
            yield text


def like_others(name: str, known: list[str]) -> Iterator[str]:
    """The call with the arguments of other operations' calls that share most of its names."""
    definition = op_def_registry.get(name)
    spelled = spellings(definition)
    names = {spelled.get(argument.name, argument.name) for argument in definition.input_arg}
    ranked = []
    for text in known:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        given = {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg in names}
        ranked.append((len(given), len(call.keywords), given))
    ranked.sort(key=lambda one: (-one[0], one[1]))
    dice = random.Random(name)
    for shared, _, given in ranked[:_SIBLINGS]:
        for level in (0, 1, None) if shared else ():
            own = ast.parse(_call(definition, _SHAPES[0], dice, level), mode="eval").body
            assert isinstance(own, ast.Call)
            mixed = {k.arg: ast.unparse(k.value) for k in own.keywords} | given
            yield f"tf.raw_ops.{name}({', '.join(f'{k}={v}' for k, v in mixed.items())})"


def _call(definition: Any, shapes: tuple[str, ...], dice: random.Random, level: int | None) -> str:
    allowed = _types_of_kernels(definition.name)
    kernel = allowed[level % len(allowed)] if level is not None else dice.choice(allowed)
    if level == 0:
        kernel = min(allowed, key=lambda one: sum(map(_rank, one.values())))
    types = {a.name: _type(a, kernel, dice, level) for a in definition.attr if a.type == "type"}
    spelled = spellings(definition)
    numbers = {a.number_attr for a in definition.input_arg if a.number_attr}
    lists = {a.type_list_attr for a in definition.input_arg if a.type_list_attr}
    inferred = {a.type_attr for a in definition.input_arg} | numbers | lists
    parts = []
    floats = 0
    for argument in definition.input_arg:
        kind = types.get(argument.type_attr) or dtypes.as_dtype(argument.type or 1).name
        shape = shapes[min(floats, len(shapes) - 1)]
        if level is None and dice.random() < 0.25:
            shape = dice.choice(dice.choice(_SHAPES))
        value = _value(argument.name, kind, shape, dice, level)
        floats += kind.startswith(("float", "complex"))
        if argument.number_attr or argument.type_list_attr:
            value = f"[{value}, {_value(argument.name, kind, shape, dice, level)}]"
        parts.append(f"{spelled.get(argument.name, argument.name)}={value}")
    for attribute in definition.attr:
        if attribute.name in inferred:
            continue
        if attribute.HasField("default_value") and (level is not None or dice.random() < 0.85):
            continue
        value = _attribute(attribute, types, dice, level)
        if value:
            parts.append(f"{spelled.get(attribute.name, attribute.name)}={value}")
    return f"tf.raw_ops.{definition.name}({', '.join(parts)})"


def _rank(types: list[str]) -> int:
    return min((_PREFERRED.index(t) for t in types if t in _PREFERRED), default=len(_PREFERRED))


def _type(
    attribute: Any, kernel: dict[str, list[str]], dice: random.Random, level: int | None
) -> str:
    allowed = [dtypes.as_dtype(t).name for t in attribute.allowed_values.list.type]
    allowed = kernel.get(attribute.name, allowed)
    choices = [kind for kind in _PREFERRED if not allowed or kind in allowed] or allowed
    if level is None:
        return choices[min(int(dice.expovariate(1.0)), len(choices) - 1)]
    if attribute.HasField("default_value"):
        default = dtypes.as_dtype(attribute.default_value.type).name
        return default if default in choices else choices[0]
    return choices[0]


def _value(name: str, kind: str, shape: str, dice: random.Random, level: int | None) -> str:
    if level is not None and kind == "float32" and re.fullmatch(_LIMIT, name):
        return "-U()" if "min" in name else "U()"
    if kind in ("float32", "float64", "half", "float16", "bfloat16"):
        value = f"{'F' if level == 1 else 'U'}({shape})"
        return value if kind == "float32" else f"tf.cast({value}, tf.{kind})"
    if kind.startswith("complex"):
        return f"C({shape})"
    if kind == "bool":
        return "b" if shape == "4" else f"tf.ones([{shape}], tf.bool)"
    if kind == "string":
        return "tf.constant(['a', 'b'])" if shape else "tf.constant('a')"
    if kind.startswith(("q", "uint")):
        return f"tf.cast(tf.ones([{shape}]), tf.{kind})"
    likely = [v for v in by_name(name) if set(v) <= set("[]0123456789, -")]
    pool = likely if likely and (level is not None or dice.random() < 0.5) else list(_WHOLE)
    value = pool[(level or 0) % len(pool)] if level is not None and likely else dice.choice(pool)
    return f"tf.constant({value}, tf.{kind})"


def _attribute(
    attribute: Any, types: dict[str, str], dice: random.Random, level: int | None
) -> str:
    allowed = [value.decode() for value in attribute.allowed_values.list.s]
    match attribute.type:
        case "type":
            return f"tf.{types[attribute.name]}"
        case "int":
            return dice.choice(_INTS)
        case "float":
            return dice.choice(("0.5", "0.0", "1.0", "-1.0"))
        case "bool":
            return dice.choice(("True", "False"))
        case "string":
            return repr(dice.choice(allowed)) if allowed else dice.choice(_STRINGS)
        case "shape":
            return dice.choice(("[4]", "[]", "[2, 2]"))
        case "list(int)":
            likely = [v for v in by_name(attribute.name) if v.startswith("[")]
            return (
                dice.choice(likely) if likely and dice.random() < 0.6 else dice.choice(_INT_LISTS)
            )
        case "list(float)":
            return dice.choice(("[1.0, 2.0]", "[1.0, 1.5, 1.5, 1.0]", "[0.5]"))
        case "list(type)":
            return dice.choice(("[tf.float32]", "[tf.float32, tf.float32]", "[tf.int32]"))
        case "list(shape)":
            return dice.choice(("[[]]", "[[4]]", "[[4], [4]]"))
        case "list(string)":
            return dice.choice(("['a']", "['a', 'b']"))
        case _:
            return ""
