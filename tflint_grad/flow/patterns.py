"""Which `case` of a `match` is taken, as far as the subject is known."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes
from tflint_grad.flow.values import NOTHING, UNKNOWN, Class, Data, Object, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


def cases_that_may_run(
    x: Execution, cases: Many[cst.MatchCase], subject: Value
) -> tuple[list[cst.MatchCase], bool]:
    """The cases that the subject may choose, and whether one of them is sure to run."""
    found: list[cst.MatchCase] = []
    for case in cases:
        fits = matches(x, case.pattern, subject)
        if fits is False:
            continue
        found.append(case)
        if fits and case.guard is None:
            return found, True
    return found, False


def matches(x: Execution, pattern: cst.MatchPattern, subject: Value) -> bool | None:
    """Whether a pattern fits, if that is known."""
    match pattern:
        case cst.MatchAs(pattern=None):
            return True
        case cst.MatchAs(pattern=cst.MatchPattern() as inner):
            return matches(x, inner, subject)
        case cst.MatchOr():
            return _any([matches(x, part.pattern, subject) for part in pattern.patterns])
        case cst.MatchValue() | cst.MatchSingleton():
            return _equals(subject, x.evaluate(pattern.value))
        case cst.MatchClass():
            return _is_of_class(x, pattern, subject)
        case _:
            return None


def _any(found: Many[bool | None]) -> bool | None:
    if True in found:
        return True
    return None if None in found else False


def _equals(subject: Value, other: Value) -> bool | None:
    if not isinstance(subject, Data) or not isinstance(other, Data):
        return None
    if subject.constant is NOTHING or other.constant is NOTHING:
        return None
    return bool(subject.constant == other.constant)


def _is_of_class(x: Execution, pattern: cst.MatchClass, subject: Value) -> bool | None:
    """`case Focal(gamma=g)`; only of an object that is made in sight is the class for sure."""
    if not isinstance(subject, Object) or not isinstance(subject.cls, Class):
        return None
    wanted = x.evaluate(pattern.cls)
    if not isinstance(wanted, Class) or x.sources[subject.identity].is_parameter:
        return None
    if all(known.identity != wanted.identity for known in subject.cls.ancestry()):
        return False
    if pattern.patterns:
        parts = [matches(x, part.value, UNKNOWN) for part in pattern.patterns]
        return True if all(parts) else None
    found = [
        matches(x, part.pattern, attributes.read_attribute(x, subject, part.key.value, part))
        for part in pattern.kwds
    ]
    if False in found:
        return False
    return None if None in found else True
