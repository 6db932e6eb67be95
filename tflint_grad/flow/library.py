"""Calls of functions outside the project: what the tables know of TensorFlow and host libraries."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tflint_grad.flow import heap, names
from tflint_grad.flow.bystanders import Bystander
from tflint_grad.flow.calls import call_opaque, call_value, run_callback, wrapped
from tflint_grad.flow.events import HostUse
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import LEAF, NO_PATHS, Break, Cause, Paths
from tflint_grad.flow.recording import cut_paths, through
from tflint_grad.flow.state import EAGER, SourceKind
from tflint_grad.flow.tapes import argument, open_tape
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    STATIC,
    UNKNOWN,
    Argument,
    Choice,
    Data,
    Function,
    Kind,
    Known,
    Mapped,
    Object,
    Parameters,
    Partial,
    Sequence,
    Value,
    constant,
)
from tflint_grad.knowledge import operations
from tflint_grad.knowledge.host import HostFact, host_function
from tflint_grad.knowledge.names import canonical
from tflint_grad.knowledge.operations import Gradient, OpFact

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

Handler = Callable[["Execution", str, Many[Argument], "cst.CSTNode"], Value]

#: Decorators and wrappers that leave a function what it is.
_TRANSPARENT = (
    "functools.wraps",
    "functools.lru_cache",
    "functools.cache",
    "abc.abstractmethod",
    "typing.overload",
    "typing.override",
    "typing.no_type_check",
    "typing_extensions.override",
    "contextlib.asynccontextmanager",
    "tensorflow.Module.with_name_scope",
    "tensorflow.autograph.experimental.convert",
    "tensorflow.recompute_grad",
    "keras.saving.register_keras_serializable",
    "keras.utils.register_keras_serializable",
    "tensorflow.keras.utils.register_keras_serializable",
    "tensorflow_addons.utils.types.typechecked",
    "typeguard.typechecked",
    "gin.configurable",
    "pytest.fixture",
)


def call_known(x: Execution, qualified: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """The result of calling a function or class of a library, by its qualified name."""
    name = canonical(qualified)
    if name.startswith("builtins."):
        from tflint_grad.flow.builtin_calls import call_builtin

        return call_builtin(x, name[9:], arguments, node)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(x, name, arguments, node)
    if name in _TRANSPARENT or qualified in _TRANSPARENT:
        return _transparent(x, name, arguments)
    host = host_function(name)
    if host is not None:
        return call_host(x, name, host, arguments, node)
    fact = operations.fact(name)
    if fact is not None:
        return call_operation(x, name, fact, arguments, node)
    from tflint_grad.flow.keras_objects import keras_callable

    made = keras_callable(x, name, qualified, arguments, node)
    if made is not None:
        return made
    return _call_unknown(x, name, arguments, node)


def _transparent(x: Execution, name: str, arguments: Many[Argument]) -> Value:
    if name != "functools.wraps" and len(arguments) == 1:
        value = arguments[0].value
        if isinstance(value, Function):
            return value
    return Known("decorator.transparent")


def _call_unknown(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """Something imported that no table knows: a constructor where it is spelled like one."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf[:1].isupper() and not leaf.isupper():
        values = [entry.value for entry in arguments]
        for value in values:
            names.escape(x, value)
            run_callback(x, value, node)
        made = Object(x.new_source(SourceKind.OBJECT, leaf, x.station(node)), name)
        for value in values:
            x.own(made.identity, value)
        computed = [
            paths for paths in x.groups(values) if any(p.tapes is not None for p in paths.values())
        ]
        if computed:
            x.store.set(
                ("content", made.identity), through(x, computed, x.station(node), False, False)
            )
        return made
    if len(arguments) == 1 and isinstance(arguments[0].value, Function) and _is_decorator(x, node):
        return wrapped(arguments[0].value, opaque=True)
    return call_opaque(x, arguments, node)


def _is_decorator(x: Execution, node: cst.CSTNode) -> bool:
    import libcst as cst

    return not isinstance(node, cst.Call)


# --- operations of the table


def call_operation(
    x: Execution, name: str, fact: OpFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """An operation that TensorFlow was measured on."""
    results = [result for entry in arguments for result in run_callback(x, entry.value, node)]
    carried: list[Value] = []
    detached: list[Value] = []
    position = 0
    for entry in arguments:
        key: str | int
        if entry.keyword is not None:
            key = entry.keyword
        else:
            key = position
            position += 1
        (carried if fact.carries(key) or entry.star else detached).append(entry.value)
    groups = x.groups([*carried, *results])
    dtype = _result_dtype(x, fact, arguments)
    if name.rsplit(".", 1)[-1] in _INDEPENDENT:
        return x.operate(node, [], Kind.TENSOR, dtype)
    match fact.kind:
        case "static":
            return STATIC
        case "context":
            return UNKNOWN
        case "print":
            return _printed(x, name, arguments, node)
        case "assert":
            return _asserted(x, arguments, node)
        case "host":
            return _to_host(x, name, fact, arguments, node)
        case "state":
            return x.operate(node, groups, Kind.TENSOR)
        case _:
            pass
    if fact.outputs is not None:
        return _several(x, name, fact, arguments, groups, node)
    result = _result(x, name, fact.gradient, arguments, groups, dtype, node)
    if name in _LISTS or any(name.endswith(f".{leaf}") for leaf in ("split", "unstack")):
        return heap.new_list(x, Sequence((), result, "list"))
    if isinstance(result, Data):
        return _with_detached(x, result, detached, arguments, node, name)
    return result


#: What they return depends on the shape of the argument only: no path, and nothing cut.
_INDEPENDENT = frozenset(
    ("zeros_like", "ones_like", "full_like", "shape", "shape_n", "size", "rank", "zeros", "ones")
)
#: Operations that return a Python list of tensors.
_LISTS = frozenset(
    [
        "tensorflow.meshgrid",
        "tensorflow.dynamic_partition",
        "keras.ops.meshgrid",
        "tensorflow.shape_n",
        "keras.ops.array_split",
        "tensorflow.experimental.numpy.meshgrid",
    ]
)


def _with_detached(
    x: Execution,
    result: Data,
    detached: Many[Value],
    arguments: Many[Argument],
    node: cst.CSTNode,
    name: str,
) -> Data:
    """What comes in by an index, a shape or a condition comes out without its gradient."""
    groups = x.groups(detached)
    if not groups:
        return result
    paths = through(x, groups, x.station(node), True, False)
    live = {source: path for source, path in paths.items() if path.cut is None}
    if live:
        cause = Cause(
            Break.NO_GRADIENT,
            x.station(node),
            text_of(node),
            "",
            name,
            x.context.mode,
            False,
            x.frame.graph_control > 0 and x.context.mode == "autograph",
        )
        paths = {**paths, **cut_paths(live, cause)}
    merged = dict(result.paths)
    for source, path in paths.items():
        merged.setdefault(source, path)
    return replace(result, paths=merged)


def _result(
    x: Execution,
    name: str,
    gradient: Gradient,
    arguments: Many[Argument],
    groups: list[Paths],
    dtype: str,
    node: cst.CSTNode,
) -> Data:
    if gradient is Gradient.FLOWS or not groups:
        return x.operate(node, groups, Kind.TENSOR, dtype)
    kind = {
        Gradient.NONE: Break.NO_GRADIENT,
        Gradient.ZERO: Break.ZERO_GRADIENT,
        Gradient.UNREGISTERED: Break.UNREGISTERED,
    }.get(gradient)
    if kind is None:
        return x.operate(node, groups, Kind.TENSOR, dtype)
    return x.break_paths(
        node,
        kind,
        arguments[0].value if arguments else UNKNOWN,
        groups,
        Kind.TENSOR,
        dtype,
        operand_node=_node_of(arguments),
        qualified=name,
    )


def _node_of(arguments: Many[Argument]) -> cst.CSTNode | None:
    for entry in arguments:
        if entry.place is not None:
            return entry.place.node
    return None


def _several(
    x: Execution,
    name: str,
    fact: OpFact,
    arguments: Many[Argument],
    groups: list[Paths],
    node: cst.CSTNode,
) -> Value:
    assert fact.outputs is not None
    dtypes = fact.output_dtypes or ("",) * len(fact.outputs)
    items = tuple(
        _result(x, name, gradient, arguments, groups, dtype if dtype != "same" else "", node)
        for gradient, dtype in zip(fact.outputs, dtypes, strict=False)
    )
    return Sequence(items)


def _result_dtype(x: Execution, fact: OpFact, arguments: Many[Argument]) -> str:
    if fact.dtype in ("float", "int", "bool", "string", "complex"):
        return fact.dtype
    if fact.dtype in ("same", "cast", "any"):
        asked = argument(arguments, 99, "dtype")
        if asked is not None:
            return dtype_of(x, asked.value)
    if fact.dtype == "same":
        dtypes = {
            value.dtype
            for value in (entry.value for entry in arguments)
            if isinstance(value, Data) and value.kind in (Kind.TENSOR, Kind.VARIABLE)
        }
        if len(dtypes) == 1 and all(
            isinstance(entry.value, Data) and entry.value.kind is not Kind.UNKNOWN
            for entry in arguments
        ):
            return dtypes.pop()
        if "float" in dtypes:
            return "float"
    return ""


def dtype_of(x: Execution, value: Value) -> str:
    """Which kind of numbers a dtype argument means: float, int, bool, string or empty."""
    spelled = ""
    if isinstance(value, Known):
        spelled = value.name.rsplit(".", 1)[-1]
    elif isinstance(x.constant_of(value), str):
        spelled = x.constant_of(value)
    for prefix, meaning in (
        ("float", "float"),
        ("bfloat", "float"),
        ("double", "float"),
        ("half", "float"),
        ("int", "int"),
        ("uint", "int"),
        ("bool", "bool"),
        ("str", "string"),
        ("complex", "complex"),
    ):
        if spelled.startswith(prefix):
            return meaning
    return ""


# --- casts, constants, variables


def _cast(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    index = {"tensorflow.image.convert_image_dtype": 1, "tensorflow.bitcast": 1}.get(name, 1)
    value, dtype = argument(arguments, 0, "x"), argument(arguments, index, "dtype")
    if value is None:
        value = argument(arguments, 0, "image") or argument(arguments, 0, "value")
        value = value or argument(arguments, 0, "input")
    if dtype is None:
        dtype = argument(arguments, 1, "type")
    if value is None:
        return call_opaque(x, arguments, node)
    meaning = dtype_of(x, dtype.value) if dtype is not None else ""
    groups = x.groups((value.value,))
    if meaning in ("int", "bool", "string") and groups:
        return x.break_paths(
            node,
            Break.INTEGER_CAST,
            value.value,
            groups,
            Kind.TENSOR,
            meaning,
            operand_node=value.place.node if value.place is not None else None,
            qualified=name,
        )
    return x.operate(node, groups, Kind.TENSOR, meaning)


def _named_cast(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.compat.v1.to_int32(x)` and its like."""
    meaning = "int" if "int" in name else "float"
    groups = x.groups(entry.value for entry in arguments)
    if meaning == "int" and groups:
        first = arguments[0]
        return x.break_paths(
            node, Break.INTEGER_CAST, first.value, groups, Kind.TENSOR, "int", qualified=name
        )
    return x.operate(node, groups, Kind.TENSOR, meaning)


def _constant(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.constant`: in eager code a tensor passes, a variable does not (TF 2.21)."""
    value = argument(arguments, 0, "value")
    if value is None:
        return call_opaque(x, arguments, node)
    dtype = argument(arguments, 1, "dtype")
    meaning = dtype_of(x, dtype.value) if dtype is not None else _content_dtype(x, value.value)
    groups = x.groups((value.value,))
    is_variable = isinstance(value.value, Data) and value.value.kind is Kind.VARIABLE
    if is_variable and groups:
        return x.break_paths(
            node,
            Break.REWRAP,
            value.value,
            groups,
            Kind.TENSOR,
            meaning,
            operand_node=value.place.node if value.place is not None else None,
            qualified=name,
        )
    holds_tensors = any(x.is_tensor(p) and not x.is_symbolic(p) for p in _all_parts(x, value.value))
    if holds_tensors or (_holds_symbolic(x, value.value) and x.context.is_graph):
        # TF 2.21: tf.constant([t, t]) raises ValueError, in a graph TypeError.
        _host_use(x, node, name, value, Break.REWRAP)
    return x.operate(node, groups, Kind.TENSOR, meaning)


def _all_parts(x: Execution, value: Value, depth: int = 0) -> list[Value]:
    parts = heap.parts(x, value)
    if depth < 3:
        parts = [inner for part in parts for inner in (part, *_all_parts(x, part, depth + 1))]
    return parts


def _content_dtype(x: Execution, value: Value) -> str:
    if isinstance(value, Data):
        return value.dtype
    dtypes = {_content_dtype(x, part) for part in heap.parts(x, value)}
    if dtypes and dtypes <= {"int", "float"}:
        return "float" if "float" in dtypes else "int"
    return dtypes.pop() if len(dtypes) == 1 else ""


def _variable(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    initial = argument(arguments, 0, "initial_value") or argument(arguments, 0, "initializer")
    trainable = argument(arguments, 1, "trainable")
    if name == "keras.Variable":
        trainable = argument(arguments, 3, "trainable")
    dtype = (
        argument(arguments, 6, "dtype")
        if name != "keras.Variable"
        else argument(arguments, 2, "dtype")
    )
    frozen = trainable is not None and x.constant_of(trainable.value) is False
    unclear = trainable is not None and not isinstance(x.constant_of(trainable.value), bool)
    kind = SourceKind.FROZEN if frozen else SourceKind.OBJECT if unclear else SourceKind.VARIABLE
    meaning = dtype_of(x, dtype.value) if dtype is not None else ""
    paths: Paths = NO_PATHS
    if initial is not None:
        meaning = meaning or _content_dtype(x, initial.value)
        groups = [g for g in x.groups((initial.value,)) if g]
        live = {s: p for g in groups for s, p in g.items()}
        if live and not isinstance(initial.value, (Function, Object)):
            broken = x.break_paths(
                node,
                Break.REWRAP,
                initial.value,
                groups,
                Kind.TENSOR,
                operand_node=initial.place.node if initial.place is not None else None,
                qualified=name,
            )
            paths = broken.paths
    identity = x.new_source(kind, _bound_name(x, node), x.station(node))
    x.variable_nodes.add(id(node))
    return Data(Kind.VARIABLE, {**paths, identity: LEAF}, meaning, identity)


def _bound_name(x: Execution, node: cst.CSTNode) -> str:
    return "variable"


def new_variable(x: Execution, node: cst.CSTNode, name: str, trainable: bool, dtype: str) -> Data:
    kind = SourceKind.VARIABLE if trainable else SourceKind.FROZEN
    identity = x.new_source(kind, name, x.station(node))
    return Data(Kind.VARIABLE, {identity: LEAF}, dtype, identity)


# --- host


def call_host(
    x: Execution, name: str, fact: HostFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A function of NumPy, SciPy, math or another library that computes outside TensorFlow."""
    for entry in arguments:
        run_callback(x, entry.value, node)
    if fact.kind in ("static", "context"):
        return STATIC if fact.kind == "static" else UNKNOWN
    result = Kind.HOST if fact.result in ("number", "bool", "string", "none") else Kind.NDARRAY
    dtype = {"bool": "bool", "string": "string"}.get(fact.result, "")
    values = [entry.value for entry in arguments]
    groups = x.groups(values)
    symbolic = next((e for e in arguments if _holds_symbolic(x, e.value)), None)
    kind = Break.HOST_CONVERSION if fact.kind == "conversion" else Break.HOST_CALL
    if symbolic is not None and not fact.in_graph and fact.kind != "passes":
        _host_use(x, node, name, symbolic, kind)
    if fact.kind == "passes":
        return x.operate(node, groups, Kind.UNKNOWN)
    if fact.kind in ("creation", "constant", "predicate", "sink"):
        return Data(result, dtype=dtype)
    if not groups:
        return Data(result, dtype=dtype)
    broken = x.break_paths(
        node,
        kind,
        values[0],
        groups,
        result,
        dtype,
        operation=text_of(node),
        operand_node=_carrier_node(x, arguments),
        qualified=name,
        symbolic=symbolic is not None,
    )
    return _blamed(x, broken, kind, node, name, arguments)


def _blamed(
    x: Execution,
    data: Data,
    kind: Break,
    node: cst.CSTNode,
    name: str,
    arguments: Many[Argument],
) -> Data:
    """`np.exp(x.numpy())`: the conversion serves the host computation, which is what has to change."""
    if kind is not Break.HOST_CALL:
        return data
    station = x.station(node)
    paths = {}
    for source, path in data.paths.items():
        cut = path.cut
        if cut is not None and cut.kind is Break.HOST_CONVERSION and not cut.symbolic:
            operand = _carrier_node(x, arguments)
            cause = replace(
                cut,
                kind=Break.HOST_CALL,
                station=station,
                operation=text_of(node),
                operand=text_of(operand) if operand is not None else cut.operand,
                qualified=name,
            )
            path = replace(path, cut=cause)
        paths[source] = path
    return replace(data, paths=paths)


def _carrier_node(x: Execution, arguments: Many[Argument]) -> cst.CSTNode | None:
    for entry in arguments:
        if entry.place is not None and x.paths(entry.value):
            return entry.place.node
    return _node_of(arguments)


def _holds_symbolic(x: Execution, value: Value, depth: int = 0) -> bool:
    if x.is_symbolic(value):
        return x.context.is_graph
    return depth < 3 and any(_holds_symbolic(x, part, depth + 1) for part in heap.parts(x, value))


def _host_use(x: Execution, node: cst.CSTNode, name: str, entry: Argument, kind: Break) -> None:
    operand = text_of(entry.place.node) if entry.place is not None else ""
    station = x.station(node)
    cause = Cause(kind, station, text_of(node), operand, name, x.context.mode, True)
    x.events.append(HostUse(station, x.context, cause))


def _to_host(
    x: Execution, name: str, fact: OpFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    groups = x.groups(entry.value for entry in arguments)
    kind = Break.HOST_CONVERSION
    if name in ("tensorflow.numpy_function",):
        kind = Break.PYTHON_FUNCTION
    elif name.startswith(("tensorflow.io.", "tensorflow.strings.")):
        kind = Break.NO_GRADIENT
    result = Kind.TENSOR if kind is not Break.HOST_CONVERSION else Kind.NDARRAY
    if name == "tensorflow.numpy_function":
        for entry in arguments[:1]:
            if isinstance(entry.value, Function):
                pass  # its body runs on the host: what happens in it is no step of the path
        second = argument(arguments, 1, "inp")
        groups = x.groups((second.value,)) if second is not None else groups
    if not groups:
        return Data(result)
    return x.break_paths(
        node, kind, UNKNOWN, groups, result, operand_node=_node_of(arguments), qualified=name
    )


def host_method(
    x: Execution, receiver: Value, name: str, node: cst.CSTNode, receiver_node: Any
) -> Value:
    """`.numpy()`, `.item()`, `.tolist()`: the value leaves TensorFlow."""
    groups = x.groups((receiver,))
    result = Kind.HOST if name in ("item",) else Kind.NDARRAY
    symbolic = x.is_symbolic(receiver) and x.context.is_graph
    if symbolic:
        from tflint_grad.flow.values import Argument as Given

        _host_use(x, node, name, Given(receiver, place=receiver_node), Break.HOST_CONVERSION)
    if not groups:
        return Data(result)
    return x.break_paths(
        node,
        Break.HOST_CONVERSION,
        receiver,
        groups,
        result,
        operation=text_of(node),
        operand_node=receiver_node.node if receiver_node is not None else None,
        qualified=f".{name}",
        symbolic=symbolic,
        explicit=True,
    )


def store_into_array(x: Execution, node: cst.CSTNode, receiver: Data, value: Value) -> None:
    """`buffer[i] = tensor` copies the tensor to the host."""
    groups = x.groups((value,))
    if not groups or receiver.cell is None:
        return
    if x.is_tensor(value) or any(p.cut is None for g in groups for p in g.values()):
        broken = x.break_paths(
            node,
            Break.HOST_CONVERSION,
            value,
            groups,
            Kind.NDARRAY,
            operation=f"{text_of(node)} = …",
            qualified="numpy.ndarray.__setitem__",
        )
        groups = [broken.paths]
    key = ("array", receiver.cell)
    from tflint_grad.flow.paths import joined

    x.store.set(key, joined([x.store.get(key, NO_PATHS), *groups]))


# --- printing and asserting


def _printed(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.print(...)` as a statement changes nothing; its value is None."""
    values = [entry.value for entry in arguments if entry.keyword is None]
    groups = x.groups(values)
    for entry, value in zip((e for e in arguments if e.keyword is None), values, strict=False):
        paths = x.paths(value)
        if paths and name == "tensorflow.print" and entry.place is not None:
            x.bystanders.append(
                Bystander(
                    "print",
                    text_of(entry.place.node),
                    paths,
                    x.station(node),
                    x.context,
                    x.frame.loops > 0,
                )
            )
            break
    return _no_value(x, groups, node, arguments, name)


def _asserted(x: Execution, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return _no_value(x, x.groups(entry.value for entry in arguments), node, arguments, "assert")


def _no_value(
    x: Execution,
    groups: list[Paths],
    node: cst.CSTNode,
    arguments: Many[Argument],
    name: str,
) -> Value:
    if not groups:
        return NONE
    broken = x.break_paths(
        node,
        Break.PRINT_VALUE,
        arguments[0].value,
        groups,
        Kind.HOST,
        operand_node=_node_of(arguments),
        qualified=name,
    )
    return replace(broken, constant=NOTHING)


# --- stops


def _stop(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    groups = x.groups(entry.value for entry in arguments)
    value = arguments[0].value if arguments else UNKNOWN
    if not groups:
        return x.operate(node, [], Kind.TENSOR)
    dtype = value.dtype if isinstance(value, Data) else ""
    return x.break_paths(
        node, Break.STOPPED, value, groups, Kind.TENSOR, dtype, operand_node=_node_of(arguments)
    )


# --- wrappers of functions


def _tf_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function = argument(arguments, 0, "func")
    if function is None:
        return Partial(Known(name), (), {e.keyword: e.value for e in arguments if e.keyword})
    autograph = argument(arguments, 99, "autograph")
    compiled = argument(arguments, 99, "jit_compile") or argument(
        arguments, 99, "experimental_compile"
    )
    value = function.value
    if isinstance(value, Object):
        return value
    if isinstance(value, Partial):
        return replace(value, function=wrapped(value.function, graph=True))
    return wrapped(
        value,
        graph=True,
        autograph=autograph is None or x.constant_of(autograph.value) is not False,
        xla=compiled is not None and x.constant_of(compiled.value) is True,
    )


def _first_function(changes: dict[str, Any]) -> Handler:
    def handle(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
        if not arguments:
            return Partial(Known(name), (), {})
        return wrapped(arguments[0].value, **changes)

    return handle


def _role(role: str) -> Handler:
    def handle(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
        value = arguments[0].value if arguments else UNKNOWN
        return replace(value, role=role) if isinstance(value, Function) else value

    return handle


def _partial(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    if not arguments:
        return UNKNOWN
    plain = tuple(entry.value for entry in arguments[1:] if entry.keyword is None)
    keywords = {entry.keyword: entry.value for entry in arguments if entry.keyword}
    return Partial(arguments[0].value, plain, keywords)


def _transparent_decorator(
    x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    return arguments[0].value if arguments else UNKNOWN


def _custom_gradient(
    x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    if not arguments:
        return UNKNOWN
    return wrapped(arguments[0].value, custom_gradient=True)


def _reduce(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`functools.reduce(f, values, initial)`."""
    from tflint_grad.flow.iteration import rounds

    if len(arguments) < 2:
        return UNKNOWN
    values = rounds(x, arguments[1].value, node).values
    if len(arguments) > 2:
        values = [arguments[2].value, *values]
    if not values:
        return UNKNOWN
    state = values[0]
    for value in values[1:]:
        state = call_value(x, arguments[0].value, [Argument(state), Argument(value)], node)
    return state


def _replaced(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`dataclasses.replace(instance, field=value)`."""
    from tflint_grad.flow.keras_objects import replaced_instance

    if not arguments or not isinstance(arguments[0].value, Object):
        return call_opaque(x, arguments, node)
    return replaced_instance(x, arguments[0].value, arguments[1:], node)


def _exit_stack(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return Object(x.new_source(SourceKind.OBJECT, "stack", x.station(node)), name)


# --- higher-order operations


def _cond(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.cond(pred, true_fn, false_fn)`: either branch, as in an `if`."""
    branches = [argument(arguments, 1, "true_fn"), argument(arguments, 2, "false_fn")]
    functions = [entry.value for entry in branches if entry is not None]
    return _either(x, functions, node)


def _either(x: Execution, functions: Many[Value], node: cst.CSTNode) -> Value:
    results: list[Value] = []
    if not functions:
        return UNKNOWN

    def run(function: Value) -> None:
        results.append(call_value(x, function, [], node))

    x.fork([partial(run, function) for function in functions])
    return join_values(results) if results else UNKNOWN


def _switch(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    branches = argument(arguments, 1, "branch_fns")
    content = heap.parts(x, branches.value) if branches is not None else []
    functions: list[Value] = []
    for part in content:
        functions.extend(heap.parts(x, part)[1:] if isinstance(part, Sequence) else [part])
    return _either(x, functions, node) if functions else call_opaque(x, arguments, node)


def _while_loop(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    condition = argument(arguments, 0, "cond")
    body = argument(arguments, 1, "body")
    variables = argument(arguments, 2, "loop_vars")
    if condition is None or body is None or variables is None:
        return call_opaque(x, arguments, node)
    state: Value = variables.value
    x.frame.loops += 1
    x.frame.graph_control += 1
    for _ in range(2):
        content = heap.resolved(x, state)
        single = not isinstance(content, Sequence)
        given = [Argument(content)] if single else [Argument(content, star="*")]
        call_value(x, condition.value, given, node)
        state = call_value(x, body.value, given, node)
    x.frame.loops -= 1
    x.frame.graph_control -= 1
    first = heap.resolved(x, variables.value)
    last = heap.resolved(x, state)
    return join_values([first, last]) if isinstance(last, Sequence) else last


def _element(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return replace(content, items=tuple(_element(x, item, node) for item in content.items))
    return x.operate(node, x.groups((content,)), Kind.TENSOR, _content_dtype(x, content))


def _map_fn(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function = argument(arguments, 0, "fn") or argument(arguments, 0, "f")
    function = function or argument(arguments, 0, "function")
    elements = argument(arguments, 1, "elems") or argument(arguments, 1, "elements")
    if function is None or elements is None:
        return call_opaque(x, arguments, node)
    x.frame.loops += 1
    x.frame.graph_control += 1
    result = call_value(x, function.value, [Argument(_element(x, elements.value, node))], node)
    x.frame.loops -= 1
    x.frame.graph_control -= 1
    return _stacked(x, result, node)


def _stacked(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return replace(content, items=tuple(_stacked(x, item, node) for item in content.items))
    dtype = content.dtype if isinstance(content, Data) else ""
    return x.operate(node, x.groups((content,)), Kind.TENSOR, dtype)


def _fold(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function, elements = argument(arguments, 0, "fn"), argument(arguments, 1, "elems")
    initial = argument(arguments, 2, "initializer")
    if function is None or elements is None:
        return call_opaque(x, arguments, node)
    element = _element(x, elements.value, node)
    state: Value = initial.value if initial is not None else element
    x.frame.loops += 1
    x.frame.graph_control += 1
    for _ in range(2):
        state = call_value(x, function.value, [Argument(state), Argument(element)], node)
    x.frame.loops -= 1
    x.frame.graph_control -= 1
    return _stacked(x, state, node)


def _py_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """Differentiable while its body stays in TensorFlow: the body decides."""
    function, inputs = argument(arguments, 0, "func"), argument(arguments, 1, "inp")
    if function is None or inputs is None:
        return call_opaque(x, arguments, node)
    given = [Argument(_eager(value)) for value in heap.parts(x, inputs.value)]
    context, x.frame.context = x.frame.context, EAGER  # the body runs eagerly, also in a graph
    result = call_value(x, function.value, given, node)
    x.frame.context = context
    if not isinstance(result, Data):
        return result
    paths = {
        source: replace(path, cut=replace(path.cut, kind=Break.PYTHON_FUNCTION))
        if path.cut is not None and path.cut.kind in (Break.HOST_CALL, Break.HOST_CONVERSION)
        else path
        for source, path in result.paths.items()
    }
    return replace(result, kind=Kind.TENSOR, paths=paths, symbolic=context.is_graph)


def _eager(value: Value) -> Value:
    return replace(value, symbolic=False) if isinstance(value, Data) else value


# --- structures


def _nest_map(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    plain = [entry.value for entry in arguments if entry.keyword is None]
    if len(plain) < 2:
        return call_opaque(x, arguments, node)
    return _mapped(x, plain[0], plain[1:], node)


def _mapped(x: Execution, function: Value, structures: Many[Value], node: cst.CSTNode) -> Value:
    contents = [heap.resolved(x, structure) for structure in structures]
    first = contents[0]
    if isinstance(first, Sequence) and all(isinstance(c, Sequence) for c in contents):
        lengths = {len(c.items) for c in contents if isinstance(c, Sequence)}
        if len(lengths) == 1:
            items = tuple(
                _mapped(x, function, row, node)
                for row in zip(*(c.items for c in contents if isinstance(c, Sequence)), strict=True)
            )
            rest = None
            if first.rest is not None:
                rest = call_value(x, function, [Argument(first.rest)] * len(contents), node)
            result = Sequence(items, rest, first.kind)
            return heap.new_list(x, result) if first.kind == "list" else result
    if isinstance(first, Mapped):
        values = {k: _mapped(x, function, [v], node) for k, v in first.items.items()}
        return heap.new_dict(x, Mapped(values))
    return call_value(x, function, [Argument(content) for content in contents], node)


def _clip_by_global_norm(
    x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A list of clipped tensors, in the order of the argument, and their norm."""
    listed = argument(arguments, 0, "t_list")
    if listed is None:
        return call_opaque(x, arguments, node)
    content = heap.resolved(x, listed.value)
    norm = x.operate(node, x.groups((listed.value,)), Kind.TENSOR, "float")
    if isinstance(content, Sequence):
        items = tuple(x.operate(node, x.groups((item,)), Kind.TENSOR) for item in content.items)
        rest = None
        if content.rest is not None:
            rest = x.operate(node, x.groups((content.rest,)), Kind.TENSOR)
        clipped = Sequence(items, rest, "list")
    else:
        clipped = Sequence((), x.operate(node, x.groups((content,)), Kind.TENSOR), "list")
    return Sequence((heap.new_list(x, clipped), norm))


def _nest_flatten(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    def leaves(value: Value) -> list[Value]:
        content = heap.resolved(x, value)
        if isinstance(content, (Sequence, Mapped)):
            if content.rest is not None:
                return [Sequence((), join_values(heap.parts(x, content)), "list")]
            return [leaf for part in heap.parts(x, content) for leaf in leaves(part)]
        return [content]

    if not arguments:
        return UNKNOWN
    found = leaves(arguments[0].value)
    if len(found) == 1 and isinstance(found[0], (Parameters, Sequence)):
        return found[0]
    if any(isinstance(leaf, (Parameters, Sequence)) for leaf in found):
        return Sequence((), join_values(found), "list")
    return heap.new_list(x, Sequence(tuple(found), None, "list"))


def _nest_pack(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    flat = argument(arguments, 1, "flat_sequence")
    return flat.value if flat is not None else UNKNOWN


def _is_tensor_test(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return STATIC


def _make_array(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """An ndarray that may be filled element by element."""
    symbolic = next((e for e in arguments if _holds_symbolic(x, e.value)), None)
    if symbolic is not None:
        _host_use(x, node, name, symbolic, Break.HOST_CALL)
    return Data(Kind.NDARRAY, cell=x.fresh())


_SPECIAL: dict[str, Handler] = {
    "tensorflow.GradientTape": lambda x, name, arguments, node: open_tape(x, arguments, node),
    "tensorflow.function": _tf_function,
    "tensorflow.autograph.experimental.do_not_convert": _first_function({"converted": False}),
    "tensorflow.custom_gradient": _custom_gradient,
    "keras.ops.custom_gradient": _custom_gradient,
    "tensorflow.grad_pass_through": _custom_gradient,
    "contextlib.contextmanager": _first_function({"context_manager": True}),
    "builtins.staticmethod": _role("staticmethod"),
    "functools.cached_property": _role("property"),
    "abc.abstractproperty": _role("property"),
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "dataclasses.replace": _replaced,
    "dataclasses.field": lambda x, name, arguments, node: Partial(
        Known(name), (), {e.keyword: e.value for e in arguments if e.keyword}
    ),
    "dataclasses.dataclass": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "attr.s": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "attrs.define": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "contextlib.ExitStack": _exit_stack,
    "functools.partialmethod": _partial,
    "decorator.transparent": _transparent_decorator,
    "tensorflow.Variable": _variable,
    "tensorflow.compat.v1.Variable": _variable,
    "tensorflow.compat.v1.get_variable": lambda x, n, a, node: call_opaque(x, a, node),
    "keras.Variable": _variable,
    "tensorflow.constant": _constant,
    "tensorflow.cast": _cast,
    "tensorflow.dtypes.cast": _cast,
    "tensorflow.saturate_cast": _cast,
    "tensorflow.bitcast": _cast,
    "tensorflow.image.convert_image_dtype": _cast,
    "keras.ops.cast": _cast,
    "keras.backend.cast": _cast,
    "tensorflow.compat.v1.to_int32": _named_cast,
    "tensorflow.compat.v1.to_int64": _named_cast,
    "tensorflow.to_int32": _named_cast,
    "tensorflow.to_int64": _named_cast,
    "tensorflow.compat.v1.to_float": _named_cast,
    "tensorflow.to_float": _named_cast,
    "tensorflow.stop_gradient": _stop,
    "keras.ops.stop_gradient": _stop,
    "keras.backend.stop_gradient": _stop,
    "tensorflow.cond": _cond,
    "keras.ops.cond": _cond,
    "tensorflow.switch_case": _switch,
    "tensorflow.while_loop": _while_loop,
    "keras.ops.while_loop": _while_loop,
    "tensorflow.map_fn": _map_fn,
    "tensorflow.vectorized_map": _map_fn,
    "keras.ops.map": _map_fn,
    "keras.ops.vectorized_map": _map_fn,
    "tensorflow.scan": _fold,
    "tensorflow.foldl": _fold,
    "tensorflow.foldr": _fold,
    "tensorflow.py_function": _py_function,
    "tensorflow.clip_by_global_norm": _clip_by_global_norm,
    "tensorflow.nest.map_structure": _nest_map,
    "tensorflow.nest.flatten": _nest_flatten,
    "tensorflow.nest.pack_sequence_as": _nest_pack,
    "tensorflow.is_tensor": _is_tensor_test,
    "tensorflow.executing_eagerly": lambda x, name, arguments, node: constant(
        not x.context.is_graph
    ),
}


for _name in (
    "zeros",
    "ones",
    "empty",
    "full",
    "zeros_like",
    "ones_like",
    "empty_like",
    "full_like",
):
    _SPECIAL[f"numpy.{_name}"] = _make_array

__all__ = ["Choice", "call_known", "dtype_of", "host_method", "new_variable"]
