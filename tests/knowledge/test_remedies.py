"""Advice that is given works: each remedy's code is run and brings a gradient back."""

import importlib.util
import linecache
from pathlib import Path

import pytest

from tflint_grad.knowledge import table
from tflint_grad.knowledge.remedies import all_remedies, kinds, remedy, remedy_for


def test_names_in_any_spelling_have_their_remedy() -> None:
    found = remedy("tensorflow.math.argmax")
    assert found is not None
    assert "tf.nn.softmax" in found.advice


def test_a_host_function_is_told_its_twin() -> None:
    found = remedy("numpy.exp")
    assert found is not None
    assert found.advice == "use tf.exp"
    assert remedy("numpy.median") is not None
    assert remedy("tensorflow.no_such_thing") is None


def test_advice_is_one_short_line() -> None:
    for name, found in all_remedies().items():
        assert found.code, name
        assert len(found.advice) < 90, name
        assert found.advice[0].islower(), name
        assert not found.advice.endswith("."), name
    assert all(remedy_for(kind) for kind in kinds())


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_every_remedy_brings_a_gradient_back(tmp_path: Path) -> None:
    import keras
    import numpy as np
    import tensorflow as tf
    import tensorflow.experimental.numpy as tnp

    lost = []
    for code in {found.code for found in all_remedies().values()}:
        file = tmp_path / "remedy.py"  # AutoGraph reads the source
        file.write_text(code, encoding="utf-8")
        linecache.clearcache()
        x = tf.constant([0.31, 0.42, 0.63, 0.74])
        names = {"tf": tf, "tnp": tnp, "keras": keras, "np": np, "x": x}
        with tf.GradientTape() as tape:
            tape.watch(x)
            exec(compile(code, str(file), "exec"), names)
            if "gradient" not in names:
                # Weighed: the plain sum of a softmax has no gradient.
                flat = tf.reshape(names["r"], [-1])
                weights = tf.cast(tf.range(1, tf.size(flat) + 1), flat.dtype)
                loss = tf.reduce_sum(weights * flat)
        gradient = names.get("gradient") if "gradient" in names else tape.gradient(loss, x)
        if gradient is None or not bool(tf.reduce_any(tf.convert_to_tensor(gradient) != 0.0)):
            lost.append(code)
    assert not lost


def test_every_operation_that_breaks_a_path_has_a_remedy() -> None:
    kinds_of = {"none": "no-gradient", "zero": "zero-gradient", "unregistered": "unregistered"}
    for name, row in table.rows().items():
        gradient, _, kind = row.split("|")[:3]
        if kind == "op" and gradient in kinds_of:
            assert remedy(name) or remedy_for(kinds_of[gradient]), name
