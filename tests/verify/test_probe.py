"""The probe: it sees what tapes do, and changes nothing of what the program sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.verify.programs import Written

# What each leaves in `result` must be the same with the probe as without.
PROGRAMS = {
    "an eager tape": """
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.sin(w) * w)
        result = [y, tape.gradient(y, w)]
    """,
    "a persistent tape, asked twice": """
        x = tf.constant(3.0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = y * y
        result = [tape.gradient(z, x), tape.gradient(y, x), tape.watched_variables()]
        del tape
    """,
    "a function": """
        w = tf.Variable(2.0)
        @tf.function
        def step(x):
            with tf.GradientTape() as tape:
                y = tf.where(x > 0.0, w * x, 0.0)
                if tf.reduce_sum(x) > 0.0:
                    y += w
                loss = tf.reduce_sum(y)
            return loss, tape.gradient(loss, w)
        result = [step(tf.constant([1.0, -1.0, 2.0])), step(tf.constant([5.0, 1.0, 1.0]))]
        result += [step.experimental_get_tracing_count()]
    """,
    "a compiled function": """
        w = tf.Variable(2.0)
        @tf.function(jit_compile=True)
        def step(x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.tanh(w * x))
            return loss, tape.gradient(loss, w)
        result = step(tf.constant([1.0, 2.0]))
    """,
    "Jacobians": """
        x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = tf.sin(x) * x
        result = [tape.jacobian(y, x), tape.batch_jacobian(y, x)]
    """,
    "nested tapes": """
        x = tf.Variable(0.7)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = tf.exp(x) * x
            slope = inner.gradient(y, x)
        result = [slope, outer.gradient(slope, x)]
    """,
    "missing gradients, and zeros in their place": """
        a, b = tf.Variable(1.0), tf.Variable(2.0)
        with tf.GradientTape(persistent=True) as tape:
            y = a * a
        result = [tape.gradient(y, [a, b])[1] is None]
        result += tape.gradient(y, [a, b], unconnected_gradients="zero")
    """,
    "rows of an embedding": """
        table = tf.Variable(tf.ones([5, 2]))
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.gather(table, [1, 3]) ** 2)
        slices = tape.gradient(y, table)
        result = [type(slices).__name__, slices.values, slices.indices]
    """,
    "fit": """
        import keras
        model = keras.Sequential([keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.linspace(0.0, 1.0, 12).reshape(6, 2).astype("float32")
        history = model.fit(x, x[:, :1], epochs=2, batch_size=3, verbose=0, shuffle=False)
        result = [history.history["loss"], model.get_weights()]
    """,
    "an exhausted tape": """
        w = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            y = w * w
        result = [tape.gradient(y, w)]
        tape.gradient(y, w)
    """,
    "an exception of a graph": """
        @tf.function
        def f(x):
            return np.exp(x)
        result = []
        f(tf.constant(1.0))
    """,
    "an exception that is caught": """
        result = []
        try:
            tf.reshape(tf.ones([3]), [2])
        except tf.errors.InvalidArgumentError as error:
            result = [str(error)]
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_probed_program_does_what_it_does_unprobed(name: str, tmp_path: Path) -> None:
    program = Written(tmp_path, PROGRAMS[name])
    plain = program.run()
    plain_error = program.error
    probe = program.probed(intermediates=True)
    assert probe.seen.executed, "the probe saw nothing"
    assert _flat(program.loader.module) == _flat(plain)
    assert _told(program.error) == _told(plain_error)
    assert (plain_error is None) == ("exhausted" not in name and name != "an exception of a graph")


def _flat(module: Any) -> list[Any]:
    import tensorflow as tf

    found: list[Any] = []
    for one in tf.nest.flatten(module.result):
        if hasattr(one, "numpy") or isinstance(one, np.ndarray):
            found += np.asarray(one).ravel().tolist()
        else:
            found.append(one)
    return found


def _told(error: BaseException | None) -> tuple[str, str]:
    return (type(error).__name__, str(error))


def test_outcomes_are_told_source_by_source(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        a, b, c, d = (tf.Variable(value) for value in (1.0, 2.0, 0.0, 3.0))
        with tf.GradientTape() as tape:
            y = a * a + tf.sqrt(c) + 0.0 * d
        grads = tape.gradient(y, [a, b, c, d])
        """,
    )
    (call,) = program.probed().seen.gradients
    assert call.outcomes == ["finite", "none", "not-finite", "zero"]
    assert call.place == program.place("tape.gradient")
    assert call.tape == program.place("with tf.GradientTape")


@pytest.mark.parametrize("options", ["", "jit_compile=True"])
def test_a_graph_tells_its_gradients_each_time_it_runs(options: str, tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        f"""
        w = tf.Variable([0.0, 2.0])
        @tf.function({options})
        def step(x):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(tf.sqrt(w) * x)
            return tape.gradient(y, w)
        step(tf.constant(1.0))
        w.assign([1.0, 2.0])
        step(tf.constant(1.0))
        step(tf.constant(2.0))
        step(tf.constant(0.0))
        """,
    )
    outcomes = [(*call.outcomes, call.count) for call in program.probed().seen.gradients]
    assert outcomes == [("symbolic", 1), ("not-finite", 1), ("finite", 2), ("zero", 1)]


def test_a_compiled_function_in_another_graph_tells_too(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        w, idle = tf.Variable(2.0), tf.Variable(1.0)
        @tf.function(jit_compile=True)
        def inner(x):
            with tf.GradientTape() as tape:
                y = tf.sign(w) * x
            return tape.gradient(y, [idle, w])[1]
        @tf.function
        def outer(x):
            return inner(x) + inner(x)
        outer(tf.constant(1.0))
        """,
    )
    seen = program.probed().seen
    outcomes = [(*call.outcomes, call.count) for call in seen.gradients]
    assert outcomes == [("none", "symbolic", 1), ("none", "zero", 2)]
    assert seen.conversions == {}, "what the probe reads is no wait of the program's"


def test_a_marked_row_tells_under_which_tapes_and_where_it_ran(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        w = tf.Variable(2.0)
        def f(x):
            return w * x  # here
        @tf.function
        def g(x):
            if x > 0.0:
                x = w + x  # there
            return x
        with tf.GradientTape() as tape:
            f(1.0)
            g(tf.constant(1.0))
        """,
    )
    seen = program.probed(marks=["# here", "# there"]).seen
    opened = program.place("with tf.GradientTape")
    assert set(seen.under[program.place("# here")]) == {opened}
    assert seen.stages == {program.place("# here"): ["eager"], program.place("# there"): ["branch"]}


def test_an_exception_is_told_with_every_row_that_it_came_through(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        def f(x):
            return tf.reshape(x, [2])  # inner
        f(tf.ones([3]))  # outer
        """,
    )
    error = program.probed().seen.escaped()
    assert error is not None and error.kind == "InvalidArgumentError"
    assert {program.place("# inner"), program.place("# outer")} <= set(error.places)


def test_what_a_tape_keeps_is_known_from_a_run_whose_tapes_forget(tmp_path: Path) -> None:
    from tflint_grad.verify.oracles.memory import kept

    program = Written(
        tmp_path,
        """
        w = tf.Variable([1.0, 2.0])
        def step():
            with tf.GradientTape(persistent=True) as tape:
                y = tf.reduce_sum(tf.exp(w * w))
            return tape.gradient(y, w)
        step()
        """,
    )
    seen = program.probed(intermediates=True).seen
    kept(seen, program.probed(forgetful=[1]).seen)
    assert seen.tapes[0].kept_after_use > 0
    assert seen.tapes[0].kept_at_end == 0


def test_a_wait_for_the_host_is_counted_where_it_happens(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        x = tf.constant(1.0)
        for _ in range(3):
            float(x)  # waits
        """,
    )
    assert program.probed().seen.conversions == {program.place("# waits"): 3}


def test_everything_that_was_wrapped_is_itself_again(tmp_path: Path) -> None:
    import tensorflow as tf

    before = {name: vars(tf.GradientTape)[name] for name in ("gradient", "__enter__", "__init__")}
    Written(tmp_path, "raise ValueError('x')").probed()
    assert {name: vars(tf.GradientTape)[name] for name in before} == before
