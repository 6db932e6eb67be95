"""The hooks of Keras in a file that may go wrong: looked at with all that they reach in the file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflint_grad.knowledge.keras_api import keras_class
from tflint_grad.knowledge.names import is_keras2, is_tensorflow
from tflint_grad.outline.body import PLAIN, parameter_names, receiver_name
from tflint_grad.outline.causes import Harm, worst
from tflint_grad.outline.live import needs_no_execution
from tflint_grad.outline.units import ClassItem, CodeItem, DefItem
from tflint_grad.outline.values import (
    ANY,
    DATA,
    LIKE,
    MADE,
    OWN,
    SYMBOLIC,
    Shared,
    Values,
    held,
)
from tflint_grad.outline.walk import walk
from tflint_grad.outline.weights import class_of_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tflint_grad.outline.body import FunctionNode
    from tflint_grad.outline.surroundings import Neighbours, Surroundings
    from tflint_grad.outline.units import Item, Outline

    Leaf = DefItem | CodeItem | ClassItem
    #: A function, the class of the object that it is called on, and what is around it.
    _Found = tuple[FunctionNode, ClassItem | None, Surroundings]

#: Methods that Keras runs under a tape or in a graph of its own.
HOOKS = frozenset(("call", "train_step", "__call__"))
#: Parameters of hooks that are no tensors, or are no part of a path.
_NOT_TENSORS = frozenset(("training", "mask", "self", "sample_weight", "states", "state", "kwargs"))
_HARMLESS_DECORATORS = frozenset(("abstractmethod", "override", "with_name_scope"))
_STAGING = ("custom_gradient", "do_not_convert", "function", "jit_compile", "recompute_grad")
_NAMING_FUNCTIONS = frozenset((ast.Attribute, ast.Call, ast.Name))
_NOT_CONVERTED = frozenset((ast.NamedExpr, ast.Yield, ast.YieldFrom))
_ROLES = ("classmethod", "property", "staticmethod")
_COMPILE = re.compile(r"\.\s*compile\s*\(")
_MAX_FUNCTIONS = 200


def going_wrong(outline: Outline, text: str, neighbours: Neighbours) -> frozenset[int]:
    """The ids of the items that hold a hook, or hand out a loss, in which something may break."""
    around, items = neighbours.around(outline), outline.items
    found: set[int] = set()
    for item in around.classes.values():
        for member in item.members:
            if (
                isinstance(member, DefItem)
                and member.name in HOOKS
                and _hook_may_go_wrong(around, item, member)
            ):
                found.add(id(member))
    if _COMPILE.search(text):
        for leaf, owner in _leaves(items):
            if _compiles(leaf) and _loss_may_go_wrong(around, leaf, owner):
                found.add(id(leaf))
    return frozenset(found)


def all_hooks(items: Sequence[Item]) -> frozenset[int]:
    """The ids of the items that hold a hook, or may hand out a loss, whatever is in them."""
    hooks = (
        id(leaf)
        for leaf, owner in _leaves(items)
        if (owner is not None and isinstance(leaf, DefItem) and leaf.name in HOOKS)
        or _compiles(leaf)
    )
    return frozenset(hooks)


def _compiles(leaf: Leaf) -> bool:
    """Whether a part of a file hands a loss to `compile`."""
    unit = leaf.header if isinstance(leaf, ClassItem) else leaf.unit
    if not unit.mentions("compile"):
        return False
    if "compile" not in leaf.names.attributes:
        return False
    return "loss" in leaf.names.used or any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "compile"
        and len(node.args) > 1  # the second is the loss
        for node in walk(_parts_of(leaf))
    )


def _parts_of(leaf: Leaf) -> Sequence[ast.AST]:
    return leaf.nodes if isinstance(leaf, CodeItem) else [leaf.node]


def _leaves(items: Sequence[Item]) -> Iterator[tuple[Leaf, ClassItem | None]]:
    for item in items:
        if isinstance(item, ClassItem):
            yield from ((member, item) for member in item.members)
        elif isinstance(item, (DefItem, CodeItem)):
            yield item, None


def _hook_may_go_wrong(around: Surroundings, owner: ClassItem, member: DefItem) -> bool:
    node = member.node
    wrappers = [one for one in node.decorator_list if _last_name(one) not in _HARMLESS_DECORATORS]
    if any(_may_stage(around, one) for one in wrappers):
        return True
    mode = _mode(around, owner, member.name)
    if not mode:
        return False
    reach = _Reach(converted=mode == "autograph" and not wrappers)
    reach.visit(node, owner, around, _hook_parameters(node))
    harm = reach.worst()
    if harm is Harm.CUT and member.name == "call":
        return not needs_no_execution(node, owner, around)
    return harm is not Harm.NONE


def _may_stage(around: Surroundings, decorator: ast.expr) -> bool:
    """Whether a decorator is tf.function or the like, or may be somebody's wrapper of it."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    qualified = around.qualified(function)
    if qualified is None:
        name = function.id if isinstance(function, ast.Name) else ""
        return name not in around.functions or _stages(around.functions[name])
    if is_tensorflow(qualified):
        return True
    found = around.function(qualified)
    return _stages(found[0]) if found is not None else around.imported_class(qualified) is not None


def _stages(wrapper: FunctionNode) -> bool:
    """Whether a function names what makes a graph, or a gradient, of another one."""
    return any(_last_name(part) in _STAGING for part in walk(wrapper.body))


def _mode(around: Surroundings, owner: ClassItem, method: str) -> str:
    """How Keras runs a method: 'graph', 'autograph' (all of Keras 2 that is in sight); '' if never.

    What `flow.keras_hooks` says of executed classes, from their syntax.
    """
    if method == "__call__":
        return ""  # only who calls it knows: it runs as eagerly as that
    modes = set[str]()
    for base in around.library_bases(owner):
        found = None if base is None else keras_class(base)
        if base is None:
            modes.add("graph")
        elif found is not None and found.kind in ("model", "layer", "loss"):
            modes.add("autograph" if method == "call" and is_keras2(base) else "graph")
    return min(modes, key="graph autograph".index, default="")


def _loss_may_go_wrong(around: Surroundings, leaf: Leaf, owner: ClassItem | None) -> bool:
    """Whether a function or class that may be handed to `compile` can break a path."""
    reach = _Reach()
    called: set[int] = set()
    for part in _parts_of(leaf):
        for node in walk([part]):
            if isinstance(node, ast.Lambda):
                return True
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node is not part:
                reach.visit(node, owner, around, _anything(node))
            elif isinstance(node, ast.Call):
                called.add(id(node.func))
            elif isinstance(node, (ast.Name, ast.Attribute)):
                if id(node) not in called and _names_cutting(around, node):
                    return True
                for method, cls, place in _losses_of_class(around, node):
                    reach.visit(method, cls, place, _anything(method))
                for function, its_class, place in _losses(around, node, owner):
                    # What is called here may make a loss: a function inside it.
                    given = {} if id(node) in called else _anything(function)
                    reach.visit(function, its_class, place, given)
    return reach.worst() is not Harm.NONE


def _names_cutting(around: Surroundings, node: ast.Name | ast.Attribute) -> bool:
    """Whether a name of the module, or an attribute, may hold a function that cuts."""
    if isinstance(node, ast.Attribute):
        return around.qualified(node) is None and around.handed_on.has_attribute(node.attr)
    return node.id in around.globals and around.handed_on.has_name(node.id)


def _losses_of_class(around: Surroundings, node: ast.Name | ast.Attribute) -> Iterator[_Found]:
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if name in around.classes:
        yield from around.methods(around.classes[name], "call")
    elif (found := around.imported_class(around.qualified(node))) is not None:
        yield from around.methods(found[0], "call")


def _losses(
    around: Surroundings, node: ast.Name | ast.Attribute, owner: ClassItem | None
) -> Iterator[_Found]:
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if name in around.functions:
        yield around.functions[name], None, around
    elif (found := around.function(around.qualified(node))) is not None:
        yield found[0], None, found[1]
    if owner is not None and isinstance(node, ast.Attribute):
        yield from around.methods(owner, name)


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _anything(node: FunctionNode) -> dict[str, int]:
    """What a function may be given by somebody out of sight."""
    return {name: flags and ANY for name, flags in _hook_parameters(node, 0).items()}


def _hook_parameters(node: FunctionNode, first: int = 1) -> dict[str, int]:
    """What Keras, or somebody out of sight, hands to a hook."""
    arguments = node.args
    found: dict[str, int] = {}
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    pairs = [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for parameter, default in pairs[first:]:
        found[parameter.arg] = _of_parameter(parameter, default)
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            found[rest.arg] = LIKE
    return found


def _of_parameter(parameter: ast.arg, default: ast.expr | None) -> int:
    annotation = _annotation(parameter)
    if parameter.arg in _NOT_TENSORS and annotation.split(".")[-1] == "Tensor":
        return LIKE | SYMBOLIC
    if isinstance(default, ast.Constant) and default.value is not None:
        return 0
    if annotation in PLAIN:
        return 0
    return 0 if parameter.arg in _NOT_TENSORS else LIKE


def _annotation(parameter: ast.arg) -> str:
    node = parameter.annotation
    if node is None:
        return ""
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


@dataclass(eq=False)
class _Visit:
    node: FunctionNode
    owner: ClassItem | None
    around: Surroundings
    parameters: dict[str, int]
    done: bool = False


class _Reach:
    """The functions that a hook runs, each with what it may be given.

    `converted`: AutoGraph rewrites them, so that they may decide by tensors.
    """

    def __init__(self, converted: bool = False) -> None:
        self.converted = converted
        self.shared = Shared()
        self.visits: dict[int, _Visit] = {}
        self.home: Surroundings | None = None  # of what was visited first

    def visit(
        self,
        node: FunctionNode,
        owner: ClassItem | None,
        around: Surroundings,
        parameters: Mapping[str, int],
    ) -> None:
        """Look at a function, if it was not yet looked at with at least these arguments."""
        known = self.visits.get(id(node))
        self.home = self.home or around
        if known is None:
            self.visits[id(node)] = _Visit(node, owner, around, dict(parameters))
            return
        for name, flags in parameters.items():
            before = known.parameters.get(name, 0)
            if before | flags != before:
                known.parameters[name] = before | flags
                known.done = False

    def worst(self) -> Harm:
        """The worst that happens in what was visited, or in what that calls."""
        found, attributes = Harm.NONE, -1
        while True:
            waiting = [visit for visit in self.visits.values() if not visit.done]
            if not waiting:
                if sum(self.shared.attributes.values()) == attributes:
                    return found
                # An attribute assigned by one function is read by another.
                attributes = sum(self.shared.attributes.values())
                self.shared.returned.clear()
                if len(self.visits) > 1 and attributes:
                    waiting = list(self.visits.values())
            for visit in waiting:
                visit.done = True
                if len(self.visits) > _MAX_FUNCTIONS:
                    return Harm.FAILURE
                found = max(found, self._worst_in(visit))
                if found is Harm.FAILURE:
                    return found

    def _worst_in(self, visit: _Visit) -> Harm:
        try:
            values = Values(visit.node, visit.parameters, visit.around, self.shared, visit.owner)
            found = worst(values, self.converted and _is_converted(visit.node, values))
        except RecursionError:
            return Harm.FAILURE  # let the guard tell
        if found is not Harm.FAILURE:
            self._follow(values, visit)
        return found

    def _follow(self, values: Values, visit: _Visit) -> None:
        called: set[int] = set()
        for node in values.nodes:
            if node.__class__ not in _NAMING_FUNCTIONS:
                continue
            if isinstance(node, ast.Call):
                called.add(id(node.func))
                callees = list(self._functions(node.func, visit, values))
                callees += () if callees else self._objects(node.func, visit, values)
                for callee, owner, around in callees:
                    bound = owner is not None and not _is_unbound(node.func, callee, visit.around)
                    self.visit(callee, owner, around, _arguments(values, node, callee, bound))
            elif isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in called:
                if isinstance(node, ast.Name) and node.id in values.names:
                    continue
                # Handed on, to tf.map_fn or tf.cond: called with whatever there is.
                for callee, owner, around in self._functions(node, visit, values):
                    self.visit(callee, owner, around, _anything(callee))

    def _functions(self, function: ast.expr, visit: _Visit, values: Values) -> Iterator[_Found]:
        """The function or the method of the project that an expression names."""
        around = visit.around
        if isinstance(function, ast.Name):
            if function.id in values.names:
                return
            if function.id in around.functions:
                yield around.functions[function.id], None, around
                return
        elif isinstance(function, ast.Attribute):
            if values.is_own(function.value):
                if visit.owner is not None:
                    yield from around.methods(visit.owner, function.attr)
                return
            if (cls := class_of_project(function.value, around)) is not None:
                yield from cls[1].methods(cls[0], function.attr)
                return
        found = around.function(values.qualified(function))
        if found is not None:
            yield found[0], None, found[1]

    def _objects(self, function: ast.expr, visit: _Visit, values: Values) -> Iterator[_Found]:
        """What `self.block(x)` and `self.block.norm(x)` run, in any class that it may be of."""
        around = visit.around
        match function:
            case ast.Attribute(value=whole, attr=name) if not values.is_own(whole):
                found = self._classes(whole, visit, values)
                # What functions of other files make for themselves is left to them.
                is_near = visit.owner is not None or visit.around is self.home
                if is_near and name in around.method_names:
                    found += around.classes.values()
                for cls in dict.fromkeys(found):
                    yield from around.methods(cls, name)
            case ast.Attribute() | ast.Name() | ast.Call() | ast.Subscript():
                for cls in self._classes(function, visit, values):
                    for method in ("call", "__call__"):
                        yield from around.methods(cls, method)

    @staticmethod
    def _classes(holder: ast.expr, visit: _Visit, values: Values) -> list[ClassItem]:
        """The classes of the project that something may be an instance of."""
        if visit.owner is None:
            return []
        if isinstance(holder, ast.Attribute):
            own = values.is_own(holder.value)
            return [*visit.around.made_by(visit.owner, holder.attr)] if own else []
        if isinstance(holder, ast.Name) and holder.id not in values.names:
            return []
        return [*visit.around.made_by(visit.owner, "")]


def _is_unbound(function: ast.expr, method: FunctionNode, around: Surroundings) -> bool:
    """Whether a method is called through its class and given its object: `Base.call(self, x)`."""
    if not isinstance(function, ast.Attribute) or class_of_project(function.value, around) is None:
        return False
    return all(_last_name(one) != "classmethod" for one in method.decorator_list)


def _is_converted(node: FunctionNode, values: Values) -> bool:
    """Whether AutoGraph converts a function that a converted one calls.

    TF 2.21: it gives up on a walrus and on nested generators; a decorator may forbid it.
    """
    plain = (_last_name(one) in (*_HARMLESS_DECORATORS, *_ROLES) for one in node.decorator_list)
    return all(plain) and not any(part.__class__ in _NOT_CONVERTED for part in values.nodes)


def _arguments(values: Values, call: ast.Call, callee: FunctionNode, bound: bool) -> dict[str, int]:
    """What a call hands to each parameter; `bound`: but to the first one of a method."""
    arguments = callee.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    if bound and receiver_name(callee) is not None:
        names = names[1:]
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    collecting = [one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None]
    if any(isinstance(one, ast.Starred) for one in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    ):
        flags = values.any_of(given)
        flags |= SYMBOLIC if flags & DATA else 0
        anywhere = {name: flags for name in parameter_names(arguments) if name not in _NOT_TENSORS}
        return {**anywhere, **dict.fromkeys(collecting, held(flags))}
    found: dict[str, int] = {}
    rest = 0
    for index, value in enumerate(call.args):
        if index < len(names):
            found[names[index]] = values.of(value)
        else:
            rest |= values.of(value)
    for keyword in call.keywords:
        found[str(keyword.arg)] = values.of(keyword.value)
        rest |= values.of(keyword.value)
    if rest:
        found.update(dict.fromkeys(collecting, held(rest)))
    for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        # A setting of the object is the number that an annotation says; a tensor stays one.
        flags = found.get(parameter.arg, 0)
        if flags & OWN and not flags & (SYMBOLIC | MADE) and _annotation(parameter) in PLAIN:
            found[parameter.arg] = 0
    return found
