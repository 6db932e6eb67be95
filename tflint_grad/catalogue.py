"""The rules as a user asks for them: codes, names, summaries, documentation pages."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from tflint_grad.config import UsageError, suggestion

if TYPE_CHECKING:
    from tflint_grad.rules.base import Rule


def rules() -> dict[str, type[Rule]]:
    """All rules by code, in the order of their codes; libcst stays out of it."""
    from tflint_grad.rules import RULES

    return dict(sorted(RULES.items()))


def codes() -> tuple[str, ...]:
    return tuple(rules())


def listing() -> str:
    """One line a rule."""
    known = rules()
    width = max((len(rule.name) for rule in known.values()), default=0)
    return "\n".join(
        f"{code}  {rule.name:{width}}  {_page(rule).splitlines()[0]}"
        for code, rule in known.items()
    )


def explanation(wanted: str) -> str:
    """The documentation page of a rule, which is asked for by its code or its name."""
    known = rules()
    names = {rule.name: code for code, rule in known.items()}
    code = wanted.upper() if wanted.upper() in known else names.get(wanted.lower())
    if code is None:
        hint = suggestion(wanted.upper(), known) or suggestion(wanted.lower(), names)
        raise UsageError(f"no rule is called {wanted!r}{hint}")
    rule = known[code]
    heading = f"{code} {rule.name}"
    facts = f"Consequence: {rule.consequence}. Since {rule.since}."
    return f"{heading}\n{'=' * len(heading)}\n\n{_page(rule)}\n\n{facts}"


def _page(rule: type[Rule]) -> str:
    return inspect.cleandoc(rule.__doc__ or rule.name)
