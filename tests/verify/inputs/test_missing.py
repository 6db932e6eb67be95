"""Whom the user is asked for: the value that the exception speaks of, and none that was given."""

from __future__ import annotations

from collections.abc import Collection

import pytest

pytest.importorskip("tensorflow")

from tflint_grad.verify.inputs.missing import missing
from tflint_grad.verify.inputs.repair import Trouble
from tflint_grad.verify.inputs.specification import Path

SELF, BACKEND, BATCH = ("self",), ("self", "backend"), ("batch",)
TYPES = {SELF: "Agent", BACKEND: "Backend", BATCH: "EagerTensor"}
NO_ATTRIBUTE = (
    "'tensorflow.python.framework.ops.EagerTensor' object has no attribute 'observations'"
)


def asked(message: str, *implicated: Path, given: Collection[str] = ()) -> str:
    trouble = Trouble("AttributeError", message, "", implicated, TYPES)
    return missing(trouble, given)


def test_the_one_of_the_type_that_the_exception_names_is_asked_for() -> None:
    assert asked(NO_ATTRIBUTE, SELF, BACKEND, BATCH) == "batch"


def test_of_an_object_an_argument_of_its_constructor_is() -> None:
    assert asked("it failed", SELF, BACKEND, BATCH) == "backend"
    assert asked("it failed", SELF) == "self"


def test_what_the_user_has_given_is_not_asked_for_again() -> None:
    assert asked("it failed", BACKEND, BATCH, given=["backend"]) == "batch"
    assert asked("it failed", BACKEND, given=["backend"]) == ""
