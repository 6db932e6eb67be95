"""What a function says of its tensors: in `input_signature`, as a `TensorSpec`, in its docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tflint_grad.verify.inputs.specification import Several, Specification, Tensor
from tflint_grad.verify.inputs.usage import parameter_names
from tflint_grad.verify.syntax import Definition

#: Sizes that are left open: of the first axis, and of the others.
_FIRST, _OTHER = 2, 3
_DTYPE = re.compile(r"\b(b?float(?:16|32|64)|u?int(?:8|16|32|64)|bool|complex(?:64|128))\b")
_DIMS = re.compile(r"[\[(]((?:\w+|\?)(?: ?, ?(?:\w+|\?))*,?)[\])]")


def of_signature(
    definition: Definition, name: str, namespace: Mapping[str, Any]
) -> Iterator[Specification]:
    """What `tf.function(input_signature=…)` declares for a parameter."""
    if isinstance(definition.node, ast.ClassDef):
        return
    names = parameter_names(definition)
    if definition.parent is not None and definition.parent.is_class:
        names = names[1:]
    for decorator in definition.node.decorator_list:
        for keyword in getattr(decorator, "keywords", ()):
            if keyword.arg == "input_signature" and name in names:
                signature = _evaluated(keyword.value, namespace)
                position = names.index(name)
                if isinstance(signature, list | tuple) and position < len(signature):
                    yield from _of_spec(signature[position])


def of_annotation(annotation: ast.expr, namespace: Mapping[str, Any]) -> Iterator[Specification]:
    """What a parameter is that is annotated with a `TensorSpec`."""
    if isinstance(annotation, ast.Call):
        yield from _of_spec(_evaluated(annotation, namespace))


def of_docstring(definition: Definition, name: str) -> Iterator[Specification]:
    """`x: float32 [batch, 3], …` or `x (tf.Tensor): of shape (batch, 3)`, where a shape is given."""
    text = ast.get_docstring(definition.node) or ""
    told = re.search(rf"^\s*(?::param )?`*{re.escape(name)}`*\b[^\n]*", text, re.MULTILINE)
    line = told[0].partition(":")[2] or told[0] if told else ""
    dims = _DIMS.search(line.replace("None", "?"))
    dtype = _DTYPE.search(line)
    # Words in parentheses alone are no shape.
    if dims is None or not (dtype or "shape" in line):
        return
    parts = [part.strip() for part in dims[1].split(",") if part.strip()]
    shape = tuple(
        int(part) if part.isdigit() else _OTHER if axis else _FIRST
        for axis, part in enumerate(parts)
    )
    yield Tensor(dtype[0] if dtype else "float32", shape)


def _evaluated(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    try:
        return eval(compile(ast.Expression(node), "<signature>", "eval"), dict(namespace))
    except Exception:  # the module may have failed before the names were there
        return None


def _of_spec(spec: Any) -> Iterator[Specification]:
    if isinstance(spec, list | tuple | dict):
        items = spec.values() if isinstance(spec, dict) else spec
        inner = [one for item in items for one in _of_spec(item)]
        if len(inner) == len(spec):
            kind = type(spec).__name__
            yield Several(tuple(inner), kind, tuple(spec) if isinstance(spec, dict) else ())
    elif type(spec).__name__ == "TensorSpec":
        sizes = spec.shape.as_list() if spec.shape.rank is not None else [_FIRST, _OTHER]
        shape = tuple(
            (_OTHER if axis else _FIRST) if size is None else size
            for axis, size in enumerate(sizes)
        )
        yield Tensor(spec.dtype.name, shape)
