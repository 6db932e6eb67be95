"""Calls of raw operations as TensorFlow itself makes them: seen while the measured calls run.

What a search does not hit upon (boxes, sparse indices, the operations of gradients) is made rightly by
TensorFlow's own functions and gradient functions. Floating point inputs become sources of the same
shape; whole numbers, strings and attributes stay as they were.
"""

from __future__ import annotations

import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from calls import Call, leaves, run
from forks import in_child
from raw_calls import spellings
from sources import Sources
from spec_lines import Line, class_lines, operation_lines
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import dtypes, op_callbacks, op_def_registry

_LIMIT_S = 20.0
_LARGEST = 200  # elements of a constant that is written out


def seen(wanted: frozenset[str]) -> dict[str, list[str]]:
    """Of each wanted operation the calls that were seen, the shortest first."""
    found: dict[str, set[str]] = {}
    lines = operation_lines() + class_lines()
    begin = 0
    while begin < len(lines):

        def work(send: Callable[[Any], None], begin: int = begin) -> None:
            for at in range(begin, min(begin + 100, len(lines))):
                send({"at": at})
                for name, text in _made_by(lines[at], wanted):
                    send({"name": name, "text": text})

        messages, end = in_child(work, _LIMIT_S * 10)
        reached = [message["at"] for message in messages if "at" in message]
        for message in messages:
            if "name" in message:
                found.setdefault(message["name"], set()).add(message["text"])
        # A call that kills the process, or never ends, is passed over.
        begin = min(begin + 100, len(lines)) if end == "done" else (reached or [begin])[-1] + 1
    return {name: sorted(texts, key=len)[:40] for name, texts in found.items()}


def _made_by(line: Line, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    calls: list[tuple[str, str]] = []

    def note(kind: Any, inputs: Any, attrs: Any, *_: Any, **__: Any) -> None:
        name = kind.decode() if isinstance(kind, bytes) else kind
        if name in wanted:
            text = _spelled(name, inputs, attrs)
            if text:
                calls.append((name, text))

    warnings.simplefilter("ignore")
    op_callbacks.add_op_callback(note)
    try:
        sources = Sources("unit")
        with tf.GradientTape() as outer:
            outer.watch(tf.constant(0.0))
            with tf.GradientTape() as tape:
                sources.tape = tape
                result, _ = run(Call(line), sources, {})
            floats = [leaf for leaf in leaves(result) if leaf.dtype.is_floating]
            gradients = tape.gradient(floats, sources.made) if floats and sources.made else []
        outer.gradient([g for g in gradients if g is not None], sources.made)
    except Exception:  # what was seen until then is seen
        pass
    finally:
        op_callbacks.remove_op_callback(note)
    yield from calls


def _spelled(name: str, inputs: Any, attrs: Any) -> str:
    """The call as the specifications write it; empty where an input cannot be written."""
    definition = op_def_registry.get(name)
    here = spellings(definition)
    given = dict(zip(attrs[::2], attrs[1::2], strict=True))
    left = list(inputs)
    parts = []
    try:
        for argument in definition.input_arg:
            if argument.number_attr:
                count = given[argument.number_attr]
            elif argument.type_list_attr:
                count = len(given[argument.type_list_attr])
            else:
                parts.append(f"{here.get(argument.name, argument.name)}={_tensor(left.pop(0))}")
                continue
            several = [_tensor(left.pop(0)) for _ in range(count)]
            parts.append(f"{here.get(argument.name, argument.name)}=[{', '.join(several)}]")
        inferred = {
            attr
            for argument in definition.input_arg
            for attr in (argument.type_attr, argument.number_attr, argument.type_list_attr)
        }
        for attribute in definition.attr:
            value = given.get(attribute.name)
            if value is not None and attribute.name not in inferred:
                written = _attribute(attribute.type, value)
                parts.append(f"{here.get(attribute.name, attribute.name)}={written}")
    except (KeyError, IndexError, ValueError, NotImplementedError):
        return ""
    return f"tf.raw_ops.{name}({', '.join(parts)})"


def _tensor(value: Any) -> str:
    shape = ", ".join(map(str, value.shape.as_list()))
    kind = value.dtype
    if kind == tf.float32:
        return f"U({shape})"
    if kind.is_floating:
        return f"tf.cast(U({shape}), tf.{kind.name})"
    if kind == tf.complex64:
        return f"C({shape})"
    if kind.is_quantized:
        return f"tf.cast(tf.ones([{shape}]), tf.{kind.name})"
    if not (kind.is_integer or kind.is_bool or kind == tf.string):
        raise ValueError(kind)
    if value.shape.num_elements() > _LARGEST:
        raise ValueError("too large")
    numbers = value.numpy()
    if isinstance(numbers, bytes) and not numbers.isalnum():
        # Letters that stand alone in an expression are names of sources.
        return f"tf.io.decode_base64('{urlsafe_b64encode(numbers).decode().rstrip('=')}')"
    written = numbers if isinstance(numbers, bytes) else numbers.tolist()
    return f"tf.constant({written!r}, tf.{kind.name}, shape=[{shape}])"


def _attribute(kind: str, value: Any) -> str:
    if kind == "type":
        return f"tf.{_type_name(value)}"
    if kind == "list(type)":
        return f"[{', '.join(f'tf.{_type_name(one)}' for one in value)}]"
    if kind in ("int", "float", "bool", "list(int)", "list(float)", "list(bool)"):
        return repr(list(value) if kind.startswith("list") else value)
    if kind == "string":
        return repr(value.decode() if isinstance(value, bytes) else value)
    if kind == "list(string)":
        return repr([one.decode() if isinstance(one, bytes) else one for one in value])
    if kind == "shape":
        return repr(tf.TensorShape(value).as_list())
    raise ValueError(kind)


def _type_name(value: Any) -> str:
    if value in (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT):
        raise ValueError(value)
    return str(dtypes.as_dtype(value).name)
