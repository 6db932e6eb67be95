"""Definitions: imports, functions and classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, modules, names
from tflint_grad.flow.bindings import Bindings
from tflint_grad.flow.calls import call_value, decorate
from tflint_grad.flow.imports import bind_import, bind_import_from
from tflint_grad.flow.values import Argument, Choice, Class, Function, Known, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


class Definitions(Bindings):
    """The visitors of imports, functions and classes."""

    def visit_Import(self, node: cst.Import) -> bool:
        bind_import(self, node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        bind_import_from(self, node)
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        defaults = self.defaults_of(node.params)
        function: Value = Function(node, self.unit, self.frame.scope, defaults)
        for decorator in reversed(node.decorators):
            function = decorate(self, decorator.decorator, function)
        name = node.name.value
        if isinstance(function, Function) and function.role == "setter":
            name = f"{name}.setter"
        if self.scopes[self.frame.scope].is_class:
            # A method closes over the scope around its class, not over the class body.
            parent = self.scopes[self.frame.scope].parent
            if isinstance(function, Function) and function.scope == self.frame.scope:
                function = replace(function, scope=parent if parent is not None else 0)
            self.store.set(("name", self.frame.scope, name), function)
        else:
            names.bind_name(self, name, function, node)
        is_method = self.scopes[self.frame.scope].is_class
        if isinstance(function, Function) and self.frame.function is not None and not is_method:
            self.nested.append((function, self.context))
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        cls = self.define_class(node.name.value, node, lambda: self.run_block([node.body]))
        names.bind_name(self, node.name.value, cls, node)
        return False

    def define_class(
        self,
        name: str,
        header: cst.ClassDef,
        run_members: Callable[[], None],
        fields: Sequence[str] | None = None,
    ) -> Class:
        annotated = list(_annotated_fields(header) if fields is None else fields)
        bases = []
        for arg in header.bases:
            base = attributes.materialise(self, self.evaluate(arg.value))
            if isinstance(base, (Class, Known)):
                bases.append(base)
            elif isinstance(base, Choice):
                bases.extend(o for o in base.options if isinstance(o, (Class, Known)))
            else:
                bases.append(Known("?"))
        identity = self.new_source_for_class(name)
        scope = names.new_scope(self, self.frame.scope, is_class=True)
        outer = self.frame.scope
        self.frame.scope = scope
        mark = self.store.mark()
        try:
            run_members()
        finally:
            self.frame.scope = outer
        cls = Class(identity, name, tuple(bases), self.unit)
        owned_by(self, cls, scope, mark)
        for decorator in header.decorators:
            found = self.evaluate(decorator.decorator)
            if _is_dataclass(found):
                inherited = [
                    f
                    for base in bases
                    if isinstance(base, Class)
                    for f in base.dataclass_fields or ()
                ]
                cls = replace(cls, dataclass_fields=tuple(dict.fromkeys([*inherited, *annotated])))
            elif isinstance(found, Function):
                call_value(self, found, [Argument(cls)], decorator.decorator)  # it may register it
        for base in bases:
            if isinstance(base, Known) and base.name.endswith("NamedTuple"):
                cls = replace(cls, dataclass_fields=tuple(annotated))
        self.on_class(cls, scope)
        return cls

    def new_source_for_class(self, name: str) -> int:
        from tflint_grad.flow.state import SourceKind

        return self.new_source(SourceKind.OBJECT, name)

    def on_class(self, cls: Class, scope: int) -> None:
        """A class was defined, its body in a scope of its own."""


def owned_by(x: Execution, cls: Class, scope: int, mark: int) -> None:
    """What the body of a class has bound since the mark are attributes of the class."""
    for key, value in x.store.changes(mark).items():
        if key[0] == "name" and key[1] == scope:
            value = modules.resolved(x, value)
            if isinstance(value, Function) and value.owner is None:
                value = replace(value, owner=cls)
            x.store.set(("attribute", cls.identity, key[2]), value)


def _is_dataclass(value: Value) -> bool:
    from tflint_grad.flow.values import Partial

    if isinstance(value, Partial):
        value = value.function
    return isinstance(value, Known) and value.name in (
        "dataclasses.dataclass",
        "attr.s",
        "attrs.define",
    )


def _annotated_fields(header: cst.ClassDef) -> list[str]:
    found = []
    for line in header.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    found.append(small.target.value)
    return found
