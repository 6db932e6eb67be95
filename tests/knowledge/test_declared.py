"""What is declared and not measured is shown by a program of its own."""

from pathlib import Path
from typing import Any

import pytest

from tflint_grad.knowledge.operations import OpFact, fact, tensor_method

SPECS = Path(__file__).parents[2] / "tools" / "specs"
# Of each name, an expression of x, a vector that a tape watches: what comes back is declared.
PROGRAMS = {
    "tensorflow.Variable": "tf.Variable(x)",
    "tensorflow.cond": "tf.cond(True, lambda: x * x, lambda: x)",
    "tensorflow.case": "tf.case([(tf.constant(True), lambda: x * x)], default=lambda: x)",
    "tensorflow.switch_case": "tf.switch_case(tf.constant(0), [lambda: x * x, lambda: x])",
    "keras.ops.cond": "keras.ops.cond(True, lambda: x * x, lambda: x)",
    "tensorflow.function": "tf.function(tf.square)(x)",
    "tensorflow.custom_gradient": "tf.custom_gradient(lambda a: (a * a, lambda u: u))(x)",
    "tensorflow.recompute_grad": "tf.recompute_grad(tf.square)(x)",
    "tensorflow.grad_pass_through": "tf.grad_pass_through(tf.round)(x)",
    "tensorflow.autograph.experimental.do_not_convert":
        "tf.autograph.experimental.do_not_convert(tf.square)(x)",
    "tensorflow.autograph.to_graph": "tf.autograph.to_graph(double)(x)",
    "tensorflow.RaggedTensor.from_tensor": "tf.RaggedTensor.from_tensor(x[None]).flat_values",
    "tensorflow.RaggedTensor.from_row_splits":
        "tf.RaggedTensor.from_row_splits(x, [0, 2, 4]).flat_values",
    "tensorflow.RaggedTensor.from_row_lengths":
        "tf.RaggedTensor.from_row_lengths(x, [2, 2]).flat_values",
    "tensorflow.RaggedTensor.from_value_rowids":
        "tf.RaggedTensor.from_value_rowids(x, [0, 0, 1, 1]).flat_values",
    "tensorflow.SparseTensor":
        "tf.SparseTensor([[0], [1], [2], [3]], x, [4]).values",
    "tensorflow.IndexedSlices": "tf.IndexedSlices(x, [0, 1, 2, 3]).values",
    "keras.Variable": "tf.convert_to_tensor(keras.Variable(x))",
    "keras.backend.variable": "tf.keras.backend.variable(x)",
    "keras.ops.custom_gradient":
        "keras.ops.custom_gradient(lambda a: (a * a, lambda *u, upstream=None: upstream or u[0]))(x)",
}  # fmt: skip
METHODS = {
    "read_value": "with_value(x).read_value()",
    "value": "variable.value()",
    "gather_nd": "variable.gather_nd([[0], [1]])",
    "sparse_read": "variable.sparse_read([0, 1])",
    "assign": "tf.Variable(x * 0.0).assign(x)",
    "assign_add": "tf.Variable(x * 0.0).assign_add(x)",
    "assign_sub": "tf.Variable(x * 0.0).assign_sub(x)",
    "scatter_nd_update": "tf.Variable(x * 0.0).scatter_nd_update([[0], [1], [2], [3]], x)",
    "scatter_nd_add": "tf.Variable(x * 0.0).scatter_nd_add([[0], [1], [2], [3]], x)",
    "stack": "array.unstack(x).stack()",
    "concat": "rows.unstack(tf.reshape(x, [2, 2])).concat()",
    "gather": "array.unstack(x).gather([0, 1])",
    "read": "array.unstack(x).read(0)",
    "write": "array.write(0, x[0]).stack()",
    "scatter": "array.scatter([0, 1], x[:2]).stack()",
    "unstack": "array.unstack(x).stack()",
    "split": "rows.split(x, [2, 2]).concat()",
    "to_tensor": "ragged(x).to_tensor()",
    "to_sparse": "ragged(x).to_sparse().values",
    "with_values": "ragged(x).with_values(x * x).flat_values",
    "with_flat_values": "ragged(x).with_flat_values(x * x).flat_values",
    "merge_dims": "ragged(x).merge_dims(0, 1)",
    "size": "array.unstack(x).size()",
    "row_splits": "ragged(x).row_splits",
    "row_lengths": "ragged(x).row_lengths()",
    "row_limits": "ragged(x).row_limits()",
    "value_rowids": "ragged(x).value_rowids()",
    "nrows": "ragged(x).nrows()",
    "bounding_shape": "ragged(x).bounding_shape()",
}


def what_comes_back(program: str) -> str:
    tf = pytest.importorskip("tensorflow")
    import keras

    x = tf.constant([0.1, 0.2, 0.3, 0.4])
    variable = tf.Variable(x)
    names = {
        "tf": tf,
        "keras": keras,
        "variable": variable,
        "with_value": lambda _: variable,
        "double": double,
        "array": tf.TensorArray(tf.float32, 0, dynamic_size=True),
        "rows": tf.TensorArray(tf.float32, 2, infer_shape=False),
        "ragged": lambda values: tf.RaggedTensor.from_row_splits(values, [0, 2, 4]),
    }
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        result: Any = tf.convert_to_tensor(eval(program, {**names, "x": x}))
    gradients = [tape.gradient(result, source) for source in (x, variable)]
    return "none" if all(gradient is None for gradient in gradients) else "flows"


def double(a: Any) -> Any:
    return a * 2.0


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_declared_function_does_what_is_declared(name: str) -> None:
    declared = fact(name)
    assert declared is not None
    assert what_comes_back(PROGRAMS[name]) == declared.gradient.value


@pytest.mark.parametrize("name", METHODS)
def test_a_method_does_what_is_declared(name: str) -> None:
    declared = tensor_method(name)
    assert declared is not None
    assert what_comes_back(METHODS[name]) == declared.gradient.value


def test_what_no_program_shows_gives_no_tensor_or_has_a_reason() -> None:
    reasons = {
        "tensorflow.gradients": "graphs only",
        "tensorflow.hessians": "graphs only",
        "keras.backend.gradients": "graphs only",
        "keras.backend.function": "graphs only",
        "keras.backend.print_tensor": "Keras 2 only",
        "keras.ops.vectorize": "wraps what is handed over",
        "tensorflow.nondifferentiable_batch_function": "waits for other threads",
        "tensorflow.TensorArray": "made without values",
    }
    text = (SPECS / "declared.txt").read_text(encoding="utf-8")
    names = [row.split()[0] for row in text.splitlines() if row and not row.startswith("#")]
    rest = {name for name in names if name not in PROGRAMS and not says_nothing(fact(name))}
    assert rest == set(reasons)


def says_nothing(found: OpFact | None) -> bool:
    assert found is not None
    return found.kind in ("context", "static", "print", "state") or found.dtype == "none"
