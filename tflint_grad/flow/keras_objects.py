"""Layers, models, losses, metrics, optimizers and data sets: what calling them does to a path."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import attributes, heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import (
    adopting_object,
    call_opaque,
    call_value,
    only_refers,
    picked,
    run_callback,
)
from tflint_grad.flow.coefficients import compared, weighed
from tflint_grad.flow.datasets import dataset_method, is_dataset, make_dataset
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.operations import BREAKS
from tflint_grad.flow.paths import LEAF, NO_PATHS, Break, Paths, combined, joined, unsure
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import (
    NONE,
    STATIC,
    UNKNOWN,
    Argument,
    Class,
    Data,
    Function,
    Kind,
    Known,
    ListRef,
    Object,
    Sequence,
    Super,
    Tape,
    Value,
)
from tflint_grad.flow.variables import new_variable
from tflint_grad.knowledge.keras_api import KerasClass, keras_class, member
from tflint_grad.knowledge.names import canonical, is_keras2
from tflint_grad.knowledge.operations import Gradient

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

_OWNERS = ("layer", "model")
#: Layers that are made of other layers or functions; those that others are made of are numbers.
_AROUND_OTHERS = frozenset(
    (
        *("Layer", "Wrapper", "TimeDistributed", "Bidirectional", "SpectralNormalization"),
        *("RNN", "StackedRNNCells", "Lambda", "TFSMLayer"),
    )
)


#: Where a layer is given the function that it applies at the end.
_ACTIVATIONS = {
    "Activation": (0, "activation"),
    "Dense": (1, "activation"),
    "Lambda": (0, "function"),
}
_BY_KEYWORD = (-1, "activation")


def keras_callable(
    x: Execution, name: str, qualified: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value | None:
    """An instance of a class of Keras, or a data set; None for anything else."""
    dataset = make_dataset(x, name, arguments, node)
    if dataset is not None:
        return dataset
    if name in ("keras.Input", "keras.layers.Input"):
        return x.operate(node, [], Kind.TENSOR, "float")
    if name.endswith(("losses.get", "activations.get", "optimizers.get", "layers.get")):
        return UNKNOWN
    if name.startswith("keras.applications.") and name.rsplit(".", 1)[-1][:1].isupper():
        return Object(x.new_source(SourceKind.MODEL, "model", x.station(node)), "keras.Model")
    found = keras_class(qualified)
    if found is None:
        return None
    values = [entry.value for entry in arguments]
    for value in values:
        escape(x, value)
    owns = found.kind in _OWNERS and (found.weights or found.kind == "model")
    kind = SourceKind.MODEL if owns else SourceKind.OBJECT
    # As it is written: Keras 2 has facts of its own.
    made = Object(x.new_source(kind, name.rsplit(".", 1)[-1], x.station(node)), qualified)
    x.sources[made.identity].is_library = True
    if found.kind != "layer" or name.rsplit(".", 1)[-1] in _AROUND_OTHERS:
        adopt_layers(x, made, arguments)
    position, keyword = _ACTIVATIONS.get(name.rpartition(".")[2], _BY_KEYWORD)
    activation = argument(arguments, position, keyword)
    if activation is not None:
        x.store.set(("attribute", made.identity, "activation"), activation.value)
    return made


def adopt_layers(x: Execution, owner: Object, arguments: Many[Argument]) -> None:
    """A model owns the layers that it is made of, be it by a list or by inputs and outputs."""
    for entry in arguments:
        value = entry.value
        x.own(owner.identity, value)
        for source in x.paths(value):
            if x.sources[source].kind is SourceKind.MODEL and source != owner.identity:
                x.sources[source].owners.add(owner.identity)
    first = argument(arguments, 0, "layers")
    if first is not None and isinstance(heap.resolved(x, first.value), Sequence):
        x.store.set(("attribute", owner.identity, "layers"), first.value)


def call_keras_object(
    x: Execution, receiver: Object, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`layer(x)`, `loss(y, p)`, `metric(y, p)`, or a call of an object of unknown class."""
    name = receiver.cls if isinstance(receiver.cls, str) else ""
    found = keras_class(name) if name else None
    values = [entry.value for entry in arguments]
    own: Paths = {receiver.identity: LEAF}
    if found is None and isinstance(receiver.cls, Class):
        return _call_subclass(x, receiver, values, arguments, node)
    if found is None:
        results = [result for value in values for result in run_callback(x, value, node)]
        for value in values:
            escape(x, value)
        if receiver.cls is None and not x.recording and only_refers(x, values):
            return adopting_object(x, [receiver, *values], _called_name(node), None, node)
        groups = [own, *x.groups([*values, *results])]
        if receiver.cls is None and not results and x.survey.is_model(_called_name(node)):
            # Not just anything that can be called: what it is given flows, and for sure.
            x.called_unknown.add(receiver.identity)
            return x.operate(node, groups, Kind.UNKNOWN)
        return picked(x, _called_object(x, receiver, groups, node), values)
    return _call_known_class(x, receiver, found, arguments, node)


def _called_object(x: Execution, receiver: Object, groups: list[Paths], node: cst.CSTNode) -> Data:
    """Calling the very object is a sure dependency on it; its arguments may or may not flow."""
    result = x.opaque(node, groups[1:])
    own = x.operate(node, [groups[0]], Kind.UNKNOWN)
    return replace(result, paths=combined((own.paths, result.paths)))


def _call_subclass(
    x: Execution,
    receiver: Object,
    values: list[Value],
    arguments: Many[Argument],
    node: cst.CSTNode,
) -> Value:
    """An instance of a project class without `call` in sight: its bases or its layers do it."""
    assert isinstance(receiver.cls, Class)
    layers = attributes.attribute_of(x, receiver, "layers")
    if layers is not None and "keras.Sequential" in map(canonical, receiver.cls.library_bases()):
        return _through_layers(x, receiver, layers, values, node)
    groups: list[Paths] = [{receiver.identity: LEAF}, *x.groups(values)]
    return _called_object(x, receiver, groups, node)


def _through_layers(
    x: Execution, receiver: Object, layers: Value, values: list[Value], node: cst.CSTNode
) -> Value:
    content = heap.resolved(x, layers)
    assert isinstance(content, Sequence)
    value = values[0] if values else UNKNOWN
    for layer in content.items:
        if isinstance(layer, Data):
            continue  # keras.Input
        value = call_value(x, layer, [Argument(value)], node)
    if content.rest is not None:
        value = call_value(x, content.rest, [Argument(value)], node)
    own = x.operate(node, [{receiver.identity: LEAF}], Kind.TENSOR)
    if isinstance(value, Data) and value.paths and any(p.cut for p in value.paths.values()):
        return value
    if isinstance(value, Data):
        return replace(value, kind=Kind.TENSOR, paths=combined((value.paths, own.paths)))
    return value


def _call_known_class(
    x: Execution,
    receiver: Object,
    found: KerasClass,
    arguments: Many[Argument],
    node: cst.CSTNode,
) -> Value:
    values = [entry.value for entry in arguments]
    if found.kind == "metric":
        groups = x.groups(values)
        if not groups:
            return Data(Kind.TENSOR, dtype="float")
        _remember(x, receiver, values, node)
        return x.break_paths(
            node, Break.KERAS_HOST, receiver, groups, Kind.TENSOR, "float", qualified=found.name
        )
    if found.kind == "optimizer":
        return UNKNOWN
    layers = attributes.attribute_of(x, receiver, "layers")
    if found.name == "keras.Sequential" and layers is not None:
        content = heap.resolved(x, layers)
        if isinstance(content, Sequence):
            return _through_layers(x, receiver, layers, values, node)
    if found.name == "keras.layers.Lambda":
        function = attributes.attribute_of(x, receiver, "activation")
        if isinstance(function, (Function, Known)):
            return call_value(x, function, [Argument(value) for value in values], node)
    plain = [value for index, value in enumerate(values) if index not in found.detached]
    detached = [value for index, value in enumerate(values) if index in found.detached]
    gradient = _gradient_of_call(x, found, arguments)
    groups = x.groups(values if gradient is Gradient.NONE else plain)
    if found.kind == "loss":
        groups = compared(weighed(groups))  # the last one may be sample_weight
    owns = found.kind in _OWNERS and (found.weights or found.kind == "model")
    own = {receiver.identity: LEAF}
    if gradient is not Gradient.FLOWS and groups:
        broken = x.break_paths(
            node, BREAKS[gradient], receiver, groups, Kind.TENSOR, qualified=found.name
        )
        if not owns:
            return broken
        mine = x.operate(node, [own], Kind.TENSOR)
        return replace(broken, paths={**broken.paths, **mine.paths}, dtype="float")
    if owns:
        groups.append(own)
    if detached and not owns and found.kind != "loss":
        groups.extend(x.groups(detached))
    data = x.operate(node, groups, Kind.TENSOR, "float")
    if found.kind in _OWNERS:
        x.layer_calls.add(id(node))
        x.tuple_calls.add(id(node))
    activation = attributes.attribute_of(x, receiver, "activation")
    if isinstance(activation, (Function, Known)) and found.kind == "layer":
        return call_value(x, activation, [Argument(data)], node)
    return data


def _gradient_of_call(x: Execution, found: KerasClass, arguments: Many[Argument]) -> Gradient:
    """A layer that changes nothing but in training was measured in training."""
    if found.gradient in (Gradient.FLOWS, Gradient.NONE) or not found.training_matters:
        return found.gradient
    training = argument(arguments, 99, "training")
    is_training = training is not None and x.constant_of(training.value) is True
    return found.gradient if is_training else Gradient.FLOWS


# --- records


def replaced_instance(
    x: Execution, instance: Object, changes: Many[Argument], node: cst.CSTNode
) -> Object:
    """A copy of a record (dataclass, named tuple) with some fields replaced."""
    made = Object(x.new_source(SourceKind.OBJECT, x.sources[instance.identity].name), instance.cls)
    if isinstance(instance.cls, Class):
        for field in instance.cls.dataclass_fields or ():
            value = attributes.attribute_of(x, instance, field)
            if value is not None:
                attributes.bind_attribute(x, made, field, value, node)
    for entry in changes:
        if entry.keyword is not None:
            attributes.bind_attribute(x, made, entry.keyword, entry.value, node)
    return made


# --- methods of Keras' own classes


def class_kind(receiver: Object) -> str:
    """layer, model, loss, metric, optimizer or empty."""
    if isinstance(receiver.cls, str):
        found = keras_class(receiver.cls)
        return found.kind if found is not None else ""
    if isinstance(receiver.cls, Class):
        for base in receiver.cls.library_bases():
            found = keras_class(base)
            if found is not None:
                return found.kind
    return ""


def call_library_method(
    x: Execution, receiver: Object, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value | None:
    """A method that a Keras base class or a data set provides; None where nothing is known."""
    if name == "enter_context" and receiver.cls == "contextlib.ExitStack" and arguments:
        return _enter_context(x, receiver, arguments[0].value, node)
    if name == "_replace" and isinstance(receiver.cls, Class):
        return replaced_instance(x, receiver, arguments, node)
    if is_dataset(receiver):
        return dataset_method(x, receiver, name, arguments, node)
    if name == "compile":
        _note_compiled_loss(x, receiver, arguments, node)
    if name in ("apply_gradients", "apply") and receiver.cls is None:
        return UNKNOWN
    if name == "minimize":
        return _minimize(x, receiver, arguments, node)
    kind = class_kind(receiver)
    values = [entry.value for entry in arguments]
    if not kind:
        if name in _HOST_API and receiver.cls is None:
            return _host_value_of_unknown(x, receiver, name, values, node)
        return None
    if name == "add_weight" and kind in _OWNERS:
        trainable = argument(arguments, 99, "trainable")
        frozen = trainable is not None and x.constant_of(trainable.value) is False
        dtype = argument(arguments, 99, "dtype")
        label = argument(arguments, 99, "name")
        spelled = x.constant_of(label.value) if label is not None else "weight"
        meaning = dtype_of(x, dtype.value) if dtype is not None else "float"
        data = new_variable(x, node, str(spelled), not frozen, meaning)
        assert data.identity is not None
        x.sources[data.identity].is_keras = True
        x.sources[data.identity].owners.add(receiver.identity)
        return data
    found = member(kind, name)
    if found is None:
        return None
    if found.kind in ("static", "state", "variables", "trainable", "non-trainable"):
        for value in values:
            escape(x, value)
        if name == "add" and values:
            x.own(receiver.identity, values[0])
            layers = attributes.attribute_of(x, receiver, "layers")
            if isinstance(layers, ListRef):
                from tflint_grad.flow.methods import appended

                content = heap.contents(x, layers)
                assert isinstance(content, Sequence)
                x.store.set(("list", layers.identity), appended(x, content, values[0]))
            elif isinstance(receiver.cls, str) and canonical(receiver.cls) == "keras.Sequential":
                listed = heap.new_list(x, Sequence((values[0],), None, "list"))
                x.store.set(("attribute", receiver.identity, "layers"), listed)
        if name == "get_layer":
            return Object(x.child(receiver.identity, ".layer[*]", SourceKind.MODEL), "keras.Layer")
        if kind == "metric" and name == "update_state":
            _remember(x, receiver, values, node)
        return NONE if found.kind == "state" else STATIC
    if found.kind == "host":
        if name == "get_weights":
            return Data(Kind.NDARRAY)
        if name == "fit":
            return UNKNOWN
        return _host_value(x, receiver, name, values, node)
    if found.kind == "result":
        groups = x.groups(values)
        if name == "__call__":
            _remember(x, receiver, values, node)
        content = x.store.get(("content", receiver.identity))
        if content:
            groups.append(content)
        return x.break_paths(
            node, Break.KERAS_HOST, receiver, groups, Kind.TENSOR, "float", qualified=f".{name}"
        )
    if found.kind == "call":
        if kind in _OWNERS and name in ("__call__", "call"):
            return call_value(x, receiver, arguments, node)
        groups = [*x.groups(values)]
        if kind in _OWNERS and name == "predict_step":
            groups.append({receiver.identity: LEAF})
        if name in ("compute_loss", "compiled_loss"):
            # The prediction flows for sure; losses that layers have added may come on top.
            flowing = x.operate(node, groups, Kind.TENSOR, "float")
            return replace(flowing, paths=combined((flowing.paths, x.opaque(node, ()).paths)))
        if name in ("scale_loss", "get_scaled_loss"):
            return x.operate(node, groups, Kind.TENSOR, "float")  # a multiple of the loss
        return x.opaque(node, groups)
    if found.kind == "gradient":
        for value in values:
            run_callback(x, value, node)
            escape(x, value)
        return UNKNOWN
    return None


#: Methods of a model that run a loop of their own and return host values.
_HOST_API = frozenset(
    ("predict", "predict_on_batch", "evaluate", "train_on_batch", "test_on_batch")
)
#: TF 2.21: these raise in a tf.function; `train_on_batch` and `test_on_batch` return tensors there.
_RAISE_IN_GRAPH = frozenset(("predict", "predict_on_batch", "evaluate"))


def _host_value_of_unknown(
    x: Execution, receiver: Object, name: str, values: Many[Value], node: cst.CSTNode
) -> Data | None:
    """An object of unknown class is a model of Keras if its methods, here or elsewhere in the file,
    are those of no other library; it may be one if it is trained."""
    called = _last_name(node)
    if name.endswith("_on_batch") or called in x.survey.keras_like:
        return _host_value(x, receiver, name, values, node)
    if called not in x.survey.trained:
        return None
    result = _host_value(x, receiver, name, values, node)
    return replace(result, paths=unsure(result.paths))


def _last_name(node: cst.CSTNode) -> str:
    """`model` of `self.model.predict(…)`."""
    import libcst as cst

    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return ""
    return _name_of(node.func.value)


def _called_name(node: cst.CSTNode) -> str:
    """`model` of `self.model(…)`."""
    import libcst as cst

    return _name_of(node.func) if isinstance(node, cst.Call) else ""


def _name_of(node: cst.CSTNode) -> str:
    import libcst as cst

    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _host_value(
    x: Execution, receiver: Object, name: str, values: Many[Value], node: cst.CSTNode
) -> Data:
    groups = [*x.groups(values), {receiver.identity: LEAF}]
    in_graph = x.context.is_graph and name in _RAISE_IN_GRAPH
    # TF 2.15 to 2.21: with Keras 2 `predict` raises LookupError (IteratorGetNext) in an open tape.
    in_tape = (
        name.startswith("predict") and _is_of_keras2(x, receiver) and not x.survey.runs_eagerly
    )
    result = Kind.NDARRAY if name.startswith("predict") else Kind.HOST
    return x.break_paths(
        node,
        Break.KERAS_HOST,
        receiver,
        groups,
        result,
        qualified=f".{name}",
        symbolic=in_graph or in_tape,
    )


def _is_of_keras2(x: Execution, receiver: Object) -> bool:
    """By its class, or because the file speaks of Keras 2 alone."""
    if receiver.cls is None:
        return "tf_keras" in x.survey.modules and "keras" not in x.survey.modules
    bases = receiver.cls.library_bases() if isinstance(receiver.cls, Class) else (receiver.cls,)
    return any(keras_class(base) is not None and is_keras2(base) for base in bases)


def _remember(x: Execution, metric: Object, values: Many[Value], node: cst.CSTNode) -> None:
    """What a metric was given comes back by `result()`, over all its updates."""
    key = ("content", metric.identity)
    stored = x.operate(node, x.groups(values)).paths
    x.store.set(key, joined((x.store.get(key, NO_PATHS), stored)))


def call_base_method(
    x: Execution, receiver: Super, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`super().name(...)` where the base is a class of a library."""
    this = receiver.receiver
    if not isinstance(this, Object):
        return call_opaque(x, arguments, node)
    if name == "__init__":
        adopt_layers(x, this, arguments)
        return NONE
    if name in ("build", "__init_subclass__", "__setattr__", "__post_init__", "compile"):
        if name == "compile":
            _note_compiled_loss(x, this, arguments, node)
        return NONE
    if name in ("call", "__call__"):
        values = [entry.value for entry in arguments]
        groups: list[Paths] = [{this.identity: LEAF}, *x.groups(values)]
        return _called_object(x, this, groups, node)
    found = call_library_method(x, this, name, arguments, node)
    if found is not None:
        return found
    return call_opaque(x, arguments, node, [x.paths(this)])


def _minimize(
    x: Execution, receiver: Object, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`optimizer.minimize(loss, variables, tape=tape)`: the tape is used by somebody else."""
    for entry in arguments:
        escape(x, entry.value)
        run_callback(x, entry.value, node)
    return UNKNOWN


def _note_compiled_loss(
    x: Execution, model: Object, arguments: Many[Argument], node: cst.CSTNode
) -> None:
    """A function handed to `compile(loss=…)` is asked for its gradient by `fit`."""
    loss = argument(arguments, 1, "loss")
    if loss is None:
        return
    eagerly = argument(arguments, 99, "run_eagerly")
    mode = "autograph" if _is_of_keras2(x, model) else "graph"  # TF 2.21: see `hook_mode`
    if eagerly is not None and x.constant_of(eagerly.value) is not False:
        mode = "eager"
    for value in (loss.value, *heap.parts(x, loss.value)):
        if isinstance(value, Function) or (
            isinstance(value, Object) and isinstance(value.cls, Class)
        ):
            x.hook_losses.append((value, x.station(node), mode))


def _enter_context(x: Execution, stack: Object, value: Value, node: cst.CSTNode) -> Value:
    """`stack.enter_context(tape)`: the tape is left when the stack is."""
    from tflint_grad.flow.tapes import enter

    if isinstance(value, Tape):
        enter(x, value, node)
        x.exit_stacks.setdefault(stack.identity, []).append(value)
    return value
