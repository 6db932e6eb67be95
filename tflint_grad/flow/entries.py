"""Entries: functions that nobody calls in the file are executed with unknown arguments."""

from __future__ import annotations

import os
from collections.abc import Set
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, modules, names
from tflint_grad.flow.bodies import context_of_call
from tflint_grad.flow.fixtures import fixture_value
from tflint_grad.flow.keras_hooks import MODEL_MEMBERS, hook_mode, is_model_class
from tflint_grad.flow.paths import LEAF
from tflint_grad.flow.state import EAGER, Context, SourceKind
from tflint_grad.flow.syntax import loaded_names
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    UNKNOWN,
    Class,
    Data,
    Function,
    Kind,
    Known,
    Mapped,
    Module,
    Object,
    Sequence,
    Value,
)
from tflint_grad.knowledge.names import canonical
from tflint_grad.knowledge.operations import tensor_attribute, tensor_method
from tflint_grad.outline.body import PLAIN
from tflint_grad.project import CALLED, OF_KERAS

if TYPE_CHECKING:
    from tflint_grad.flow.program import Program

#: Parameter names that fit any model of the project.
_ANY_MODEL = frozenset(("model", "net", "network", "module", "layer", "self", "m"))
_MAIN_GUARD = "\nif __name__ "
_COMMON_ATTRIBUTES = frozenset(
    ("append", "items", "keys", "values", "get", "update", "pop", "copy", "add", "extend")
)
#: Hooks that Keras calls with what a dataset yields.
_OF_BATCHES = ("train_step", "test_step", "predict_step")
_NOT_TENSORS = frozenset(("training", "mask", "self", "sample_weight", "states", "state", "kwargs"))


def order_of_entries(x: Program) -> list[tuple[Function, Class | None]]:
    """All functions of the file, those that no other one names first."""
    found: list[tuple[Function, Class | None]] = []
    seen: set[int] = set()
    mentioned: set[str] = set()

    def add(value: object, cls: Class | None) -> None:
        if isinstance(value, Function) and id(value.node) not in seen and x.is_own(value.unit):
            seen.add(id(value.node))
            if isinstance(value.node, cst.FunctionDef):
                found.append((value, cls))
                mentioned.update(_mentioned_by(x, value) - {value.name})

    cells = x.store.items()
    for key, value in cells:
        if key[0] == "name" and key[1] == 0:
            add(value, None)
    by_identity = {cls.identity: cls for cls in x.classes if x.is_own(cls.unit)}
    for key, value in cells:
        if key[0] == "attribute" and key[1] in by_identity:
            add(value, by_identity[key[1]])
    first = [entry for entry in found if entry[0].name not in mentioned]
    return [*first, *(entry for entry in found if entry[0].name in mentioned)]


def _mentioned_by(x: Program, function: Function) -> Set[str]:
    item = x.own_items.get(id(function.unit))
    if item is None or item.node.name != function.name:
        return loaded_names(function.node)
    return item.names.used | item.names.attributes


def is_hook(function: Function, cls: Class) -> bool:
    return bool(hook_mode(function, cls))


def entry_context(x: Program, function: Function, cls: Class | None) -> Context:
    """Eager, unless the function says otherwise or Keras runs it in a graph."""
    if cls is not None and is_hook(function, cls) and not function.wrapping.graph:
        if _runs_eagerly(x, cls):
            return EAGER
        mode = hook_mode(function, cls)
        converted = "" if mode == "autograph" else " without AutoGraph"
        why = f"Keras runs {function.name} in a graph{converted}"
        # Only `fit` calls train_step; `call` may be run eagerly by somebody out of sight.
        likely = function.name == "call" and not x.survey.fits
        return Context(mode, why=f"{why} under fit" if likely else why, likely=likely)
    return context_of_call(x, function)


def _runs_eagerly(x: Program, cls: Class) -> bool:
    """Keras is told so, or the model makes the functions that `fit` runs by itself."""
    return x.survey.runs_eagerly or "make_train_function" in x.members_of(cls)


def entry_arguments(
    x: Program, function: Function, cls: Class | None, receiver: Object | None
) -> dict[str, Value]:
    """Unknown values for all parameters, with what annotations, defaults and Keras say of them."""
    params = function.node.params
    context = entry_context(x, function, cls)
    hook = cls is not None and is_hook(function, cls)
    # Keras hands one value to a layer; what else a layer is called with may be numbers.
    alone = function.name == "call" and cls is not None and is_model_class(cls)
    bound: dict[str, Value] = {}
    for index, param in enumerate((*params.posonly_params, *params.params, *params.kwonly_params)):
        name = param.name.value
        if index == 0 and receiver is not None:
            bound[name] = receiver
            continue
        is_tensor = hook and name not in _NOT_TENSORS and not (index > 1 and alone)
        bound[name] = _parameter(x, function, param, context, is_tensor)
    if isinstance(params.star_arg, cst.Param):
        rest = x.unknown_object(f"*{params.star_arg.name.value}")
        bound[params.star_arg.name.value] = Sequence((), rest)
    if params.star_kwarg is not None:
        from tflint_grad.flow import heap

        rest = x.unknown_object(f"**{params.star_kwarg.name.value}")
        bound[params.star_kwarg.name.value] = heap.new_dict(x, Mapped({}, rest))
    return bound


def _parameter(
    x: Program, function: Function, param: cst.Param, context: Context, is_tensor: bool
) -> Value:
    name = param.name.value
    default = function.defaults.get(name)
    station = x.station(param)
    handed = None if default is not None else fixture_value(x, function, name)
    if handed is not None:
        return handed
    if isinstance(default, Object) and isinstance(default.cls, Class):
        return default
    if isinstance(default, Data) and default.kind is Kind.HOST:
        # A number, written down or computed: `rate=0.1`, `scale=2.0**10`.
        if default.dtype and not default.paths and name not in x.source_names:
            return Data(Kind.HOST, dtype=default.dtype)
    elif isinstance(default, (Function, Known)):
        return UNKNOWN
    annotation = text_of(param.annotation.annotation) if param.annotation is not None else ""
    linked = linked_class(x, function, param, annotation)
    if linked is not None:
        return x.instance_of(linked)
    identity = x.new_source(SourceKind.OBJECT, name, station)
    x.sources[identity].is_parameter = True
    if annotation in PLAIN:
        return Data(Kind.HOST, dtype=annotation.removeprefix("Optional[").removesuffix("]"))
    if annotation.endswith(("ndarray", "NDArray")):
        return Data(Kind.NDARRAY, {identity: LEAF}, identity=identity)
    if _is_tensor_annotation(x, param) and context.is_graph and not is_tensor:
        return Data(Kind.TENSOR, {identity: LEAF}, identity=identity, symbolic=True)
    if is_tensor:
        # A tensor, or a structure of tensors: arithmetic on it, or on a part of it, is TensorFlow's.
        x.tensor_like.add(identity)
        if function.name in _OF_BATCHES:
            x.batches.add(identity)
    return Object(identity)


def _is_tensor_annotation(x: Program, param: cst.Param) -> bool:
    if param.annotation is None or not isinstance(
        param.annotation.annotation, (cst.Attribute, cst.Name)
    ):
        return False
    value = x.evaluate(param.annotation.annotation)
    return isinstance(value, Known) and canonical(value.name) == "tensorflow.Tensor"


def linked_class(x: Program, function: Function, param: cst.Param, annotation: str) -> Class | None:
    """The class of the project that a parameter is an instance of: by annotation, or by its use.

    The one class whose methods and attributes cover all that is used of the parameter; no candidate
    or several: unknown.
    """
    name = param.name.value
    if annotation:
        value = _annotated(x, function, annotation)
        if isinstance(value, Class):
            return value
    used, called = x.uses_of_parameter(function.node, name)
    if not used:
        return None
    own = [cls for cls in x.classes if x.is_own(cls.unit)]
    candidates = _covering(x, own, used, called)
    is_far = not candidates
    of_keras = annotation.endswith(("Model", "Layer"))
    if is_far and (not annotation or of_keras or annotation.endswith("Module")):
        others = _classes_of_project(x, function, name, used, called, of_keras)
        candidates = _covering(x, others, used, called)
        if of_keras:
            candidates = [cls for cls in candidates if is_model_class(cls)]
    parents = {base.identity for cls in candidates for base in cls.ancestry()[1:]}
    candidates = [cls for cls in candidates if cls.identity not in parents]
    if len(candidates) > 1:
        anything = is_far and name in _ANY_MODEL
        candidates = [] if anything else [c for c in candidates if _fits(name, c.name)]
    return candidates[0] if len(candidates) == 1 else None


def _fits(name: str, cls: str) -> bool:
    """Whether a parameter is called after a class, rather than after another that would do."""
    return name.lower().strip("_") in cls.lower()


def _annotated(x: Program, function: Function, annotation: str) -> Value | None:
    """The class that an annotation names."""
    text = _without_none(annotation)
    first, *rest = text.split(".")
    value = names.read_in_scope(x, function.scope, first)
    for name in rest:
        if not isinstance(value, (Module, Class)):
            return None
        value = attributes.read_attribute(x, value, name, function.node)
    return value


def _without_none(annotation: str) -> str:
    """`Net` of `Optional[Net]`, `Union[Net, None]`, `None | Net`, `Annotated[Net, …]`, `"Net"`."""
    text = annotation.strip("\"' ")
    outer, bracket, inner = text.partition("[")
    if bracket and text.endswith("]"):
        match outer.rpartition(".")[2]:
            case "Optional":
                return _without_none(inner[:-1])
            case "Annotated":
                return _without_none(inner.split(",")[0].rstrip("]"))
            case "Union":
                return _the_one(inner[:-1].split(","), text)
        return text
    return _the_one(text.split("|"), text)


def _the_one(parts: list[str], text: str) -> str:
    """The only one of several that is not None."""
    found = [part.strip("\"' ") for part in parts if part.strip() != "None"]
    return found[0] if len(found) == 1 else text


def _covering(x: Program, classes: list[Class], used: set[str], called: bool) -> list[Class]:
    found = []
    for cls in classes:
        members = x.members_of(cls)
        if used <= members and (not called or members & {"call", "__call__"}):
            found.append(cls)
    return found


def _classes_of_project(
    x: Program, function: Function, parameter: str, used: set[str], called: bool, of_keras: bool
) -> list[Class]:
    """Classes of the files near a function that have all of these attributes.

    What a tensor, a container or any model has too tells nothing of a class; but what is called and
    asked for its variables is a model. Where the index shows that several would do, only the one
    that the parameter is called after: no file has to be read to know that nothing is known.
    """
    telling = {
        name
        for name in used - MODEL_MEMBERS
        if name not in _COMMON_ATTRIBUTES and not is_of_tensors(name)
    }
    telling |= used & attributes.PARAMETER_LISTS if called else set()
    if x.project is None or not telling or not x.outline.leads:
        return []
    wanted = {*used, *((CALLED,) if called else ()), *((OF_KERAS,) if of_keras else ())}
    home = x.module.path if x.is_own(function.unit) else function.unit.filename
    near = [
        cls
        for cls in x.project.classes_with(home, frozenset(wanted))
        if cls[0] != x.module.path and (cls[0] == home or _is_neighbour(x, home, cls[0]))
    ]
    parents = {base.rpartition(".")[2] for _, _, bases in near for base in bases}
    lowest = [cls for cls in near if cls[1] not in parents]
    if len(lowest) > 1:
        near = [] if parameter in _ANY_MODEL else [c for c in lowest if _fits(parameter, c[1])]
        if len(near) != 1:
            return []
    found = []
    for path, name, _ in near:
        loaded = modules.load(x, path)
        cls = None if loaded is None else names.read_in_scope(x, loaded.scope, name)
        if isinstance(cls, Class):
            found.append(cls)
    return found


def is_of_tensors(name: str) -> bool:
    return tensor_attribute(name) is not None or tensor_method(name) is not None


def _is_neighbour(x: Program, home: str, path: str) -> bool:
    """In the same folder or package; scripts define classes for themselves alone."""
    own, other = (os.path.join(os.path.dirname(p), "") for p in (home, path))
    assert x.project is not None
    packages = {x.project.module_name(p).partition(".")[0] for p in (home, path)}
    if not (own.startswith(other) or other.startswith(own) or len(packages) == 1):
        return False
    source = x.project.source(path)
    return source is not None and _MAIN_GUARD not in source.text
