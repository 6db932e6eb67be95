"""Rewritings that change names only."""

# ruff: noqa: N802 - libcst calls its visitors by these names

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping

import libcst as cst

from tests.metamorphic.untransformable import Untransformable

#: Names that Keras or Python look at.
SPECIAL = frozenset(dir(builtins)) | {"self", "cls", "training", "mask", "_"}


class _Rename(cst.CSTTransformer):
    """Renames variables, not attributes or keywords of the same spelling."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def leave_Attribute(self, original: cst.Attribute, updated: cst.Attribute) -> cst.Attribute:
        return updated.with_changes(attr=original.attr)

    def leave_Arg(self, original: cst.Arg, updated: cst.Arg) -> cst.Arg:
        return updated.with_changes(keyword=original.keyword)

    def leave_ImportAlias(
        self, original: cst.ImportAlias, updated: cst.ImportAlias
    ) -> cst.ImportAlias:
        return updated.with_changes(name=original.name)

    def leave_MatchKeywordElement(
        self, original: cst.MatchKeywordElement, updated: cst.MatchKeywordElement
    ) -> cst.MatchKeywordElement:
        return updated.with_changes(key=original.key)

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        return updated.with_changes(value=self.names.get(original.value, original.value))


def modules_renamed(module: cst.Module) -> cst.Module:
    """`import tensorflow as tf` becomes `import tensorflow as T`, NumPy becomes `numeric`."""
    tree = ast.parse(module.code)
    aliases = {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname
    }
    names = {
        alias: {"tensorflow": "T", "numpy": "numeric"}[name]
        for alias, name in aliases.items()
        if name in ("tensorflow", "numpy")
    }
    if not names:
        raise Untransformable("imports neither under another name")
    if _identifiers(tree) & set(names.values()):
        raise Untransformable("the new names are taken")
    if _bindings(tree) & set(names):
        raise Untransformable("binds the module's name anew")
    return module.visit(_Rename(names))


#: What is imported by name, and under which other one.
IMPORTED = {"GradientTape": "Tape", "function": "compiled"}


class _Imported(cst.CSTTransformer):
    """`tf.GradientTape` becomes `Tape`, `tf.function` becomes `compiled`."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[str] = set()

    def leave_Attribute(
        self, original: cst.Attribute, updated: cst.Attribute
    ) -> cst.BaseExpression:
        match original:
            case cst.Attribute(value=cst.Name("tf"), attr=cst.Name(name)) if name in IMPORTED:
                self.changed.add(name)
                return cst.Name(IMPORTED[name], lpar=original.lpar, rpar=original.rpar)
        return updated

    def leave_Module(self, original: cst.Module, updated: cst.Module) -> cst.Module:
        body = list(updated.body)
        place = next(index for index, line in enumerate(body) if _imports_tensorflow(line))
        for name in sorted(self.changed):
            line = f"from tensorflow import {name} as {IMPORTED[name]}\n"
            body.insert(place + 1, cst.parse_statement(line))
        return updated.with_changes(body=body)


def _imports_tensorflow(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and any(
        isinstance(part, cst.Import) and cst.Module([]).code_for_node(part).endswith(" as tf")
        for part in line.body
    )


def names_imported(module: cst.Module) -> cst.Module:
    """The tape and tf.function are imported by name, each under another one."""
    tree = ast.parse(module.code)
    if not any(_imports_tensorflow(line) for line in module.body) or "tf" in _bindings(tree):
        raise Untransformable("does not import tensorflow as tf")
    if _identifiers(tree) & set(IMPORTED.values()):
        raise Untransformable("the new names are taken")
    transformer = _Imported()
    changed = module.visit(transformer)
    if not transformer.changed:
        raise Untransformable("names neither")
    return changed


def local_names(text: str) -> dict[str, str]:
    """New names for all variables that nobody refers to in another way than by name."""
    tree = ast.parse(text)
    fixed = set(SPECIAL)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                fixed.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                fixed.add(name)
            case ast.alias(name=name, asname=other):
                fixed.add((other or name).split(".")[0])
            case ast.Constant(value=str(name)):
                fixed.add(name)
            case ast.Call(func=ast.Name(id="locals" | "globals" | "eval" | "exec" | "vars")):
                raise Untransformable("reaches names by their text")
            case ast.ClassDef(body=body):
                # Fields of a dataclass are parameters as well.
                fixed |= {n for statement in body for n in _bindings(statement)}
    taken = sorted(_bindings(tree) - fixed)
    return {name: f"renamed_{number}" for number, name in enumerate(taken)}


def locals_renamed(module: cst.Module) -> cst.Module:
    """Every variable gets a name that says nothing."""
    names = local_names(module.code)
    if not names:
        raise Untransformable("no name is free to be changed")
    return module.visit(_Rename(names))


def _bindings(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)):
                found.add(name)
    return found


def _identifiers(tree: ast.AST) -> set[str]:
    return _bindings(tree) | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
