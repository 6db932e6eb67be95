"""Whether a cast keeps the gradient: what its type is, as far as syntax tells."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.outline.body import returned

if TYPE_CHECKING:
    from tflint_grad.outline.body import Body
    from tflint_grad.outline.surroundings import Surroundings

_FLOATS = ("float", "half", "double", "complex", "bfloat")
#: What the types of layers and of other data are called.
_OF_OTHERS = frozenset((
    "dtype", "_dtype", "compute_dtype", "_compute_dtype", "variable_dtype", "_variable_dtype",
    "floatx",
))  # fmt: skip


def makes_float(cast: ast.Call, body: Body, around: Surroundings) -> bool:
    """Whether the type given to a cast is a float for sure, or the type of other data."""
    types = [*cast.args[1:2], *(word.value for word in cast.keywords if word.arg != "name")]
    return any(_is_float(one, body, around) for one in types)


def _is_float(node: ast.expr, body: Body | None, around: Surroundings) -> bool:
    match node:
        case ast.IfExp(body=one, orelse=other):
            return _is_float(one, body, around) and _is_float(other, body, around)
        case ast.BoolOp(values=parts):
            return all(_is_float(part, body, around) for part in parts)
        case ast.Constant(value=str(word)):
            return word.startswith(_FLOATS)
        case ast.Subscript(slice=ast.Constant(value=key)):
            return key in _OF_OTHERS
        case ast.Call(func=ast.Name(id=name)) if body and name in around.functions:
            return all(_is_float(one, None, around) for one in returned(around.functions[name]))
        case ast.Call(func=ast.Attribute(attr=word) | ast.Name(id=word)):
            return word in _OF_OTHERS
        case ast.Name(id=name) if body is not None and (given := body.assigned.get(name)):
            if name not in body.floats:
                body.floats[name] = all(_is_float(one, None, around) for one in given)
            return body.floats[name]
        case ast.Name(id=word) if word.endswith("dtype"):
            return True  # of a parameter
        case ast.Attribute(attr=word) | ast.Name(id=word):
            of_library = word.startswith(_FLOATS) and around.qualified(node) is not None
            return of_library or word in _OF_OTHERS
    return False
