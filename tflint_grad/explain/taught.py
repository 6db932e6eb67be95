"""What the configuration says of a function, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.knowledge.taught import GRADIENTS, RETURNS

if TYPE_CHECKING:
    from tflint_grad.knowledge.taught import Callback, TaughtFact


def explain_taught(fact: TaughtFact, where: str | None) -> str:
    """`where`: the place of its definition, where it is a function of the project."""
    lines = [fact.name, "  by the configuration:"]
    if fact.gradient:
        lines.append(f"    {GRADIENTS[fact.gradient]}")
    if fact.returns:
        lines.append(f"    it returns {RETURNS[fact.returns]}")
    if fact.is_host and not fact.gradient:
        lines.append("    what a tensor that goes in depends on is lost there")
    lines.extend(f"    {_called(callback)}" for callback in fact.calls)
    if not fact.gradient and not fact.is_host:
        lines.append("    of the gradient it says nothing: whatever goes in may come out")
    if where is not None:
        lines.append(f"  its body at {where} is not looked into")
    return "\n".join(lines)


def _called(callback: Callback) -> str:
    which = f"argument {callback.argument}"
    if callback.taped:
        return f"it calls {which} under a tape, and takes the gradient of what comes back"
    return f"it calls {which}"
