"""All ways in which a file is written anew, with the rows of the original."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from tests.metamorphic import moves, names, rows

#: Where a tape lives and dies depends on the scope that it is written in.
LIFETIME = frozenset({"TFG302", "TFG303", "TFG308", "TFG309"})


@dataclass(frozen=True)
class Variant:
    """The rewritten text; `unlike` are the codes that may well differ."""

    text: str
    origin: dict[int, int]
    unlike: frozenset[str] = frozenset()


Rewriting = Callable[[cst.Module], tuple[cst.Module, frozenset[str]]]


def _same(rewrite: Callable[[cst.Module], cst.Module]) -> Rewriting:
    return lambda module: (rewrite(module), frozenset())


def _in_main(module: cst.Module) -> tuple[cst.Module, frozenset[str]]:
    return moves.module_in_main(module), LIFETIME


def _moved(shape: str) -> Rewriting:
    def rewrite(module: cst.Module) -> tuple[cst.Module, frozenset[str]]:
        changed, mentions_tape = moves.forward_moved(module, shape)
        return changed, LIFETIME if mentions_tape else frozenset()

    return rewrite


REWRITINGS: dict[str, Rewriting] = {
    "modules renamed": _same(names.modules_renamed),
    "names imported": _same(names.names_imported),
    "locals renamed": _same(names.locals_renamed),
    "module in main": _in_main,
    "forward in a nested function": _moved("nested"),
    "forward in a method": _moved("method"),
    "forward in a closure": _moved("closure"),
}


def rewritten(text: str, how: str) -> Variant:
    """The text written in another way.

    Raises:
        Untransformable: this text cannot be written so.
    """
    module, unlike = REWRITINGS[how](cst.parse_module(rows.tagged(text)))
    plain, origin = rows.untagged(module.code)
    return Variant(plain, origin, unlike)
