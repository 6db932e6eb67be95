"""Calls of functions outside the project: which room knows what they do."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import adopting_object, call_opaque, run_callback, wrapped
from tflint_grad.flow.higher_order import (
    either_branch,
    fold,
    map_fn,
    stopping,
    switch_case,
    vectorized_map,
    while_loop,
)
from tflint_grad.flow.host import call_host, make_array
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.methods import update_variable
from tflint_grad.flow.operations import call_operation, stop
from tflint_grad.flow.python_functions import called, decorated, numpy_function, py_function
from tflint_grad.flow.structures import (
    chained,
    clip_by_global_norm,
    nest_flatten,
    nest_map,
    nest_pack,
    static_shape,
)
from tflint_grad.flow.tapes import open_tape
from tflint_grad.flow.values import (
    STATIC,
    Argument,
    Function,
    Known,
    Partial,
    Value,
    constant,
)
from tflint_grad.flow.variables import cast, make_constant, make_variable, named_cast
from tflint_grad.flow.wrappers import (
    TRANSPARENT,
    cached,
    custom_gradient,
    exit_stack,
    make_partial,
    reduce_values,
    replaced,
    role,
    same_function,
    tf_function,
    transparent,
    wrap_first,
)
from tflint_grad.knowledge import operations
from tflint_grad.knowledge.host import host_function
from tflint_grad.knowledge.names import canonical

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

Handler = Callable[["Execution", str, Many[Argument], "cst.CSTNode"], Value]


def call_known(x: Execution, qualified: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """The result of calling a function or class of a library, by its qualified name."""
    if x.taught:
        from tflint_grad.flow.taught import call_taught, fact_of_name

        said = fact_of_name(x, qualified)
        if said is not None:
            return call_taught(x, said, arguments, node)
    name = canonical(qualified)
    if name.startswith("builtins."):
        from tflint_grad.flow.builtin_calls import call_builtin

        return call_builtin(x, name[9:], arguments, node)
    special = _SPECIAL.get(name)
    if special is not None:
        if special in _HIGHER_ORDER:
            x.tuple_calls.add(id(node))  # what the function that is handed in makes
        return special(x, name, arguments, node)
    if name in TRANSPARENT or qualified in TRANSPARENT:
        return transparent(x, name, arguments)
    host = host_function(name)
    if host is not None:
        return call_host(x, name, host, arguments, node)
    fact = operations.fact(qualified)  # as it is written: Keras 2 has facts of its own
    if fact is not None:
        if fact.kind == "higher-order":
            x.tuple_calls.add(id(node))
        return call_operation(x, name, fact, arguments, node)
    from tflint_grad.flow.keras_objects import keras_callable

    made = keras_callable(x, name, qualified, arguments, node)
    if made is not None:
        return made
    return _call_unknown(x, name, arguments, node)


def _call_unknown(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """Something imported that no table knows: a constructor where it is spelled like one."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf[:1].isupper() and leaf not in _CAPITAL_FUNCTIONS:
        values = [entry.value for entry in arguments]
        for value in values:
            escape(x, value)
            run_callback(x, value, node)
        return adopting_object(x, values, leaf, name, node)
    if len(arguments) == 1 and isinstance(arguments[0].value, Function) and _is_decorator(x, node):
        return wrapped(arguments[0].value, opaque=True)
    return call_opaque(x, arguments, node)


#: Names of losses that are functions, spelled like classes.
_CAPITAL_FUNCTIONS = frozenset(("MSE", "MAE", "MAPE", "MSLE", "KLD", "BCE", "CCE", "SSIM", "PSNR"))


def _is_decorator(x: Execution, node: cst.CSTNode) -> bool:
    import libcst as cst

    return not isinstance(node, cst.Call)


def _is_tensor_test(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return STATIC


def _deque(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """A list with two ends; what falls out of one of a greatest length cannot be told."""
    if argument(arguments, 1, "maxlen") is not None:
        return _call_unknown(x, name, arguments, node)
    return call_known(x, "builtins.list", arguments, node)


_HIGHER_ORDER = frozenset((either_branch, fold, map_fn, switch_case, vectorized_map, while_loop))
_SPECIAL: dict[str, Handler] = {
    "tensorflow.GradientTape": lambda x, name, arguments, node: open_tape(x, arguments, node),
    "tensorflow.function": tf_function,
    "tensorflow.autograph.to_graph": wrap_first({}),
    "tensorflow.autograph.experimental.do_not_convert": wrap_first({"converted": False}),
    "tensorflow.custom_gradient": custom_gradient,
    "keras.ops.custom_gradient": custom_gradient,
    "tensorflow.grad_pass_through": custom_gradient,
    "collections.OrderedDict": lambda x, name, given, node: call_known(
        x, "builtins.dict", given, node
    ),
    "collections.deque": _deque,
    "contextlib.contextmanager": same_function,
    "builtins.staticmethod": role("staticmethod"),
    "functools.cached_property": role("property", cached=True),
    "functools.lru_cache": cached,
    "functools.cache": cached,
    "abc.abstractproperty": role("property"),
    "functools.partial": make_partial,
    "functools.reduce": reduce_values,
    "itertools.chain": chained,
    "itertools.chain.from_iterable": chained,
    "dataclasses.replace": replaced,
    "dataclasses.field": lambda x, name, arguments, node: Partial(
        Known(name), (), {e.keyword: e.value for e in arguments if e.keyword}
    ),
    "dataclasses.dataclass": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "attr.s": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "attrs.define": lambda x, name, arguments, node: Partial(Known(name), (), {}),
    "contextlib.ExitStack": exit_stack,
    "functools.partialmethod": make_partial,
    "decorator.transparent": same_function,
    "tensorflow.Variable": make_variable,
    "tensorflow.compat.v1.Variable": make_variable,
    # A list, or what the structure of its sources is.
    "tensorflow.gradients": lambda x, n, a, node: call_opaque(x, a, node),
    "tensorflow.hessians": lambda x, n, a, node: call_opaque(x, a, node),
    "tensorflow.compat.v1.get_variable": lambda x, n, a, node: call_opaque(x, a, node),
    "keras.Variable": make_variable,
    **dict.fromkeys(
        (
            "keras.backend.update",
            "keras.backend.update_add",
            "keras.backend.update_sub",
            "keras.backend.moving_average_update",
        ),
        update_variable,
    ),
    "tensorflow.constant": make_constant,
    "tensorflow.cast": cast,
    "tensorflow.dtypes.cast": cast,
    "tensorflow.saturate_cast": cast,
    "tensorflow.bitcast": cast,
    "tensorflow.image.convert_image_dtype": cast,
    "keras.ops.cast": cast,
    "keras.backend.cast": cast,
    "tensorflow.compat.v1.to_int32": named_cast,
    "tensorflow.compat.v1.to_int64": named_cast,
    "tensorflow.to_int32": named_cast,
    "tensorflow.to_int64": named_cast,
    "tensorflow.compat.v1.to_float": named_cast,
    "tensorflow.to_float": named_cast,
    "tensorflow.stop_gradient": stop,
    "keras.ops.stop_gradient": stop,
    "keras.backend.stop_gradient": stop,
    "tensorflow.cond": either_branch,
    "keras.ops.cond": either_branch,
    "tensorflow.switch_case": switch_case,
    "tensorflow.while_loop": stopping(while_loop, 5),
    "keras.ops.while_loop": while_loop,
    "tensorflow.map_fn": stopping(map_fn, 4),
    "tensorflow.vectorized_map": vectorized_map,
    "keras.ops.map": map_fn,
    "keras.ops.vectorized_map": vectorized_map,
    "tensorflow.scan": stopping(fold, 4),
    "tensorflow.foldl": stopping(fold, 4),
    "tensorflow.foldr": stopping(fold, 4),
    "tensorflow.py_function": py_function,
    "tensorflow.numpy_function": numpy_function,
    "tensorflow.py_func": numpy_function,
    "decorator.tensorflow.py_function": decorated,
    "decorator.tensorflow.numpy_function": decorated,
    "called.tensorflow.py_function": called,
    "called.tensorflow.numpy_function": called,
    "tensorflow.clip_by_global_norm": clip_by_global_norm,
    "keras.ops.shape": static_shape,
    "keras.backend.int_shape": static_shape,
    "tensorflow.nest.map_structure": nest_map,
    "tensorflow.nest.flatten": nest_flatten,
    "tensorflow.nest.pack_sequence_as": nest_pack,
    "keras.tree.map_structure": nest_map,
    "keras.tree.flatten": nest_flatten,
    "keras.tree.pack_sequence_as": nest_pack,
    "tensorflow.is_tensor": _is_tensor_test,
    # Keras on another backend is no TensorFlow code.
    "keras.backend.backend": lambda x, name, arguments, node: constant("tensorflow"),
    "keras.config.backend": lambda x, name, arguments, node: constant("tensorflow"),
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
    _SPECIAL[f"numpy.{_name}"] = make_array
