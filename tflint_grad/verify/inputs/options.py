"""What a program's options are when nobody has given any: from its own parser, as far as it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tflint_grad.verify.inputs.specification import Literal
from tflint_grad.verify.inputs.usage import dotted
from tflint_grad.verify.syntax import Program

_OF_TYPES: Mapping[str, object] = {"int": 2, "float": 0.1, "str": "name", "bool": False}
_OF_ACTIONS: Mapping[str, object] = {"store_true": False, "store_false": True, "count": 0}


def of_parser(program: Program) -> dict[str, Literal]:
    """By its name, each option that an `add_argument` of the file declares."""
    found: dict[str, Literal] = {}
    for node in ast.walk(program.tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "add_argument":
            said = {one.arg: one.value for one in node.keywords}
            value = next(_values(said), "name")
            found[_name(node, said)] = Literal(value)
    return found


def _name(call: ast.Call, said: Mapping[str | None, ast.expr]) -> str:
    """As argparse has it: `dest`, else the first long name, else the first."""
    given = _constant(said.get("dest"))
    names = [str(_constant(one)) for one in call.args]
    long = [one for one in names if one.startswith("--")]
    name = str(given) if given is not None else next(iter([*long, *names]), "")
    return name.lstrip("-").replace("-", "_")


def _values(said: Mapping[str | None, ast.expr]) -> Iterator[object]:
    """What it may be, the surest first."""
    default, choices = _constant(said.get("default")), said.get("choices")
    if default is not None:
        yield default
    if isinstance(choices, ast.List | ast.Tuple):
        yield from map(_constant, choices.elts)
    for key, known in (("type", _OF_TYPES), ("action", _OF_ACTIONS)):
        word = said.get(key)
        name = word.id if isinstance(word, ast.Name) else _constant(word)
        if name in known:
            yield known[str(name)]


def _constant(node: ast.expr | None) -> object:
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None
