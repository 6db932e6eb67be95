"""Bindings: assignments, deletions and declarations."""

from __future__ import annotations

import libcst as cst

from tflint_grad.flow import attributes, tapes
from tflint_grad.flow.blocks import Blocks
from tflint_grad.flow.control import control_on
from tflint_grad.flow.events import VariableRebound
from tflint_grad.flow.iteration import put_item, unpack
from tflint_grad.flow.operators import binary
from tflint_grad.flow.values import Choice, Data, Kind, ListRef, Object, Tape, Value

_AUGMENTED = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
}


class Bindings(Blocks):
    """The visitors of what binds and unbinds names."""

    def visit_Assign(self, node: cst.Assign) -> bool:
        value = attributes.materialise(self, self.evaluate(node.value))
        for target in node.targets:
            self._assign(target.target, value, node)
        return False

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        if node.value is not None:
            value = attributes.materialise(self, self.evaluate(node.value))
            self._assign(node.target, value, node)
        return False

    def _assign(self, target: cst.CSTNode, value: Value, node: cst.CSTNode) -> None:
        if isinstance(target, cst.Attribute) and isinstance(value, Data):
            self._note_lost_update(target, value, node)
        unpack(self, target, value)

    def _note_lost_update(self, target: cst.Attribute, value: Data, node: cst.CSTNode) -> None:
        """`self.w = self.w - rate * gradient`: from the next call on, self.w is no variable."""
        receiver = attributes.materialise(self, self.evaluate(target.value))
        if not isinstance(receiver, Object) or value.kind is Kind.VARIABLE or value.made is None:
            return
        old = attributes.attribute_of(self, receiver, target.attr.value)
        if (
            isinstance(old, Data)
            and old.kind is Kind.VARIABLE
            and old.identity is not None
            and old.identity in value.paths
            and tapes.was_asked(self, old.identity)
            and target.attr.value not in self.watched_names
        ):
            name = f"{self.sources[receiver.identity].name}.{target.attr.value}"
            self.events.append(VariableRebound(self.station(node), self.context, name, False))

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        old = attributes.materialise(self, self.evaluate(node.target))
        value = attributes.materialise(self, self.evaluate(node.value))
        symbol = _AUGMENTED.get(type(node.operator), "+")
        if isinstance(old, ListRef) and symbol == "+":
            from tflint_grad.flow.builtin_calls import extend_list

            extend_list(self, old, value, node)
            return False
        if isinstance(old, Data) and old.kind is Kind.VARIABLE and symbol in "+-*/":
            from tflint_grad.flow.text import text_of

            self.events.append(
                VariableRebound(
                    self.station(node), self.context, text_of(node.target), True, symbol
                )
            )
            return False
        result = binary(self, node, symbol, old, value)
        if isinstance(node.target, cst.Subscript):
            receiver = attributes.materialise(self, self.evaluate(node.target.value))
            put_item(self, node, receiver, self._literal_key(node.target), result)
        else:
            self._assign(node.target, result, node)
        return False

    def _literal_key(self, target: cst.Subscript) -> object:
        if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Index):
            return self.constant_of(self.evaluate(target.slice[0].slice.value))
        return None

    def visit_Del(self, node: cst.Del) -> bool:
        targets = node.target.elements if isinstance(node.target, cst.Tuple) else None
        for target in [element.value for element in targets] if targets else [node.target]:
            self._delete(target)
        return False

    def _delete(self, target: cst.CSTNode) -> None:
        value = self.evaluate(target) if isinstance(target, (cst.Name, cst.Attribute)) else None
        if isinstance(value, Choice):
            for option in value.options:
                if isinstance(option, Tape):
                    tapes.delete(self, option)
        if isinstance(value, Tape):
            tapes.delete(self, value)
        elif isinstance(target, cst.Subscript):
            held = attributes.materialise(self, self.evaluate(target))
            if isinstance(held, Tape):
                tapes.delete(self, held)

    def visit_Global(self, node: cst.Global) -> bool:
        for item in node.names:
            self.scopes[self.frame.scope].globals.add(item.name.value)
        return False

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        for item in node.names:
            self.scopes[self.frame.scope].nonlocals.add(item.name.value)
        return False

    def visit_Assert(self, node: cst.Assert) -> bool:
        test = attributes.materialise(self, self.evaluate(node.test))
        control_on(self, node, "assert", test, node.test, converted=False)
        return False

    def visit_TypeAlias(self, node: cst.TypeAlias) -> bool:
        return False
