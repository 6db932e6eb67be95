"""The outline of an imported file: who binds which name, and no deep look before it is asked for."""

from __future__ import annotations

import pytest

from tflint_grad.findings import Unreadable
from tflint_grad.outline import ClassItem, CodeItem, Item, Outline, shallow_outline
from tflint_grad.outline.guard import MAX_DEPTH
from tflint_grad.source import SourceText

MODULE = """\
import numpy as np
import tensorflow.keras.layers
from .losses import *
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .nets import Generator as Net
try:
    import keras
except ImportError as error:
    keras = None
TABLE = {}
TABLE["mse"] = lambda target: [hidden for hidden in target]
with open("rates") as file:
    RATE, *REST = [float(line) for line in file]
def loss(prediction):
    inner = 1
    global counted
    return prediction
class Model(tensorflow.keras.Model):
    rate: float = RATE
    def build(self, shape):
        self.kernel = local = 1
Model.call = loss
tensorflow.keras.backend.set_floatx("float64")
print(size := 3)
if __name__ == "__main__":
    main = 1
"""


def outlined(text: str = MODULE) -> Outline:
    return shallow_outline(SourceText.from_text(text, filename="pkg/module.py"))


def rows_of(items: list[Item]) -> list[int]:
    rows = []
    for item in items:
        if isinstance(item, CodeItem):
            rows.append(item.unit.first_row)
        else:
            rows.append(item.node.lineno)
    return rows


def row(beginning: str) -> int:
    lines = MODULE.splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.startswith(beginning))


@pytest.mark.parametrize(
    ("name", "beginnings"),
    [
        ("np", ["import numpy"]),
        ("tensorflow", ["import tensorflow"]),  # calling into a module changes no name of ours
        ("*", ["from .losses"]),
        ("Net", ["if TYPE_CHECKING"]),
        ("keras", ["try"]),
        ("error", ["try"]),
        ("TABLE", ["TABLE = ", "TABLE["]),
        ("RATE", ["with open"]),
        ("REST", ["with open"]),
        ("file", ["with open"]),
        ("loss", ["def loss"]),
        ("Model", ["class Model", "Model.call"]),
        ("size", ["print"]),
        ("main", ["if __name__"]),
    ],
)
def test_the_items_that_make_a_name_what_it_is(name: str, beginnings: list[str]) -> None:
    assert rows_of(outlined().binders[name]) == [row(start) for start in beginnings]


@pytest.mark.parametrize("name", ["inner", "prediction", "line", "hidden", "kernel", "rate"])
def test_what_a_function_a_class_or_a_comprehension_binds_is_their_own(name: str) -> None:
    assert name not in outlined().binders


def test_a_script_part_and_a_part_for_annotations_are_told_apart() -> None:
    items = outlined().items
    assert rows_of([i for i in items if i.is_main_guard]) == [row("if __name__")]
    assert rows_of([i for i in items if i.is_type_checking]) == [row("if TYPE_CHECKING")]


def test_a_class_tells_its_members_without_a_look_into_their_bodies() -> None:
    model = next(item for item in outlined().items if isinstance(item, ClassItem))
    assert model.member_names == {"rate", "build"}
    assert model.binds("build") and not model.binds("kernel")
    assert model.attribute_names >= {"rate", "build", "kernel"}


def test_nothing_is_scanned_nor_parsed_before_it_is_asked_for() -> None:
    found = outlined()
    assert found.binders["loss"]
    assert not any("names" in vars(item) for item in found.items)
    assert not any(item.needed for item in found.items if isinstance(item, ClassItem | CodeItem))


def test_only_the_part_that_is_asked_for_is_refused() -> None:
    found = outlined("far = a" + ".b" * MAX_DEPTH + "\nnear = 1\n")
    far, near = found.items
    assert isinstance(far, CodeItem) and isinstance(near, CodeItem)
    found.guard(near)
    with pytest.raises(Unreadable, match="deeper than"):
        found.guard(far)


def test_a_unit_knows_its_file() -> None:
    for item in outlined().items:
        units = [item.header] if isinstance(item, ClassItem) else []
        units += [m.unit for m in item.members] if isinstance(item, ClassItem) else []
        units += [item.unit] if isinstance(item, CodeItem) else []
        assert all(unit.filename == "pkg/module.py" for unit in units)
