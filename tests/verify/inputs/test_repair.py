"""What the exceptions of TensorFlow, Keras and Python say of the arguments."""

from __future__ import annotations

import pytest

from tflint_grad.verify.inputs.repair import Trouble, proposals
from tflint_grad.verify.inputs.specification import Literal, Specification, Tensor

MIXED = "cannot compute Mul as input #1(zero-based) was expected to be"


def proposed(message: str, kind: str = "ValueError", **state: Specification) -> list[str]:
    """`name=specification`, in order."""
    known = {(name,): spec for name, spec in state.items()}
    trouble = Trouble(kind, message, "", tuple(known), dict.fromkeys(known, "EagerTensor"))
    return [f"{path[0]}={spec}" for path, spec in proposals(trouble, known)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Matrix size-incompatible: In[0]: [2,3], In[1]: [4,5] [Op:MatMul]", "x=float32[2,4]"),
        ("Incompatible shapes: [2,3] vs. [2,7]", "x=float32[2,7]"),
        (
            "expected axis -1 of input shape to have value 8, but received shape (2, 3)",
            "x=float32[2,8]",
        ),
        ("incompatible with the layer: expected min_ndim=4, found ndim=2.", "x=float32[2,8,8,3]"),
        ("incompatible: expected shape=(None, 5), found shape=(2, 3)", "x=float32[2,5]"),
        (
            "Expected shape (None, 4, 4, 1), but input has incompatible shape (2, 3)",
            "x=float32[2,4,4,1]",
        ),
        ("too many values to unpack (expected 2)", "x=(float32[2,3], float32[2,3])"),
        ("'EagerTensor' object is not callable", "x=<model>"),
        ("'EagerTensor' object has no attribute 'trainable_variables'", "x=<model>"),
        ("'EagerTensor' object has no attribute 'assign_sub'", "x=float32[2,3]"),
        ("The truth value of an array with more than one element is ambiguous", "x=float32[]"),
        ("Input matrix must be square.", "x=float32[3,3]"),
        (f"{MIXED} a double tensor but is a float tensor", "x=float64[2,3]"),
        (
            "Value passed has DataType float32 not in list of allowed values: int32, int64",
            "x=int32[2,3]",
        ),
    ],
)
def test_a_message_names_the_cure(message: str, expected: str) -> None:
    assert expected in proposed(message, x=Tensor())[:4]


def test_an_index_is_one_number() -> None:
    said = "Only integers, slices (`:`) and scalar tf.int32/tf.int64 tensors are valid indices, got"
    assert proposed(said, x=Tensor("int32", (2,)))[0] == "x=int32[]"


def test_labels_stay_within_their_classes() -> None:
    said = "Received a label value of 7 which is outside the valid range of [0, 3)."
    known = {("y",): Tensor("int32", (2,), most=9)}
    trouble = Trouble("InvalidArgumentError", said, "", (("y",),), {})
    ((_, spec), *_) = proposals(trouble, known)
    assert isinstance(spec, Tensor) and spec.most == 3


def test_a_whole_number_becomes_a_real_one() -> None:
    said = f"{MIXED} a int32 tensor but is a float tensor"
    assert "depth=2.5" in proposed(said, depth=Literal(2), x=Tensor())


def test_a_missing_key_is_added() -> None:
    from tflint_grad.verify.inputs.specification import Several

    batch = Several((Tensor(),), "dict", ("x",))
    assert proposed("'y'", kind="KeyError", batch=batch)[0] == (
        "batch={'x': float32[2,3], 'y': float32[2,3]}"
    )


def test_a_message_of_another_matter_proposes_nothing() -> None:
    assert proposed("the licence has expired", x=Tensor()) == []
