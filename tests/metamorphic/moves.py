"""Rewritings that move code: into a function, a nested function, a method, a closure."""

# ruff: noqa: N802 - libcst calls its visitors by these names

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from tests.metamorphic.untransformable import Untransformable

Statements = Sequence[cst.BaseStatement]


def module_in_main(module: cst.Module) -> cst.Module:
    """All but the imports becomes the body of `main()`, which is called at the end."""
    tree = ast.parse(module.code)
    if any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        raise Untransformable("uses global")
    kept = [line for line in module.body if _is_import(line) or _is_docstring(module, line)]
    moved = [line for line in module.body if line not in kept]
    if not any(not _is_definition(line) for line in moved):
        raise Untransformable("has no module code")
    main = cst.FunctionDef(
        cst.Name("main"), cst.Parameters(), cst.IndentedBlock(moved), leading_lines=[_EMPTY] * 2
    )
    call = cst.parse_statement("main()\n").with_changes(leading_lines=[_EMPTY] * 2)
    return module.with_changes(body=[*kept, main, call])


_EMPTY = cst.EmptyLine(indent=False)


def _is_import(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and all(
        isinstance(part, (cst.Import, cst.ImportFrom)) for part in line.body
    )


def _is_docstring(module: cst.Module, line: cst.CSTNode) -> bool:
    return (
        line is module.body[0]
        and isinstance(line, cst.SimpleStatementLine)
        and isinstance(line.body[0], cst.Expr)
    )


def _is_definition(line: cst.CSTNode) -> bool:
    return isinstance(line, (cst.FunctionDef, cst.ClassDef))


@dataclass(frozen=True)
class Forward:
    """The body of a tape's block, to be moved: what goes in, what comes out."""

    body: Statements
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    number: int

    def function(self, name: str, first: Iterable[str] = ()) -> cst.FunctionDef:
        parameters = [cst.Param(cst.Name(word)) for word in (*first, *self.arguments)]
        body = list(self.body)
        if self.results:
            body.append(cst.parse_statement(f"return {', '.join(self.results)}\n"))
        return cst.FunctionDef(cst.Name(name), cst.Parameters(parameters), cst.IndentedBlock(body))

    def call(self, function: str) -> cst.BaseStatement:
        target = f"{', '.join(self.results)} = " if self.results else ""
        return cst.parse_statement(f"{target}{function}({', '.join(self.arguments)})\n")


def nested(forward: Forward) -> tuple[Statements, Statements]:
    """`def forward(): …` inside the block, called there."""
    name = f"forward_{forward.number}"
    return [], [forward.function(name), forward.call(name)]


def method(forward: Forward) -> tuple[Statements, Statements]:
    """A method of a class that is defined before the block."""
    name = f"Forward{forward.number}"
    run = forward.function("run", first=["this"])
    made = cst.ClassDef(cst.Name(name), cst.IndentedBlock([run]))
    return [made], [forward.call(f"{name}().run")]


def closure(forward: Forward) -> tuple[Statements, Statements]:
    """A closure that another function returns."""
    name = f"forward_{forward.number}"
    inner = forward.function(f"inner_{name}")
    back = cst.parse_statement(f"return inner_{name}\n")
    maker = cst.FunctionDef(
        cst.Name(f"make_{name}"), cst.Parameters(), cst.IndentedBlock([inner, back])
    )
    made = cst.parse_statement(f"{name} = make_{name}()\n")
    return [maker, made], [forward.call(name)]


class Mover(cst.CSTTransformer):
    """Moves the body of each tape's block that can be moved."""

    def __init__(self, module: cst.Module, shape: str) -> None:
        super().__init__()
        self.make = {"nested": nested, "method": method, "closure": closure}[shape]
        self.module = module
        self.scopes: list[cst.CSTNode] = [module]
        self.loops = [0]
        self.moved = 0
        self.mentions_tape = False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.scopes.append(node)
        self.loops.append(0)

    def leave_FunctionDef(
        self, original: cst.FunctionDef, updated: cst.FunctionDef
    ) -> cst.FunctionDef:
        self.scopes.pop()
        self.loops.pop()
        return updated

    def visit_For(self, node: cst.For) -> None:
        self.loops[-1] += 1

    def leave_For(self, original: cst.For, updated: cst.For) -> cst.For:
        self.loops[-1] -= 1
        return updated

    def visit_While(self, node: cst.While) -> None:
        self.loops[-1] += 1

    def leave_While(self, original: cst.While, updated: cst.While) -> cst.While:
        self.loops[-1] -= 1
        return updated

    def leave_With(
        self, original: cst.With, updated: cst.With
    ) -> cst.With | cst.FlattenSentinel[cst.BaseStatement]:
        tape = _tape_of(original)
        if tape is None or not isinstance(original.body, cst.IndentedBlock):
            return updated
        forward = self._forward(original)
        if forward is None:
            return updated
        before, inside = self.make(forward)
        self.moved += 1
        source = self.module.code_for_node(original.body)
        self.mentions_tape |= tape in _loads(ast.parse(_dedented(source)))
        block = updated.with_changes(body=cst.IndentedBlock(inside, header=original.body.header))
        return cst.FlattenSentinel([*before, block])

    def _forward(self, block: cst.With) -> Forward | None:
        body = block.body
        assert isinstance(body, cst.IndentedBlock)
        inner = ast.parse(_dedented(self.module.code_for_node(body)))
        if not _can_move(inner):
            return None
        above, below, read = _around(self.module, self.scopes[-1], block)
        bound, used = _stores(inner), _loads(inner)
        # A loop brings round what is bound below, and then nobody can say whether it is bound.
        if self.loops[-1] and bound & used & below - above:
            return None
        results = bound & (read | self._seen_elsewhere() | (used if self.loops[-1] else set()))
        return Forward(
            body.body, tuple(sorted(bound & used & above)), tuple(sorted(results)), self.moved
        )

    def _seen_elsewhere(self) -> set[str]:
        """At the level of the module any function may read what the block binds."""
        if len(self.scopes) > 1:
            return set()
        return _loads(ast.parse(self.module.code))


def _tape_of(block: cst.With) -> str | None:
    for item in block.items:
        match item:
            case cst.WithItem(
                item=cst.Call(func=cst.Attribute(attr=cst.Name("GradientTape"))),
                asname=cst.AsName(name=cst.Name(name)),
            ):
                return name
    return None


_STAYS = (
    *(ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Break, ast.Continue, ast.Delete),
    *(ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.NamedExpr),
)


def _can_move(body: ast.Module) -> bool:
    for node in ast.walk(body):
        match node:
            case ast.Attribute(attr="gradient" | "jacobian" | "batch_jacobian"):
                return False
            case ast.Name(id="super"):
                return False
        if isinstance(node, _STAYS):
            return False
    return True


def _around(
    module: cst.Module, scope: cst.CSTNode, block: cst.With
) -> tuple[set[str], set[str], set[str]]:
    """Of the scope without the block: names bound above it, bound below it, read below it."""
    mark = cst.parse_statement("__block__\n")
    tree = ast.parse(_dedented(module.code_for_node(scope.deep_replace(block, mark))))
    (row,) = (n.lineno for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "__block__")
    own = tree if isinstance(scope, cst.Module) else tree.body[0]
    above, below = set[str](), set[str]()
    for node in _own_nodes(own):
        if isinstance(node, ast.arg):
            above.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            (above if node.lineno < row else below).add(node.id)
    later = [node for node in ast.walk(tree) if getattr(node, "lineno", 0) > row]
    read = {n.id for n in later if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    read |= {
        n.target.id
        for n in later
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }
    return above, below, read


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the functions and classes in it."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.comprehension):  # its target belongs to the comprehension
            todo += [node.iter, *node.ifs]
        elif not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(node))


def _stores(tree: ast.AST) -> set[str]:
    found = set()
    for node in _own_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
    return found


def _loads(tree: ast.AST) -> set[str]:
    augmented = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return augmented | {node.id for node in names if isinstance(node.ctx, ast.Load)}


def forward_moved(module: cst.Module, shape: str) -> tuple[cst.Module, bool]:
    """The module with its tapes' blocks moved, and whether a moved one speaks of its tape."""
    mover = Mover(module, shape)
    changed = module.visit(mover)
    if not mover.moved:
        raise Untransformable("no tape's block can be moved")
    ast.parse(changed.code)
    return changed, mover.mentions_tape


def _dedented(text: str) -> str:
    """Code that may begin with an indented line, as a module of its own."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return f"if 1:\n{text}" if first[:1].isspace() else text
