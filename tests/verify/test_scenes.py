"""What is executed for a finding: chosen from syntax alone, the smallest first."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.verify import scenes
from tflint_grad.verify.scene import Job

HEAD = "import keras\nimport numpy as np\nimport tensorflow as tf\nw = tf.Variable([0.5, 1.5])\n"


def jobs(folder: Path, **files: str) -> list[Job]:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.write_text(HEAD + textwrap.dedent(text))
        paths.append(str(path))
    reports = lint_files(paths, SettingsFinder(isolated=True))
    findings = [finding for report in reports for finding in report.findings]
    assert findings, "nothing to verify"
    return scenes.jobs(findings, paths, {}, 30.0)


def entries(folder: Path, text: str) -> list[str]:
    (job,) = jobs(folder, program=text)
    (chosen,) = job.entries.values()
    return [str(entry) for entry in chosen]


def test_what_runs_at_import_is_reached_by_the_module_itself(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        with tf.GradientTape() as tape:
            y = tf.round(w)
        tape.gradient(y, w)
        """,
    )
    assert found[0] == "the module"


def test_the_function_that_opens_the_tape_is_called_not_the_one_that_cuts(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        def snap(x):
            return tf.round(x)

        def step(x):
            with tf.GradientTape() as tape:
                y = snap(w * x)
            return tape.gradient(y, w)
        """,
    )
    assert found == ["the module", "step()"]


def test_a_nested_function_is_reached_through_the_one_around_it(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        def make():
            def step(x):
                with tf.GradientTape() as tape:
                    y = tf.round(w * x)
                return tape.gradient(y, w)
            return step
        """,
    )
    assert "make()" in found


def test_a_layer_is_trained_and_so_is_a_model_that_opens_its_own_tape(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        class Snap(keras.layers.Layer):
            def call(self, x):
                if tf.reduce_sum(x) > 0.0:
                    return x
                return -x
        """,
    )
    assert found[1] == "fit() of Snap"
    found = entries(
        tmp_path,
        """
        class Careful(keras.Model):
            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.round(self(x)) - y)
                grads = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply(grads, self.trainable_variables)
                return {"loss": loss}
        """,
    )
    assert found[1] == "fit() of Careful"


def test_a_loss_that_is_compiled_in_is_trained_with(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        def log_cosh(y, p):
            return tf.reduce_mean(np.log(np.cosh(y - p)))

        def build():
            model = keras.Sequential([keras.layers.Dense(1)])
            model.compile("sgd", loss=log_cosh)
            return model
        """,
    )
    assert "fit() with the loss log_cosh" in found


def test_what_a_guard_starts_is_tried_at_last(tmp_path: Path) -> None:
    found = entries(
        tmp_path,
        """
        def step(x):
            with tf.GradientTape() as tape:
                y = tf.round(w * x)
            return tape.gradient(y, w)

        if __name__ == "__main__":
            step(tf.ones([2]))
        """,
    )
    assert found == ["the module", "step()", "the module as a script"]


def test_a_file_is_one_job_and_advice_has_none(tmp_path: Path) -> None:
    text = """
        with tf.GradientTape() as tape:
            y = tf.round(w) + tf.round(2.0 * w)
            tf.print(y)
        tape.gradient(y, w)
        """
    found = jobs(tmp_path, one=text, two=text)
    assert [Path(job.file).stem for job in found] == ["one", "two"]
    assert all(one.consequence != "advice" for job in found for one in job.questions)
    assert sorted(one.number for job in found for one in job.questions) == [
        number for number in range(10) if any(number in job.entries for job in found)
    ]


def test_a_job_is_the_same_behind_a_pipe(tmp_path: Path) -> None:
    (job,) = jobs(
        tmp_path, program="with tf.GradientTape() as t:\n    y = tf.round(w)\nt.gradient(y, w)\n"
    )
    assert Job.from_json(job.as_json()) == job


def test_where_the_caller_may_fail_the_function_itself_is_called_next(tmp_path: Path) -> None:
    """A script's `main` wants its arguments; what it calls may be called without."""
    found = entries(
        tmp_path,
        """
        def train(x):
            with tf.GradientTape() as tape:
                y = tf.round(w * x)
            return tape.gradient(y, w)

        def main():
            train(tf.constant(parse()))

        if __name__ == "__main__":
            main()
        """,
    )
    assert found == ["the module", "main()", "train()", "the module as a script"]
