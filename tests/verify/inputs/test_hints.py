"""Inputs in the user's own words."""

from __future__ import annotations

import numpy as np
import pytest

from tflint_grad.verify.inputs import hints
from tflint_grad.verify.inputs.specification import evaluate


def test_a_comment_gives_a_value_to_each_parameter() -> None:
    found = hints.in_comments(["# a comment", "# tflint-grad: inputs x=float32[8,3], n=3"])
    assert {name: str(one) for name, one in found.items()} == {"x": "float32[8, 3]", "n": "3"}


@pytest.mark.parametrize("text", ["x=", "float32[3]", "**x", "x=1 y=2"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(hints.MalformedHint):
        hints.parse(text)


@pytest.mark.parametrize(
    ("text", "dtype", "shape"),
    [
        ("float32[8, 3]", "float32", (8, 3)),
        ("float64[()]", "float64", ()),
        ("int32[4] < 10", "int32", (4,)),
        ("bool[2]", "bool", (2,)),
        ("tf.ones([2, 2])", "float32", (2, 2)),
    ],
)
def test_shorthand_describes_tensors(text: str, dtype: str, shape: tuple[int, ...]) -> None:
    pytest.importorskip("tensorflow")
    value = evaluate(text, {}, np.random.default_rng(0))
    assert (value.dtype.name, tuple(value.shape)) == (dtype, shape)


def test_a_bound_of_integers_holds_and_containers_are_filled() -> None:
    pytest.importorskip("tensorflow")
    chooser = np.random.default_rng(0)
    assert int(np.max(evaluate("int32[400] < 10", {}, chooser))) == 9
    pair = evaluate("[float32[2], {'n': int32[3]}]", {}, chooser)
    assert tuple(pair[1]["n"].shape) == (3,)
    assert evaluate("size + 1", {"size": 4}, chooser) == 5
