"""Printing and asserting: statements that change nothing, and values that are none."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow.arguments import node_of
from tflint_grad.flow.bystanders import Bystander
from tflint_grad.flow.paths import Break, Paths
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    Argument,
    Kind,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


def printed(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.print(...)` as a statement changes nothing; its value is None."""
    values = [entry.value for entry in arguments if entry.keyword is None]
    groups = x.groups(values)
    for entry, value in zip((e for e in arguments if e.keyword is None), values, strict=False):
        paths = x.paths(value)
        if paths and name == "tensorflow.print" and x.statement is node and entry.place is not None:
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


def asserted(x: Execution, arguments: Many[Argument], node: cst.CSTNode) -> Value:
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
        operand_node=node_of(arguments),
        qualified=name,
    )
    return replace(broken, constant=NOTHING)
