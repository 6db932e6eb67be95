"""The cheap first look at a file, from the standard library's `ast`: what can matter, and where."""

from tflint_grad.outline.build import lines_of, outline, shallow_outline
from tflint_grad.outline.units import ClassItem, CodeItem, DefItem, ImportItem, Item, Outline, Unit

__all__ = [
    "ClassItem",
    "CodeItem",
    "DefItem",
    "ImportItem",
    "Item",
    "Outline",
    "Unit",
    "lines_of",
    "outline",
    "shallow_outline",
]
