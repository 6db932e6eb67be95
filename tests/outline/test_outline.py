"""The outline marks what can matter, keeps rows as they are, and refuses what is too deep."""

from __future__ import annotations

import pytest

from tflint_grad.findings import Severity, Unreadable
from tflint_grad.outline import ClassItem, DefItem, Outline, outline
from tflint_grad.outline.guard import MAX_DEPTH
from tflint_grad.source import SourceText

PROGRAM = """\
import tensorflow as tf

UNUSED = [1, 2, 3]
RATE = 0.1


def unrelated(path):
    return open(path).read()


def loss_of(x):
    return tf.reduce_sum(x * RATE)


class Trainer:
    def __init__(self):
        self.w = tf.Variable(1.0)

    def describe(self):
        return "trainer"

    @tf.function
    def step(self, x):
        with tf.GradientTape() as tape:
            loss = loss_of(self.w * x)
        return tape.gradient(loss, self.w)


def main():
    Trainer().step(tf.constant(2.0))
"""


def outlined(text: str, whole: bool = False) -> Outline:
    return outline(SourceText.from_text(text, filename="program.py"), whole=whole)


def needed_names(found: Outline) -> set[str]:
    names = set()
    for item in found.items:
        if not item.needed:
            continue
        if isinstance(item, DefItem):
            names.add(item.name)
        elif isinstance(item, ClassItem):
            names.add(item.name)
            names.update(m.name for m in item.members if isinstance(m, DefItem) and m.needed)
    return names


def test_what_a_tape_uses_and_who_calls_it_is_needed() -> None:
    assert needed_names(outlined(PROGRAM)) == {"Trainer", "__init__", "step", "loss_of", "main"}


def test_statements_are_needed_for_the_names_they_bind() -> None:
    units = [item.unit for item in outlined(PROGRAM).items if hasattr(item, "unit") and item.needed]
    first_lines = {unit.lines[unit.first_row - 1].rstrip() for unit in units}
    assert "RATE = 0.1" in first_lines
    assert "UNUSED = [1, 2, 3]" not in first_lines


def entries(found: Outline) -> set[str]:
    members = (m for item in found.items if isinstance(item, ClassItem) for m in item.members)
    functions = (f for f in (*found.items, *members) if isinstance(f, DefItem))
    return {function.name for function in functions if function.is_entry}


def test_only_what_leads_to_a_tape_or_makes_state_is_run_if_nobody_calls_it() -> None:
    state = "\n    def reset(self):\n        self.loss_of = loss_of\n"
    text = PROGRAM.replace("\n    @tf.function", state + "\n    @tf.function")
    text += "    print(Trainer().describe(), Trainer().reset())\n"
    assert entries(outlined(text)) == {"step", "main", "reset"}


def test_in_a_file_of_hooks_alone_nobody_who_calls_them_is_an_entry() -> None:
    text = """\
import keras
import numpy as np


class Net(keras.Model):
    def call(self, x):
        return np.sin(x)


def make():
    return Net()
"""
    assert entries(outlined(text)) == {"call"}


def test_a_file_without_gradients_does_not_matter() -> None:
    assert not outlined("import tensorflow as tf\n\n\ndef f(x):\n    return tf.exp(x)\n").matters


def test_a_renamed_tape_matters() -> None:
    text = "from tensorflow import GradientTape as Tape\n\nwith Tape() as t:\n    pass\n"
    assert outlined(text).matters


def test_a_method_is_parsed_at_its_own_rows() -> None:
    trainer = next(item for item in outlined(PROGRAM).items if isinstance(item, ClassItem))
    step = next(m for m in trainer.members if isinstance(m, DefItem) and m.name == "step")
    row = PROGRAM.splitlines().index("    @tf.function") + 1
    assert step.unit.first_row == row  # decorators belong to it
    assert len(step.unit.statements()) == 1
    # The parsed text begins with a stub line, which the offset takes away again.
    assert step.unit.row_offset + 2 == row


def test_rows_count_as_python_counts_them() -> None:
    text = "import tensorflow as tf\ntext = 'a\\u2028b'\n\x0c\n" + PROGRAM
    found = outlined(text.replace("\\u2028", "\u2028"))
    main = next(item for item in found.items if isinstance(item, DefItem) and item.name == "main")
    assert main.unit.lines[main.unit.first_row - 1] == "def main():\n"


def test_broken_syntax_is_an_error_at_its_place() -> None:
    with pytest.raises(Unreadable) as caught:
        outlined("import tensorflow as tf\nwith tf.GradientTape( as t:\n    pass\n")
    assert caught.value.severity is Severity.ERROR
    assert caught.value.location.row == 2


def test_depth_is_refused_where_it_matters_only() -> None:
    deep = "far_away = " + "a." * (MAX_DEPTH + 5) + "b\n"
    assert outlined(PROGRAM + deep).matters  # beside: never parsed by libcst
    inside = PROGRAM.replace("        return tape", "        " + deep + "        return tape")
    with pytest.raises(Unreadable) as caught:
        outlined(inside)
    assert caught.value.severity is Severity.WARNING


def test_the_header_of_a_compound_statement_is_its_statement() -> None:
    found = outlined(PROGRAM)
    row = PROGRAM.splitlines().index("        with tf.GradientTape() as tape:") + 1
    assert found.statement_rows(row) == (row, row)
    several = outlined("import tensorflow as tf\ny = tf.exp(\n    1.0,\n)\ng = t.gradient(y, y)\n")
    assert several.statement_rows(3) == (2, 4)


def test_whole_files_are_one_unit() -> None:
    assert len(outlined(PROGRAM, whole=True).items) == 1
