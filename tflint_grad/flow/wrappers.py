"""Wrappers of functions: tf.function, partial, custom gradients, records, exit stacks."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_opaque, call_value, wrapped
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Function,
    Known,
    Object,
    Partial,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

Handler = Callable[["Execution", str, Many[Argument], "cst.CSTNode"], Value]


#: Decorators and wrappers that leave a function what it is.
TRANSPARENT = (
    "functools.wraps",
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


def transparent(x: Execution, name: str, arguments: Many[Argument]) -> Value:
    if name != "functools.wraps" and len(arguments) == 1:
        value = arguments[0].value
        if isinstance(value, Function):
            return value
    return Known("decorator.transparent")


def tf_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
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


def wrap_first(changes: dict[str, Any]) -> Handler:
    def handle(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
        if not arguments:
            return Partial(Known(name), (), {})
        return wrapped(arguments[0].value, **changes)

    return handle


def role(role: str, **changes: Any) -> Handler:
    def handle(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
        value = arguments[0].value if arguments else UNKNOWN
        if not isinstance(value, Function):
            return value
        return wrapped(replace(value, role=role), **changes)

    return handle


def cached(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`functools.cache`, or `functools.lru_cache(maxsize=8)`, which makes the decorator."""
    if arguments and isinstance(arguments[0].value, Function):
        return wrapped(arguments[0].value, cached=True)
    return Known("functools.cache")


def make_partial(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    if not arguments:
        return UNKNOWN
    plain = tuple(entry.value for entry in arguments[1:] if entry.keyword is None)
    keywords = {entry.keyword: entry.value for entry in arguments if entry.keyword}
    return Partial(arguments[0].value, plain, keywords)


def same_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return arguments[0].value if arguments else UNKNOWN


def custom_gradient(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function = arguments[0].value if arguments else UNKNOWN
    # `tf.grad_pass_through(tf.round)`: what comes back is no library function any more.
    return wrapped(function, custom_gradient=True) if isinstance(function, Function) else UNKNOWN


def reduce_values(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
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


def replaced(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`dataclasses.replace(instance, field=value)`."""
    from tflint_grad.flow.keras_objects import replaced_instance

    if not arguments or not isinstance(arguments[0].value, Object):
        return call_opaque(x, arguments, node)
    return replaced_instance(x, arguments[0].value, arguments[1:], node)


def exit_stack(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    return Object(x.new_source(SourceKind.OBJECT, "stack", x.station(node)), name)
