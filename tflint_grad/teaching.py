"""`[tool.tflint-grad.functions]`: checks what users tell us of functions, word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tflint_grad.config import UsageError, suggestion
from tflint_grad.knowledge.taught import (
    GRADIENTS,
    RETURNS,
    UNDER_A_TAPE,
    Callback,
    Taught,
    TaughtFact,
)

_KEYS = ("gradient", "returns", "calls")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_CALLS = re.compile(rf"argument (\d{{1,3}}|[^\W\d]\w*)({UNDER_A_TAPE})?")
_CALLS_FORM = f"'argument N' or 'argument N{UNDER_A_TAPE}', N a position from 0 or a name"


def taught_functions(value: object) -> Taught:
    """The whole table: fully qualified names, each with a table of what is said.

    Raises:
        UsageError: it holds what it should not.
    """
    if not isinstance(value, Mapping):
        raise UsageError("must be a table of dotted names")
    return Taught(tuple(sorted((_fact(*entry) for entry in value.items()), key=_name)))


def _name(fact: TaughtFact) -> str:
    return fact.name


def _fact(name: str, said: object) -> TaughtFact:
    if not _DOTTED.fullmatch(name):
        raise UsageError(f"{name!r} is no dotted name{_in_quotes(name, said)}")
    if not isinstance(said, Mapping):
        raise UsageError(f'{name}: must be a table such as {{ gradient = "none" }}')
    for key in said:
        if key not in _KEYS:
            raise UsageError(f"{name}: unknown key {key!r}{_key_hint(key)}")
    gradient = _word(name, "gradient", said, GRADIENTS)
    returns = _word(name, "returns", said, RETURNS)
    fact = TaughtFact(name, gradient, returns, _calls(name, said.get("calls", ())))
    if not (fact.gradient or fact.returns or fact.calls):
        raise UsageError(f"{name}: says nothing; one of {', '.join(_KEYS)} is needed")
    if fact.is_host and gradient not in ("", "none", "constant"):
        raise UsageError(
            f"{name}: gradient = {gradient!r} and returns = {returns!r} cannot both be true"
        )
    return fact


def _in_quotes(name: str, said: object) -> str:
    """TOML reads `mylib.logit = …` without quotes as a table in a table."""
    parts, inner = [name], said
    while isinstance(inner, Mapping) and len(inner) == 1 and len(parts) < 9:
        key, inner = next(iter(inner.items()))
        if isinstance(inner, Mapping):
            parts.append(str(key))
    whole = ".".join(parts)
    if len(parts) > 1 and _DOTTED.fullmatch(whole):
        return f'; write it in quotes: "{whole}"'
    return " such as mylib.ops.norm"


def _key_hint(key: object) -> str:
    return suggestion(str(key), _KEYS) or f"; known are {', '.join(_KEYS)}"


def _word(name: str, key: str, said: Mapping[object, object], words: Mapping[str, str]) -> str:
    if key not in said:
        return ""
    word = said[key]
    if not isinstance(word, str) or word not in words:
        hint = suggestion(str(word), words)
        raise UsageError(f"{name}: {key} must be one of {', '.join(words)}, not {word!r}{hint}")
    return word


def _calls(name: str, said: object) -> tuple[Callback, ...]:
    """One text or a list of them."""
    texts = [said] if isinstance(said, str) else said
    if not isinstance(texts, (list, tuple)):
        raise UsageError(f"{name}: calls must be {_CALLS_FORM}; or a list of these")
    return tuple(_callback(name, text) for text in texts)


def _callback(name: str, text: object) -> Callback:
    match = _CALLS.fullmatch(" ".join(text.split())) if isinstance(text, str) else None
    if match is None:
        hint = suggestion(str(text), ("argument 0", f"argument 0{UNDER_A_TAPE}"))
        raise UsageError(f"{name}: calls must be {_CALLS_FORM}, not {text!r}{hint}")
    which = match[1]
    return Callback(int(which) if which.isdigit() else which, match[2] is not None)
