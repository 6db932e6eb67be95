"""From text to outline: split the file into items and decide which can matter to a gradient."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.findings import Location, Severity, Unreadable
from tflint_grad.outline.hooks import all_hooks, going_wrong
from tflint_grad.outline.mark import leaves, mark_named_roots, mark_needed
from tflint_grad.outline.split import split
from tflint_grad.outline.surroundings import Neighbours
from tflint_grad.outline.units import CodeItem, Outline, Unit
from tflint_grad.source.prefilter import Relevance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tflint_grad.source import SourceText


def shallow_outline(source: SourceText, tree: ast.Module | None = None) -> Outline:
    """Split `source` into items and look no further: nothing is marked, nothing is refused yet.

    For a file that others import: only the items whose names they read will be executed, and
    `Outline.guard` has to be asked about each of these before.

    Raises:
        Unreadable: broken syntax (an error), or nested beyond what Python can parse (a warning).
    """
    if tree is None:
        tree = _parse(source.text)
    lines = lines_of(source.text)
    return Outline(source.filename, lines, split(source.filename, lines, tree.body), True, tree)


def outline(
    source: SourceText,
    tree: ast.Module | None = None,
    whole: bool = False,
    roots: frozenset[str] = frozenset(),
    breaks: frozenset[str] = frozenset(),
    find: Callable[[str, str, int], Outline | None] = lambda importer, module, level: None,
    look: Callable[[SourceText, ast.Module | None], Outline] = shallow_outline,
) -> Outline:
    """Split `source` into items and mark those that can matter.

    `tree`: the module as parsed by someone else (flake8). `whole`: one unit for the whole file,
    all of it needed and parsed by libcst; the reference that slicing and made nodes are tested
    against. `roots`: names of functions that open a tape, `breaks`: of those that break a path,
    both by what the configuration says. `find`: the outline of the file that
    `from <level dots>module import …` in a file imports from. `look`: what splits the file; its
    items are marked.

    Raises:
        Unreadable: broken syntax (an error), or nested or long beyond the limits (a warning).
    """
    if whole:
        return _outline_in_one(source, tree)
    found = look(source, tree)
    anchored = bool(roots) or source.relevance is not Relevance.HOOKED
    neighbours = Neighbours(find)
    wrong = going_wrong(found, source.text, neighbours)
    neighbours.forget()
    names = (leaf.names for leaf, _ in leaves(found.items))
    if breaks and any(breaks & (one.used | one.attributes) for one in names):
        wrong |= all_hooks(found.items)
    if anchored:
        mark_named_roots(found.items, roots)
    leads = mark_needed(found.items, anchored, wrong) if anchored or wrong else None
    found.matters, found.leads = leads is not None, leads or frozenset()
    if found.matters:
        for item, _ in leaves(found.items):
            if item.needed:
                found.guard(item)
    return found


def _outline_in_one(source: SourceText, tree: ast.Module | None) -> Outline:
    if tree is None:
        tree = _parse(source.text)
    lines = lines_of(source.text)
    unit = Unit(lines, 1, len(lines), tree.body, source.filename, parsed=True)
    code = CodeItem(unit, tree.body, needed=True)
    code.names.is_root = code.is_entry = True
    found = Outline(source.filename, lines, [code], True, tree)
    found.guard(code)
    return found


def lines_of(text: str) -> list[str]:
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
