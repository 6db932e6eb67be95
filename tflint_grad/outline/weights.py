"""Whether an object may have weights to train: by what its class makes, and what that may have."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from tflint_grad.knowledge.host import LIBRARIES
from tflint_grad.knowledge.keras_api import keras_class, layer_class, member
from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.knowledge.operations import fact
from tflint_grad.outline.bindings import root_name
from tflint_grad.outline.walk import walk

if TYPE_CHECKING:
    from tflint_grad.outline.body import FunctionNode
    from tflint_grad.outline.surroundings import Surroundings
    from tflint_grad.outline.units import ClassItem

_BUILTINS = frozenset(dir(builtins))
_MAKING = frozenset(("add_variable", "add_weight", "get_variable", "make_variable", "Variable"))
_OF_CONTAINERS = frozenset(("append", "extend", "get", "items", "keys", "pop", "update", "values"))
#: Attributes and methods that speak of a value without its numbers.
STATIC = frozenset(
    ["as_list", "device", "dtype", "get_shape", "name", "ndim", "rank", "shape", "trainable"]
)
#: Classes and functions that are looked at for one; beyond, anything may be.
_MAX_BODIES = 50


def class_of_project(
    function: ast.expr, around: Surroundings
) -> tuple[ClassItem, Surroundings] | None:
    """The class of the project that an expression names, and what is around it."""
    if isinstance(function, ast.Name) and function.id in around.classes:
        return around.classes[function.id], around
    return around.imported_class(around.qualified(function))


def may_own_weights(owner: ClassItem, around: Surroundings) -> bool:
    """Whether a method of a class may make a weight, or make or call anything that has some."""
    return _may_own_weights(owner, around, set())


def _may_own_weights(owner: ClassItem, around: Surroundings, seen: set[int]) -> bool:
    if id(owner.node) in seen:
        return False
    seen.add(id(owner.node))
    return len(seen) > _MAX_BODIES or any(
        isinstance(node, ast.Call) and _may_have_weights(node.func, owner, place, seen)
        for cls, place in around.ancestry(owner)
        for node in walk(cls.node.body)
    )


def _may_make_weights(function: FunctionNode, around: Surroundings, seen: set[int]) -> bool:
    """Whether a function of the project may make a weight, or anything that has some."""
    if id(function) in seen:
        return False
    seen.add(id(function))
    return len(seen) > _MAX_BODIES or any(
        isinstance(node, ast.Call) and _may_have_weights(node.func, None, around, seen)
        for node in walk(function.body)
    )


def may_make_data(function: ast.expr, around: Surroundings) -> bool:
    """Whether calling something may make a tensor, a weight or a layer."""
    qualified = around.qualified(function)
    if qualified is not None and is_tensorflow(qualified):
        known = fact(qualified)
        return known is None or known.kind != "static"
    own = around.functions.get(function.id) if isinstance(function, ast.Name) else None
    found = around.function(qualified) if own is None else (own, around)
    if found is None:
        is_static = isinstance(function, ast.Attribute) and function.attr in STATIC
        return not is_static and (qualified is None or not _is_of_host(qualified))
    return _may_make_weights(*found, set()) or any(
        isinstance(node, ast.Call) and is_tensorflow(found[1].qualified(node.func))
        for node in walk(found[0].body)
    )


def _is_of_host(qualified: str) -> bool:
    root = qualified.partition(".")[0]
    return root in sys.stdlib_module_names or root in LIBRARIES


def _may_have_weights(
    function: ast.expr, owner: ClassItem | None, around: Surroundings, seen: set[int]
) -> bool:
    """Whether what is called may make a weight, or be a layer."""
    if (found := class_of_project(function, around)) is not None:
        return _may_own_weights(*found, seen)
    qualified = around.qualified(function)
    if qualified is not None:
        if not is_tensorflow(qualified):
            known = around.function(qualified)
            return _may_make_weights(*known, seen) if known else not _is_of_host(qualified)
        leaf = qualified.rpartition(".")[2]
        is_class = leaf[:1].isupper() and fact(qualified) is None
        return leaf in _MAKING or (is_class and not _is_weightless(qualified))
    match function:
        case ast.Name(id=name):
            if name in around.functions:
                return _may_make_weights(around.functions[name], around, seen)
            return name not in _BUILTINS and name != "cls"
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if owner is not None:
            is_method = member("model", name) is not None or around.methods(owner, name)
            return name in _MAKING or not (is_method or _is_without_weights(owner, around, name))
        case ast.Attribute(value=receiver, attr=name):
            # `layers.Dense(4)` after `layers = tf.keras.layers`, `self.net.encode(x)`.
            is_called = root_name(receiver) == "self" and name not in _OF_CONTAINERS
            return name in _MAKING or name[:1].isupper() or is_called
    return True


def _is_without_weights(owner: ClassItem, around: Surroundings, attribute: str) -> bool:
    """Whether an attribute is a function, a loss, or of a class that is looked at itself."""
    made = around.assigned(owner).get(attribute, ())
    return bool(made) and all(_is_known(value, place) for value, place in made)


def _is_known(value: ast.expr | None, around: Surroundings) -> bool:
    making = value.func if isinstance(value, ast.Call) else value
    if making is None:
        return False
    qualified = around.qualified(making)
    if qualified is not None and is_tensorflow(qualified):
        return _is_weightless(qualified) if making is not value else fact(qualified) is not None
    return making is not value and class_of_project(making, around) is not None


def _is_weightless(qualified: str) -> bool:
    """Whether instances of a class of TensorFlow or Keras have no weights to train."""
    known, layer = keras_class(qualified), layer_class(qualified)
    return (known is not None and known.kind in ("loss", "metric")) or (
        layer is not None and layer.kind == "layer" and not layer.weights
    )
