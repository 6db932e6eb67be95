"""`[tool.tflint-grad.functions]`: what one may say of a function, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder, UsageError, layer_from_table
from tflint_grad.knowledge.taught import NOTHING_TAUGHT, Callback, Taught, TaughtFact

TABLE = """
[tool.tflint-grad.functions]
"mylib.ops.fast_norm" = { gradient = "none" }
"mylib.logit" = { gradient = "flows", returns = "tensor" }
"mylib.to_host" = { returns = "numpy" }
"mylib.step" = { calls = "argument 0 under a tape" }
"mylib.choose" = { calls = ["argument yes", "argument 2"], gradient = "flows" }
"""
FACTS = (
    TaughtFact("mylib.choose", "flows", calls=(Callback("yes"), Callback(2))),
    TaughtFact("mylib.logit", "flows", "tensor"),
    TaughtFact("mylib.ops.fast_norm", "none"),
    TaughtFact("mylib.step", calls=(Callback(0, taped=True),)),
    TaughtFact("mylib.to_host", returns="numpy"),
)


def taught(folder: Path, text: str = TABLE) -> Taught:
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return SettingsFinder().for_folder(str(folder)).taught


def test_every_word_of_the_table_is_understood(tmp_path: Path) -> None:
    assert taught(tmp_path).facts == FACTS


def test_a_configuration_without_the_table_teaches_nothing(tmp_path: Path) -> None:
    assert taught(tmp_path, "[tool.tflint-grad]\n") == NOTHING_TAUGHT
    assert not NOTHING_TAUGHT


def test_the_order_of_the_table_is_no_difference(tmp_path: Path) -> None:
    """A cache is keyed by it."""
    head, *lines = TABLE.strip().splitlines()
    again = taught(tmp_path / "again", "\n".join([head, *reversed(lines)]))
    first = taught(tmp_path)
    assert (again, hash(again), again.toml()) == (first, hash(first), first.toml())
    assert again != taught(tmp_path, TABLE.replace('"none"', '"zero"'))


def test_it_goes_to_another_process_as_it_is(tmp_path: Path) -> None:
    first = taught(tmp_path)
    assert first.get("mylib.logit")  # what is remembered of look-ups stays behind
    assert pickle.loads(pickle.dumps(first)) == first


def test_settings_describe_it_as_one_could_write_it(tmp_path: Path) -> None:
    first = taught(tmp_path)
    described = SettingsFinder().for_folder(str(tmp_path)).describe()
    assert "[tool.tflint-grad]" in described
    assert taught(tmp_path / "again", described) == first


def test_names_of_tensorflow_are_found_in_any_spelling() -> None:
    fact = TaughtFact("tensorflow.math.argmax", "flows")
    assert Taught((fact,)).get("tensorflow.argmax") == fact
    assert Taught((fact,)).get("tensorflow.compat.v2.argmax") == fact
    assert Taught((fact,)).get("mylib.argmax") is None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (["mylib.f"], "must be a table of dotted names"),
        ({"mylib.f": "none"}, 'mylib.f: must be a table such as { gradient = "none" }'),
        ({"mylib.f": {}}, "mylib.f: says nothing; one of gradient, returns, calls is needed"),
        ({"mylib.f": {"calls": []}}, "mylib.f: says nothing"),
        ({"f": {"gradient": "none"}}, "'f' is no dotted name such as mylib.ops.norm"),
        ({"my lib.f\n": {"gradient": "none"}}, "'my lib.f\\n' is no dotted name"),
        ({"mylib": {"f": {"gradient": "none"}}}, 'write it in quotes: "mylib.f"'),
        ({"mylib.f": {"gradent": "none"}}, "unknown key 'gradent'; did you mean 'gradient'?"),
        ({"mylib.f": {"kind": "op"}}, "unknown key 'kind'; known are gradient, returns, calls"),
        (
            {"mylib.f": {"gradient": "flow"}},
            "gradient must be one of flows, none, zero, raises, constant, not 'flow'; did you mean",
        ),
        ({"mylib.f": {"gradient": False}}, "gradient must be one of"),
        ({"mylib.f": {"returns": "nunpy"}}, "not 'nunpy'; did you mean 'numpy'?"),
        ({"mylib.f": {"returns": ["numpy"]}}, "returns must be one of tensor, numpy, python"),
        ({"mylib.f": {"calls": 0}}, "calls must be 'argument N' or 'argument N under a tape'"),
        (
            {"mylib.f": {"calls": "argument 0 under tape"}},
            "did you mean 'argument 0 under a tape'?",
        ),
        ({"mylib.f": {"calls": ["argument -1"]}}, "not 'argument -1'"),
        (
            {"mylib.f": {"gradient": "flows", "returns": "numpy"}},
            "gradient = 'flows' and returns = 'numpy' cannot both be true",
        ),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(table: object, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        layer_from_table({"functions": table}, "/project", "pyproject.toml")
    message = str(caught.value)
    assert told in message
    assert message.startswith("pyproject.toml: functions: ")
    assert "\n" not in message
