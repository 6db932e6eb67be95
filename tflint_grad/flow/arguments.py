"""The arguments of a call: finding one, the place to show for them, binding them to parameters."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.values import Argument, Function, Mapped, Sequence, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


def argument(arguments: Many[Argument], index: int, name: str) -> Argument | None:
    """An argument by position or keyword."""
    position = 0
    for entry in arguments:
        if entry.star:
            continue
        if entry.keyword == name:
            return entry
        if entry.keyword is None:
            if position == index:
                return entry
            position += 1
    return None


def node_of(arguments: Many[Argument]) -> cst.CSTNode | None:
    for entry in arguments:
        if entry.place is not None:
            return entry.place.node
    return None


def bind_arguments(
    x: Execution, function: Function, arguments: Many[Argument], node: cst.CSTNode
) -> dict[str, Value]:
    """Parameter names to values; what cannot be told apart is joined."""
    params = function.node.params
    positional = [*params.posonly_params, *params.params]
    keyword_only = [*params.kwonly_params]
    bound: dict[str, Value] = {}
    given: list[Value] = []
    spill: list[Value] = []
    keywords: dict[str, Value] = {}
    loose: list[Value] = []
    if function.receiver is not None and function.role != "staticmethod":
        given.append(function.receiver)
    for argument in arguments:
        if argument.star == "*":
            content = heap.resolved(x, argument.value)
            if isinstance(content, Sequence) and content.rest is None and not spill:
                given.extend(content.items)
            else:
                from tflint_grad.flow.iteration import element_of

                spill.append(element_of(x, argument.value, node))
        elif argument.star == "**":
            mapped = heap.resolved(x, argument.value)
            if isinstance(mapped, Mapped):
                keywords.update({k: v for k, v in mapped.items.items() if isinstance(k, str)})
                if mapped.rest is not None:
                    loose.append(mapped.rest)
            else:
                loose.append(mapped)
        elif argument.keyword is not None:
            keywords[argument.keyword] = argument.value
        elif spill:
            spill.append(argument.value)
        else:
            given.append(argument.value)
    rest = join_values(spill) if spill else None
    for index, param in enumerate(positional):
        name = param.name.value
        if index < len(given):
            bound[name] = x.link_parameter(function, param, given[index])
        elif name in keywords:
            bound[name] = x.link_parameter(function, param, keywords.pop(name))
        elif rest is not None:
            bound[name] = rest
        elif name in function.defaults:
            bound[name] = function.defaults[name]
        else:
            bound[name] = join_values(loose) if loose else x.unknown_object(name)
    for param in keyword_only:
        name = param.name.value
        if name in keywords:
            bound[name] = keywords.pop(name)
        elif name in function.defaults:
            bound[name] = function.defaults[name]
        else:
            bound[name] = join_values(loose) if loose else x.unknown_object(name)
    if isinstance(params.star_arg, cst.Param):
        bound[params.star_arg.name.value] = Sequence(tuple(given[len(positional) :]), rest)
    if params.star_kwarg is not None:
        items = Mapped(keywords, join_values(loose) if loose else None)
        bound[params.star_kwarg.name.value] = heap.new_dict(x, items)
    return bound
