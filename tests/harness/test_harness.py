"""The harness can fail: files whose markers lie are refuted, and the same files told right pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.execute import execute, tensorflow_starts
from tests.harness.fixture import Fixture, MalformedFixture
from tflint_grad.verify.observation import Observations

HEAD = "import numpy as np\nimport tensorflow as tf\nw = tf.Variable([0.5, 1.5])\n"
TAIL = "# --- run ---\nfrom tests.harness.tail import *\n"

# name -> (text, the words of the complaint; "" where it must pass)
FILES = {
    "bad_none_promised_but_fine": (
        HEAD + "with tf.GradientTape() as t:\n"
        "    y = tf.reduce_sum(tf.exp(w))  # expect: TFG204 gradient-none\n"
        "g = t.gradient(y, w)\n",
        "no gradient was none",
    ),
    "bad_none_below_its_effect": (
        HEAD + "with tf.GradientTape() as t:\n"
        "    y = tf.reduce_sum(tf.round(w))\n"
        "g = t.gradient(y, w)\n"
        "y = 1.0  # expect: TFG204 gradient-none\n",
        "no gradient was none",
    ),
    "bad_none_on_dead_code": (
        HEAD + "def unused(v):\n    return tf.round(v)  # expect: TFG204 gradient-none\n"
        "with tf.GradientTape() as t:\n    y = tf.reduce_sum(tf.round(w))\n"
        "g = t.gradient(y, w)\n",
        "never executed",
    ),
    "bad_none": (
        HEAD + "with tf.GradientTape() as t:\n"
        "    y = tf.reduce_sum(tf.round(w))  # expect: TFG204 gradient-none\n"
        "g = t.gradient(y, w)\n",
        "",
    ),
    "bad_none_in_a_graph": (
        HEAD + "@tf.function\ndef step():\n    with tf.GradientTape() as t:\n"
        "        y = tf.reduce_sum(tf.round(w))  # expect: TFG204 gradient-none\n"
        "    g = t.gradient(y, w)\n    return y\n" + TAIL + "step()\n",
        "",
    ),
    "bad_raises_elsewhere": (
        HEAD + "@tf.function\ndef step():\n    y = tf.exp(w)  # expect: TFG201 raises\n"
        "    return np.exp(y)\n" + TAIL + "with raises(NotImplementedError):\n    step()\n",
        "no exception came through",
    ),
    "bad_raises_in_a_graph": (
        HEAD + "@tf.function\ndef step():\n    y = tf.exp(w)\n"
        "    return np.exp(y)  # expect: TFG201 raises\n"
        + TAIL
        + "with raises(NotImplementedError):\n    step()\n",
        "",
    ),
    "bad_raises_at_the_gradient_call": (
        HEAD + "with tf.GradientTape() as t:\n"
        "    y = np.exp(w)  # expect: TFG201 raises\n"
        "g = t.gradient(y, w)\n",
        "",
    ),
    "bad_raises_nothing": (
        HEAD
        + "y = np.exp(w)  # expect: TFG201 raises\n"
        + TAIL
        + "with raises(TypeError):\n    pass\n",
        "was not raised",
    ),
    "bad_wrong_but_right": (
        HEAD + "def f():\n    return tf.reduce_sum(w * w)  # expect: TFG201 gradient-wrong\n"
        "with tf.GradientTape() as t:\n    y = f()\n"
        + TAIL
        + "disagrees(t.gradient(y, w), f, w)\n",
        "right after all",
    ),
    "bad_zero_in_a_graph": (
        HEAD + "@tf.function\ndef step():\n    with tf.GradientTape() as t:\n"
        "        if w[0] > 0.:\n"
        "            y = tf.reduce_sum(tf.round(w))  # expect: TFG204 gradient-zero\n"
        "        else:\n            y = tf.reduce_sum(w)\n"
        "    return t.gradient(y, w)\n" + TAIL + "vanishes(step())\n",
        "",
    ),
    "bad_nan": (
        HEAD + "z = tf.Variable(0.)\nwith tf.GradientTape() as t:\n"
        "    y = tf.sqrt(z)  # expect: TFG701 gradient-nan\ng = t.gradient(y, z)\n",
        "",
    ),
    "bad_memory": (
        HEAD + "with tf.GradientTape(persistent=True) as t:  # expect: TFG302 memory\n"
        "    y = tf.reduce_sum(tf.exp(w * w))\ng = t.gradient(y, w)\n",
        "",
    ),
    "bad_memory_while_the_step_lasts": (
        HEAD + "def step():\n"
        "    with tf.GradientTape(persistent=True) as t:  # expect: TFG303 memory\n"
        "        y = tf.reduce_sum(tf.exp(w * w))\n    return t.gradient(y, w)\ng = step()\n",
        "",
    ),
    "bad_memory_of_an_unused_tape": (
        HEAD + "with tf.GradientTape() as t:  # expect: TFG308 memory\n"
        "    y = tf.reduce_sum(tf.exp(w * w))\n",
        "",
    ),
    "bad_memory_that_is_freed": (
        HEAD + "def step():\n    with tf.GradientTape() as t:  # expect: TFG303 memory\n"
        "        y = tf.reduce_sum(tf.exp(w * w))\n    return t.gradient(y, w)\ng = step()\n",
        "no tape kept anything alive",
    ),
    "bad_slow": (
        HEAD + "with tf.GradientTape(persistent=True) as t:\n    y = tf.reduce_sum(w * w)\n"
        "    g = t.gradient(y, w)  # expect: TFG304 slow\n",
        "",
    ),
    "bad_slow_but_not_there": (
        HEAD + "with tf.GradientTape(persistent=True) as t:\n    y = tf.reduce_sum(w * w)\n"
        "g = t.gradient(y, w)  # expect: TFG304 slow\n",
        "no warning",
    ),
    "bad_unmarked": (HEAD, "without a marker"),
    "bad_escaping_error": (
        HEAD + "with tf.GradientTape() as t:\n"
        "    y = tf.reduce_sum(tf.round(w))  # expect: TFG204 gradient-none\n"
        "g = t.gradient(y, w)\nraise KeyError('oops')\n",
        "unexpected KeyError",
    ),
    "ok_says_nothing": (HEAD, "never says"),
    "ok_right": (
        HEAD + "def f():\n    return tf.reduce_sum(w * w)\n"
        "with tf.GradientTape() as t:\n    y = f()\n" + TAIL + "agrees(t.gradient(y, w), f, w)\n",
        "",
    ),
    "ok_right_in_double_precision": (
        HEAD + "def f(x):\n    return tf.reduce_sum(tf.exp(x))\n"
        "x = tf.constant([0.1, 2.0], tf.float64)\n"
        "with tf.GradientTape() as t:\n    t.watch(x)\n    y = f(x)\n"
        + TAIL
        + "agrees(t.gradient(y, x), f, x)\n",
        "",
    ),
    "ok_but_wrong": (
        HEAD + "def f():\n    return tf.reduce_sum(w * tf.stop_gradient(w))\n"
        "with tf.GradientTape() as t:\n    y = f()\n" + TAIL + "agrees(t.gradient(y, w), f, w)\n",
        "central differences",
    ),
    "ok_but_flat": (
        HEAD + "def f():\n    return tf.reduce_sum(w - w)\n"
        "with tf.GradientTape() as t:\n    y = f()\n" + TAIL + "agrees(t.gradient(y, w), f, w)\n",
        "too flat",
    ),
    "ok_with_a_missing_one": (
        HEAD + "v = tf.Variable(1.)\ndef f():\n    return tf.reduce_sum(w * w)\n"
        "with tf.GradientTape() as t:\n    y = f()\ng, none = t.gradient(y, [w, v])\n"
        + TAIL
        + "agrees(g, f, w)\n",
        "gave ['none']",
    ),
    "ok_intended": (
        HEAD
        + "with tf.GradientTape() as t:\n    y = w + tf.stop_gradient(tf.round(w) - w)\n"
        + TAIL
        + "intended(t.gradient(y, w), [1., 1.], 'straight through the rounding')\n",
        "",
    ),
    "ok_intended_otherwise": (
        HEAD
        + "with tf.GradientTape() as t:\n    y = 2. * w + tf.stop_gradient(tf.round(w) - w)\n"
        + TAIL
        + "intended(t.gradient(y, w), [1., 1.], 'straight through the rounding')\n",
        "Not equal to tolerance",
    ),
    "ok_marked": (HEAD + "w  # expect: TFG201 raises\n", "a marker that is no advice"),
}

Verdicts = dict[str, tuple[list[str], Observations | None]]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    if not tensorflow_starts():
        pytest.skip("NO TENSORFLOW STARTS HERE: the harness was not tried")
    folder = tmp_path_factory.mktemp("lies") / "TFG302"
    folder.mkdir()
    for name, (text, _) in FILES.items():
        (folder / f"{name}.py").write_text(text)
    fixtures = [Fixture(path) for path in sorted(folder.glob("*.py"))]
    return {one.path.stem: (complaints, seen) for one, complaints, seen in execute(fixtures)}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_judged_by_what_it_does(name: str, verdicts: Verdicts) -> None:
    complaints, seen = verdicts[name]
    wanted = FILES[name][1]
    if wanted:
        assert any(wanted in complaint for complaint in complaints), (complaints, seen)
    else:
        assert not complaints, seen


def test_a_fixture_that_kills_its_process_is_blamed_and_the_rest_still_run(tmp_path: Path) -> None:
    folder = tmp_path / "TFG201"
    folder.mkdir()
    (folder / "ok_deadly.py").write_text("import os\nos._exit(7)\n")
    (folder / "ok_silent.py").write_text("x = 1\n")
    fixtures = [Fixture(path) for path in sorted(folder.glob("*.py"))]
    deadly, silent = list(execute(fixtures))
    assert deadly[1] == ["the process that ran it died"]
    assert silent[1] == ["the tail never says `agrees` or `intended`"]


def test_the_linter_is_given_neither_the_tail_nor_the_answers(tmp_path: Path) -> None:
    path = tmp_path / "bad_x.py"
    path.write_text(
        "a = 1  # expect: TFG201 raises, TFG204 gradient-none\nb = 2\n# --- run ---\nc\n"
    )
    fixture = Fixture(path)
    assert fixture.source == "a = 1\nb = 2\n"
    found = [(one.code, one.row, one.consequence) for one in fixture.expectations]
    assert found == [("TFG201", 1, "raises"), ("TFG204", 1, "gradient-none")]


@pytest.mark.parametrize(
    "marker", ["# expect: TFG2O1 raises", "# expect: TFG201", "#expect TFG201"]
)
def test_a_misspelt_marker_is_an_error(marker: str, tmp_path: Path) -> None:
    path = tmp_path / "bad_x.py"
    path.write_text(f"a = 1  {marker}\n")
    with pytest.raises(MalformedFixture):
        _ = Fixture(path).expectations
