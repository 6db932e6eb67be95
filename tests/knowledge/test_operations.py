"""What the table says about operations that every training script uses."""

import json
from pathlib import Path

import pytest

from tflint_grad.knowledge import table
from tflint_grad.knowledge.operations import (
    Gradient,
    OpFact,
    fact,
    operator,
    rewraps,
    tensor_attribute,
    tensor_method,
)


def known(name: str) -> OpFact:
    found = fact(name)
    assert found is not None, name
    return found


@pytest.mark.parametrize(
    ("name", "gradient", "dtype"),
    [
        ("tensorflow.exp", "flows", "float"),
        ("tensorflow.matmul", "flows", "same"),
        ("tensorflow.where", "flows", "same"),
        ("tensorflow.nn.elu", "flows", "float"),
        ("tensorflow.math.floormod", "flows", "same"),
        ("tensorflow.nn.sparse_softmax_cross_entropy_with_logits", "flows", "float"),
        ("tensorflow.debugging.check_numerics", "flows", "float"),
        ("keras.ops.scatter_update", "flows", "same"),
        ("keras.losses.mse", "flows", "float"),
        ("tensorflow.argmax", "none", "int"),
        ("tensorflow.round", "none", "same"),
        ("tensorflow.math.floordiv", "none", "same"),
        ("tensorflow.less", "none", "bool"),
        ("tensorflow.one_hot", "none", "float"),
        ("tensorflow.random.shuffle", "none", "same"),
        ("tensorflow.image.hsv_to_rgb", "none", "float"),
        ("tensorflow.stop_gradient", "none", "same"),
        ("tensorflow.print", "none", "none"),
        ("keras.metrics.binary_accuracy", "none", "float"),
        ("tensorflow.sign", "zero", "same"),
        ("keras.ops.sign", "zero", "same"),
        ("tensorflow.unique", "unregistered", "same"),
        ("tensorflow.truncatemod", "unregistered", "same"),
        ("tensorflow.image.adjust_contrast", "unregistered", "same"),
        ("keras.ops.slice_update", "unregistered", "same"),
        ("tensorflow.sparse.maximum", "fails", "same"),
    ],
)
def test_gradient_and_type(name: str, gradient: str, dtype: str) -> None:
    found = known(name)
    assert (found.gradient.value, found.dtype) == (gradient, dtype)


def test_of_several_results_each_has_its_own_gradient() -> None:
    found = known("tensorflow.math.top_k")
    assert found.outputs == (Gradient.FLOWS, Gradient.NONE)
    assert found.output_dtypes == ("float", "int")


@pytest.mark.parametrize(
    ("name", "position", "parameter"),
    [
        ("tensorflow.gather", 1, "indices"),
        ("tensorflow.where", 0, "condition"),
        ("tensorflow.reduce_sum", 1, "axis"),
        ("tensorflow.reshape", 1, "shape"),
        ("tensorflow.nn.sparse_softmax_cross_entropy_with_logits", 0, "labels"),
        ("keras.losses.sparse_categorical_crossentropy", 0, "y_true"),
    ],
)
def test_detached_parameters_are_known_by_name_and_position(
    name: str, position: int, parameter: str
) -> None:
    found = known(name)
    assert found.parameter(position) == parameter
    assert not found.carries(position)
    assert not found.carries(parameter)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tensorflow.cast", "cast"),
        ("tensorflow.Variable", "variable"),
        ("tensorflow.zeros", "creation"),
        ("tensorflow.random.normal", "creation"),
        ("tensorflow.nest.map_structure", "structure"),
        ("tensorflow.map_fn", "higher-order"),
        ("tensorflow.cond", "higher-order"),
        ("tensorflow.function", "higher-order"),
        ("tensorflow.print", "print"),
        ("tensorflow.debugging.assert_positive", "assert"),
        ("tensorflow.debugging.assert_all_finite", "structure"),
        ("tensorflow.numpy_function", "host"),
        ("tensorflow.stop_gradient", "stop"),
        ("tensorflow.GradientTape", "context"),
    ],
)
def test_kind(name: str, kind: str) -> None:
    assert known(name).kind == kind


def test_operators_methods_and_attributes() -> None:
    expected = {"+": "flows", "%": "flows", "[]": "flows", "//": "none", "<": "none", "&": "none"}
    for symbol, gradient in expected.items():
        found = operator(symbol)
        assert found is not None
        assert found.gradient.value == gradient
    method = tensor_method("assign_add")
    assert method is not None
    assert method.kind == "state"
    host = tensor_method("numpy")
    assert host is not None
    assert host.kind == "host"
    shape = tensor_attribute("shape")
    assert shape is not None
    assert shape.kind == "static"
    assert tensor_attribute("no_such_attribute") is None


@pytest.mark.parametrize(
    "name",
    ["constant", "Variable", "convert_to_tensor", "identity", "cast", "compat.v1.constant"],
)
def test_what_is_rewrapped_has_no_gradient(name: str) -> None:
    tf = pytest.importorskip("tensorflow")
    function = tf.compat.v1.constant if "." in name else getattr(tf, name)
    arguments = (tf.float32,) if name == "cast" else ()
    copied = set()
    for kind, source in (("tensor", tf.constant([1.0])), ("variable", tf.Variable([1.0]))):
        with tf.GradientTape() as tape:
            tape.watch(source)
            target = tf.square(function(source, *arguments))
        if tape.gradient(target, source) is None:
            copied.add(kind)
    assert rewraps(f"tensorflow.{name}") == copied


def test_unlisted_names_of_the_numpy_interface_flow() -> None:
    assert known("tensorflow.experimental.numpy.polyval").gradient is Gradient.FLOWS
    assert known("tensorflow.experimental.numpy.argmax").gradient is Gradient.NONE


def test_every_row_reads() -> None:
    for name, row in table.rows().items():
        assert row.count("|") == 6, name
        if not name.startswith(("Tensor.", "operator.")):
            found = known(name)
            assert set(found.detached) - set(range(99)) <= set(found.parameters), name


def test_every_alias_leads_to_a_row() -> None:
    assert set(table.aliases().values()) <= table.rows().keys() | table.classes().keys()


def test_the_table_is_written_one_fact_a_line() -> None:
    text = (Path(table.__file__).parent / "tensorflow.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=0) + "\n"
