"""From text to outline: split the file into units and decide which can matter to a gradient."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tflint_grad.findings import Location, Severity, Unreadable
from tflint_grad.outline.units import (
    ClassItem,
    CodeItem,
    DefItem,
    ImportItem,
    Item,
    Names,
    Outline,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tflint_grad.source import SourceText

#: A definition that mentions one of these opens, feeds or asks a tape.
ROOTS = frozenset(
    (
        "GradientTape",
        "gradient",
        "jacobian",
        "batch_jacobian",
        "custom_gradient",
        "ForwardAccumulator",
    )
)
HOOKS = frozenset(("call", "train_step", "__call__"))
#: Names that can break a path or a graph inside a Keras hook; without one a hook cannot go wrong.
HOOK_CAUSES = frozenset(
    [
        "np",
        "numpy",
        "onp",
        "math",
        "scipy",
        "print",
        "numpy_function",
        "py_function",
        "round",
        "floor",
        "ceil",
        "argmax",
        "argmin",
        "one_hot",
        "cast",
        "constant",
        "Variable",
        "int",
        "float",
        "bool",
        "sign",
        "rint",
        "stop_gradient",
        "where",
        "greater",
        "less",
        "equal",
        "any",
        "all",
        "sum",
        "min",
        "max",
        "zip",
        "enumerate",
        "map",
    ]
)
#: Methods that Python or Keras calls by itself.
IMPLICIT_METHODS = frozenset(("call", "build", "train_step", "loss"))
#: Attribute names too common to tell a class by.
COMMON = frozenset(
    [
        "call",
        "build",
        "fit",
        "get",
        "set",
        "update",
        "reset",
        "run",
        "step",
        "name",
        "shape",
        "dtype",
        "append",
        "items",
        "keys",
        "values",
    ]
)

_VARIABLES = frozenset(("trainable_variables", "trainable_weights", "variables", "weights"))

#: libcst is cubic in long chains and Python's stack is finite (measured: 300 links cost 0.1 s).
MAX_DEPTH = 300
#: Beyond this many nodes a parse takes seconds and hundreds of MiB.
MAX_NODES = 120_000

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (
    ast.If,
    ast.While,
    ast.IfExp,
    ast.Assert,
    ast.BoolOp,
    ast.For,
    ast.comprehension,
    ast.Match,
)


def outline(source: SourceText, tree: ast.Module | None = None, whole: bool = False) -> Outline:
    """Split `source` into units and mark those that can matter.

    `tree`: the module as parsed by someone else (flake8). `whole`: one unit for the whole file,
    all of it needed; the reference that slicing is tested against.

    Raises:
        Unreadable: broken syntax (an error), or nested or long beyond the limits (a warning).
    """
    if tree is None:
        tree = _parse(source.text)
    lines = _lines_of(source.text)
    if whole:
        names = _scan(tree.body, COMMON)
        names.is_root = True
        unit = Unit(lines, 1, len(lines))
        code = CodeItem(unit, names, needed=True)
        _guard([code])
        return Outline(source.filename, lines, [code], True, tree)
    items = list(_items(tree.body, lines, stub=False))
    _mark_renamed_roots(items)
    matters = _mark_needed(items)
    if matters:
        _guard(items)
    return Outline(source.filename, lines, items, matters, tree)


def _lines_of(text: str) -> list[str]:
    """Lines as Python's parser counts them: only a newline ends one, no form feed or separator."""
    return [line + "\n" for line in text.split("\n")]


def _parse(text: str) -> ast.Module:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        location = Location(max(error.lineno or 1, 1), max(error.offset or 1, 1))
        raise Unreadable(f"syntax error: {error.msg}", location) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nested too deeply to be read", severity=Severity.WARNING) from error
    except ValueError as error:
        raise Unreadable(f"cannot be parsed: {error}") from error


def _items(body: Sequence[ast.stmt], lines: Sequence[str], stub: bool) -> Iterator[Any]:
    groups: list[list[ast.stmt]] = []
    for statement in body:
        if groups and _first_row(statement) <= _last_row(groups[-1][-1]):
            groups[-1].append(statement)  # several statements on one line
        else:
            groups.append([statement])
    for group in groups:
        first, last = _first_row(group[0]), _last_row(group[-1])
        statement = group[0]
        if len(group) == 1 and isinstance(statement, (ast.Import, ast.ImportFrom)) and not stub:
            yield ImportItem(statement)
        elif len(group) == 1 and isinstance(statement, _FUNCTIONS):
            unit = Unit(lines, first, last, stub)
            yield DefItem(statement.name, unit, _scan(group, ()), statement)
        elif (
            len(group) == 1
            and not stub
            and isinstance(statement, ast.ClassDef)
            and _first_row(statement.body[0]) > _header_last_row(statement)
        ):
            header_end = _first_row(statement.body[0]) - 1
            header = Unit(lines, first, header_end, tail="    pass\n")
            own: list[ast.AST] = [*statement.bases, *statement.keywords, *statement.decorator_list]
            names = _scan(own, ())
            names.bound.add(statement.name)
            members = list(_items(statement.body, lines, stub=True))
            yield ClassItem(statement.name, header, names, members, statement)
        else:
            yield CodeItem(Unit(lines, first, last, stub), _scan(group, ()))


def _first_row(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _last_row(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _header_last_row(statement: ast.ClassDef) -> int:
    ends = [base.end_lineno or 0 for base in statement.bases]
    ends += [keyword.end_lineno or 0 for keyword in statement.keywords]
    return max([statement.lineno, *ends])


def _scan(nodes: Sequence[ast.AST], _: Any) -> Names:
    """One walk that collects names, size and depth (no recursion: the input may be hostile)."""
    names = Names()
    used, bound, attributes = names.used, names.bound, names.attributes
    stack: list[tuple[ast.AST, int]] = [(node, 1) for node in nodes]
    count = deepest = 0
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > deepest:
            deepest = depth
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            continue
        if isinstance(node, ast.Attribute):
            attributes.add(node.attr)
            if isinstance(node.ctx, ast.Store):
                names.stored.add(node.attr)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
            used.add(node.name.split(".")[-1])
        elif isinstance(node, ast.keyword) and node.arg:
            used.add(node.arg)
        elif isinstance(node, _BRANCHES):
            names.is_hook = True
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            bound.update(node.names)
            used.update(node.names)
        for name in node._fields:
            child = getattr(node, name, None)
            if child.__class__ is list:
                stack.extend((entry, depth + 1) for entry in child if isinstance(entry, ast.AST))
            elif isinstance(child, ast.AST):
                stack.append((child, depth + 1))
    names.nodes, names.depth = count, deepest
    mentioned = used | attributes
    names.is_root = bool(mentioned & ROOTS)
    names.is_hook = names.is_hook or bool(mentioned & HOOK_CAUSES)
    return names


def _mark_renamed_roots(items: Sequence[Item]) -> None:
    """`from tensorflow import GradientTape as Tape`: then `Tape` marks a root."""
    renamed = {
        alias.asname
        for item in items
        if isinstance(item, ImportItem)
        for alias in item.node.names
        if alias.asname is not None and alias.name.split(".")[-1] in ROOTS
    }
    if renamed:
        for leaf, _ in _leaves(items):
            leaf.names.is_root = leaf.names.is_root or bool(renamed & leaf.names.used)


def _leaves(
    items: Sequence[Item],
) -> Iterator[tuple[DefItem | CodeItem | ClassItem, ClassItem | None]]:
    for item in items:
        if isinstance(item, ClassItem):
            yield item, None
            for member in item.members:
                yield member, item
        elif not isinstance(item, ImportItem):
            yield item, None


def _is_implicit(item: Item) -> bool:
    return isinstance(item, DefItem) and (
        item.name in IMPLICIT_METHODS or (item.name.startswith("__") and item.name.endswith("__"))
    )


def _mark_needed(items: Sequence[Item]) -> bool:
    """Mark the roots, all that they use, and the callers that show what is passed to them."""
    leaves = list(_leaves(items))
    wanted: set[str] = set()
    wanted_attributes: set[str] = set()
    asked_by_name: set[str] = set()
    shared: set[str] = set()  # what the needed statements of the module bind
    asked_methods: dict[str, set[str]] = {}
    matters = False
    changed = True

    def need(item: DefItem | CodeItem | ClassItem) -> None:
        nonlocal changed
        item.needed = changed = True
        wanted.update(item.names.used)
        wanted.update(item.names.attributes)
        wanted_attributes.update(item.names.attributes)

    for item, owner in leaves:
        names = item.names
        hook = (
            owner is not None and isinstance(item, DefItem) and item.name in HOOKS and names.is_hook
        )
        compiled = "compile" in names.attributes and "loss" in names.used
        if names.is_root or hook or compiled:
            matters = True
            need(item)
            if isinstance(item, CodeItem) and owner is None:
                shared.update(names.bound)
            if owner is not None and not owner.needed:
                need(owner)
            if isinstance(item, DefItem) and owner is None:
                asked_by_name.add(item.name)
            elif owner is not None:
                asked_by_name.add(owner.name)
                asked_methods.setdefault(owner.name, set()).add(getattr(item, "name", ""))
    if not matters:
        return False
    while changed:
        changed = False
        for item, owner in leaves:
            if item.needed:
                continue
            names = item.names
            if owner is not None:
                if not owner.needed:
                    continue
                if (
                    isinstance(item, CodeItem)
                    or _is_implicit(item)
                    or (isinstance(item, DefItem) and item.name in wanted)
                ):
                    need(item)
                elif names.attributes & asked_methods.get(owner.name, set()):
                    asked_methods[owner.name].add(getattr(item, "name", ""))
                    need(item)
            elif isinstance(item, DefItem):
                if item.name in wanted:
                    need(item)
                elif asked_by_name & names.used:
                    asked_by_name.add(item.name)
                    need(item)
            elif isinstance(item, ClassItem):
                if asked_by_name & names.used:  # a subclass
                    asked_by_name.add(item.name)
                    need(item)
                elif item.name in wanted or _answers(item, wanted_attributes):
                    need(item)
            elif asked_by_name & names.used:
                asked_by_name.update(names.bound)
                need(item)
            elif names.bound & wanted or names.used & shared & wanted:
                shared.update(names.bound)
                need(item)
    return True


def _answers(item: ClassItem, attributes: set[str]) -> bool:
    """Whether the class has a method that is used somewhere on an object of unknown class."""
    asks_for_variables = bool(attributes & _VARIABLES)
    return any(
        isinstance(member, DefItem)
        and (
            (asks_for_variables and member.name in ("call", "__call__"))
            or (member.name in attributes and member.name not in COMMON and member.name[:2] != "__")
            or (member.name == "__init__" and bool((member.names.stored & attributes) - COMMON))
        )
        for member in item.members
    )


def _guard(items: Sequence[Item]) -> None:
    total = 0
    for item, _ in _leaves(items):
        if not item.needed:
            continue
        total += item.names.nodes
        unit = item.header if isinstance(item, ClassItem) else item.unit
        where = Location(unit.first_row, 1)
        if item.names.depth > MAX_DEPTH:
            message = f"nested or chained deeper than {MAX_DEPTH} levels: skipped"
            raise Unreadable(message, where, Severity.WARNING)
        if total > MAX_NODES:
            message = f"more than {MAX_NODES:,} syntax nodes: skipped"
            raise Unreadable(message, where, Severity.WARNING)
