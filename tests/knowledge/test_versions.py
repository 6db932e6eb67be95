"""A fact is one of a version of TensorFlow; by default the newest that was measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tflint_grad.config import Settings, UsageError, layer_from_table
from tflint_grad.engine import lint_files
from tflint_grad.knowledge import table
from tflint_grad.knowledge.operations import fact


def changed(version: str) -> Iterator[tuple[str, str | None]]:
    yield from table._content("earlier")[version]["operations"].items()


def test_an_earlier_version_is_measured_about_two_years_older() -> None:
    assert table.earlier_versions()["2.16"]["tensorflow"].startswith("2.16")


@pytest.mark.parametrize(
    ("wanted", "answered"),
    [("", ""), ("2.16", "2.16"), ("2.16.1", "2.16"), ("2.18", "2.16"), ("2.9", "2.16")],
)
def test_the_nearest_version_that_is_not_newer_answers(wanted: str, answered: str) -> None:
    assert table.nearest(wanted) == answered


def test_what_is_newer_than_all_that_was_measured_is_as_the_newest() -> None:
    assert table.nearest(table.versions()["tensorflow"]) == ""
    assert table.nearest("3.0") == ""


def test_a_version_holds_inside_its_block_only() -> None:
    name = next(n for n, r in changed("2.16") if r is None and n in table.rows())
    assert fact(name) is not None
    with table.of_version("2.16"):
        assert fact(name) is None, "a function that there was not is unknown"
    assert fact(name) is not None
    assert table.since(name) == ".".join(table.versions()["tensorflow"].split(".")[:2])


def test_what_never_changed_holds_since_the_oldest_version() -> None:
    assert table.since("tensorflow.exp") == "2.16"
    assert table.since("keras.layers.Dense") == "2.16"
    assert table.since("tensorflow.no_such_thing") is None


def test_the_configuration_selects() -> None:
    layer = layer_from_table({"tensorflow-version": "2.16"}, ".", "pyproject.toml")
    assert Settings((layer,)).taught.tensorflow == "2.16"
    assert Settings(()).taught.tensorflow == ""


@pytest.mark.parametrize("wrong", ["two", "2", "2.x", 2.16, ">=2.16"])
def test_what_is_no_version_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="must be a version of TensorFlow"):
        layer_from_table({"tensorflow-version": wrong}, ".", "pyproject.toml")


def test_findings_are_those_of_the_selected_version(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import keras\nimport tensorflow as tf\n\nw = tf.Variable([1.0, 2.0])\n"
        "with tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_sum(tf.constant([1.0, 2.0]) * keras.random.shuffle(w * w))\n"
        "print(tape.gradient(loss, w))\n",
        encoding="utf-8",
    )
    found = {}
    for version in ("2.16", "2.21"):
        table_of_settings = f'[tool.tflint-grad]\ntensorflow-version = "{version}"\ncache = false\n'
        (tmp_path / "pyproject.toml").write_text(table_of_settings, encoding="utf-8")
        (report,) = lint_files([str(tmp_path / "train.py")])
        found[version] = [finding.location.row for finding in report.findings]
    assert found == {"2.16": [6], "2.21": []}
