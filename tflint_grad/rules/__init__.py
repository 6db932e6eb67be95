"""The rules, and the way from a file's outline to its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.knowledge.taught import NOTHING_TAUGHT
from tflint_grad.rules import (
    bystanders,
    host_on_path,
    no_gradient,
    seen,
    severed,
    tape_life,
    tool,
    unrecorded,
)
from tflint_grad.rules.base import Rule

if TYPE_CHECKING:
    from tflint_grad.findings import Finding
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.outline import Outline
    from tflint_grad.project import Project

RULES: dict[str, type[Rule]] = {
    rule.code: rule
    for family in (
        tool,
        bystanders,
        host_on_path,
        no_gradient,
        severed,
        tape_life,
        unrecorded,
        seen,
    )
    for rule in family.RULES
}


def check(
    outline: Outline,
    codes: frozenset[str] | None = None,
    project: Project | None = None,
    taught: Taught = NOTHING_TAUGHT,
) -> list[Finding]:
    """All findings of a file, sorted; those of `codes` only, where given. Ignores `# noqa`.

    Values are followed into other files of `project`, where it is given: a finding may then lie in
    one of these, named by its absolute path. `taught`: what the configuration says of functions.

    Raises:
        Unreadable: libcst refuses a part of the file in which a finding stands.
    """
    if not outline.matters:
        return []
    from tflint_grad.rules.collect import findings_of

    return findings_of(outline, codes, project, taught)


__all__ = ["RULES", "Rule", "check"]
