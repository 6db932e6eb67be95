"""Host values that are meant to be mere numbers: weights and targets of reinforcement learning.

`advantage = returns - values.numpy()` times a log probability: the difference of what happened and
what its own estimate said weighs the loss of the policy; the estimate is trained by a term of its
own. It has that role where all of this holds: the difference with data was taken, it is a factor of
something that is computed and live, and the very tensor that was turned into a host value reaches
the target by another way.

`rewards + 0.99 * net(successors).numpy() - net(states)`: what came plus what is expected is what a
live estimate is compared with. The tensor that was turned into a host value is no part of that
estimate: `h - h.numpy().mean()` has lost a part.

`x + (quantised - x.numpy())` has the gradient of x on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import names
from tflint_grad.flow.paths import (
    ANYTHING,
    HOST_BREAKS,
    NO_CONVERSION,
    Cause,
    Conversion,
    Path,
    Paths,
    combined,
    recast,
)
from tflint_grad.flow.values import NOTHING, Data, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: What only arranges the values of its first argument.
ARRANGES = frozenset(("squeeze", "reshape", "flatten", "ravel", "expand_dims", "cast", "identity"))
_DIFFERENCES = ("keras.ops.subtract", "tensorflow.math.squared_difference", "tensorflow.subtract")


def conversion(x: Execution, node: cst.CSTNode | None) -> Conversion:
    """What is turned into a host value.

    `values[:, 0].numpy()`, `(returns - values).numpy()`, `(rewards + 0.99 * expected).numpy()`.
    """
    while isinstance(node, (cst.Subscript, cst.Call)):
        if isinstance(node, cst.Subscript):
            node = node.value
        elif node.args and isinstance(node.func, cst.Attribute):
            if node.func.attr.value not in ARRANGES:
                return NO_CONVERSION
            node = node.args[0].value
        else:
            return NO_CONVERSION
    if isinstance(node, cst.BinaryOperation) and _does(node, cst.Subtract):
        sides = (conversion(x, side).identity for side in (node.right, node.left))
        return Conversion(next((side for side in sides if side is not None), None), True)
    if _does(node, cst.Add):
        return Conversion(is_sum=True)
    found = names.read_name(x, node.value) if isinstance(node, cst.Name) else None
    if not isinstance(found, Data):
        return NO_CONVERSION
    made = None if found.made is None else found.made.station.place.node
    return Conversion(found.identity, _does(made, cst.Subtract), _does(made, cst.Add))


def _does(node: cst.CSTNode | None, operator: type[cst.BaseBinaryOp]) -> bool:
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, operator)


def combine_roles(x: Execution, symbol: str, left: Value, right: Value) -> list[Paths]:
    """The paths of two operands, where each host value is told the role that it has here."""
    groups = x.groups((left, right))
    if symbol not in "+-*" or all(p.cut is None for g in groups for p in g.values()):
        return groups
    result = []
    for value, other in ((left, right), (right, left)):
        paths, others = x.paths(value), x.paths(other)
        if symbol == "*":
            result.append(weighing(paths, [others]))
        elif symbol == "+":
            result.append(_straight_through(_estimating(paths, other, others), other))
        else:
            result.append(_aimed_at(_compared(paths, other), others))
    return [paths for paths in result if paths]


def _estimating(paths: Paths, other: Value, others: Paths) -> Paths:
    """`rewards + 0.99 * net(successors).numpy()`: a host value beside data, or a reward that is fixed."""
    if isinstance(other, Data) and other.constant is not NOTHING and not _is_reward(other.constant):
        return paths

    def is_expected(source: int, cause: Cause) -> bool:
        return cause.kind in HOST_BREAKS and (source not in others or _estimates(others[source]))

    return recast(paths, is_expected, estimates=True)


def _is_reward(constant: object) -> bool:
    """A number that counts; what is smaller keeps a quotient or a root finite."""
    return isinstance(constant, (int, float)) and abs(constant) > 0.001


def _estimates(path: Path) -> bool:
    return path.cut is not None and path.cut.estimates


def _straight_through(paths: Paths, other: Value) -> Paths:
    """`x + (quantised - x.numpy())`: the value of one thing with the gradient of the other."""
    own = other.identity if isinstance(other, Data) else None
    if own is None:
        return paths
    return recast(paths, lambda _, cut: cut.compared and cut.converted == own, meant=True)


def takes_difference(name: str) -> bool:
    """Whether an operation compares its operands."""
    return name in _DIFFERENCES or name.startswith("keras.losses.")


def compared(groups: Sequence[Paths]) -> list[Paths]:
    """Operands whose difference is taken: `mse(targets, net(states))`."""
    return [_aimed_at(paths, combined(g for g in groups if g is not paths)) for paths in groups]


def _aimed_at(paths: Paths, others: Paths) -> Paths:
    """An estimate is a constant on purpose where something live is compared with it."""

    def is_target(source: int, cut: Cause) -> bool:
        live = others.get(source)
        return (
            cut.estimates and live is not None and live.cut is None and cut.converted not in others
        )

    return recast(paths, is_target, meant=True)


def _compared(paths: Paths, other: Value) -> Paths:
    """`returns - values.numpy()`; and `values - returns` of returns that were estimated by `values`."""
    if isinstance(other, Data) and other.constant is not NOTHING:
        return paths
    own = other.identity if isinstance(other, Data) else None
    return {source: _with_role(path, own) for source, path in paths.items()}


def _with_role(path: Path, own: int | None) -> Path:
    cut = path.cut
    if cut is None or cut.converted is None:
        return path
    weighs = cut.weighs or cut.converted == own
    if cut.compared and weighs == cut.weighs:
        return path
    return replace(path, cut=replace(cut, compared=True, weighs=weighs))


def weighing(paths: Paths, others: Iterable[Paths]) -> Paths:
    """The paths of a factor: what was compared is a weight where another factor is live."""
    if not any(p.cut is not None and p.cut.compared and not p.cut.weighs for p in paths.values()):
        return paths
    if not any(_is_computed(source, path) for o in others for source, path in o.items()):
        return paths
    return recast(paths, lambda _, cut: cut.compared, weighs=True)


def _is_computed(source: int, path: Path) -> bool:
    """A multiplier that is a variable itself makes a penalty, no weight."""
    return source != ANYTHING and path.cut is None and path.tapes is not None


def weighed(groups: Sequence[Paths]) -> list[Paths]:
    """The factors of one product."""
    return [weighing(paths, [other for other in groups if other is not paths]) for paths in groups]


def is_weight(cause: Cause, paths: Paths) -> bool:
    """Whether a lost part is a weight whose own tensor stays live on the way to the same target."""
    if not cause.is_weight or cause.converted is None:
        return False
    own = paths.get(cause.converted)
    return own is not None and own.cut is None
