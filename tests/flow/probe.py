"""Looks at the gradient calls of a program while TensorFlow runs it.

The program is executed with each marked `tape.gradient(target, sources)` replaced by a probe that
notes which gradients came back, what they were, and under which execution. To compare with central
differences the program is run again with one of its variables or constants moved a little.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import itertools
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY = Path(__file__).parent / "library"
METHODS = {"gradient", "jacobian", "batch_jacobian"}
_constant = tf.constant
_serial = itertools.count()
_run: Run | None = None


@dataclass
class Answer:
    """One source at one gradient call: the objects behind its text and what came back for them."""

    objects: list[Any]
    present: list[bool]
    values: list[Any]


@dataclass
class Question:
    """One execution of a marked gradient call."""

    row: int
    context: str
    answers: dict[str, Answer]
    target: Any = None


@dataclass
class Run:
    """One execution of a program; `moved` is the creation that is moved, and how far."""

    moved: int = -1
    distance: float = 0.0
    created: list[Any] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def creation(self, value: Any) -> int | None:
        """The number of the creation that made this source, if it is one that can be moved."""
        inner = getattr(value, "_value", value)
        for number, made in enumerate(self.created):
            if made is value or made is inner:
                return number
        return None

    def shifted(self, value: Any) -> Any:
        """The initial value of the creation that comes next, moved if it is its turn."""
        if len(self.created) != self.moved:
            return value
        tensor = tf.convert_to_tensor(value() if callable(value) else value)
        return tensor + self.distance * direction(tensor.shape)


def direction(shape: Any) -> Any:
    """A direction in which no two elements weigh the same."""
    size = int(np.prod(tuple(shape)))
    return np.reshape(1.0 + 0.25 * np.arange(size), tuple(shape)).astype(np.float32)


def run_program(path: Path, moved: int = -1, distance: float = 0.0) -> Run:
    """Execute the program once; its prints are swallowed."""
    global _run
    run = _run = Run(moved, distance)
    tf.keras.utils.set_random_seed(7)
    tf.constant = _made_constant
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            tf.variable_creator_scope(_made_variable),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            _execute(path, Path(folder))
    finally:
        tf.constant = _constant
        _run = None
    return run


def _execute(path: Path, folder: Path) -> None:
    tree = _Prober().visit(ast.parse(path.read_text(encoding="utf-8")))
    # AutoGraph reads the source of what it converts, so the probed program must be a file.
    name = f"probed_{path.stem}_{next(_serial)}"
    probed = folder / f"{name}.py"
    text = ast.unparse(ast.fix_missing_locations(tree))
    probed.write_text(f"import tests.flow.probe as __probe__\n{text}\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, probed)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(LIBRARY))
    arguments, sys.argv = sys.argv, [str(path)]
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(LIBRARY))
        sys.argv = arguments
        del sys.modules[name]


class _Prober(ast.NodeTransformer):
    """`t.gradient(y, [a])` becomes `__probe__.seen(row, ['a'], …, t.gradient(y, [a]), y, [a])`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            return node
        keywords = {word.arg: word.value for word in node.keywords}
        target = node.args[0] if node.args else keywords["target"]
        sources = node.args[1] if len(node.args) > 1 else keywords.get("sources")
        if sources is None:
            sources = keywords["source"]
        match sources:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
                one = False
            case _:
                parts, one = [sources], True
        texts = ast.List([ast.Constant(ast.unparse(part)) for part in parts], ast.Load())
        arguments = [ast.Constant(node.lineno), texts, ast.Constant(one), node, target, sources]
        seen = ast.Attribute(ast.Name("__probe__", ast.Load()), "seen", ast.Load())
        return ast.copy_location(ast.Call(seen, arguments, []), node)


@tf.autograph.experimental.do_not_convert
def seen(row: int, texts: list[str], one: bool, gradients: Any, target: Any, sources: Any) -> Any:
    """Note one gradient call, and hand its result on."""
    run = _run
    assert run is not None
    if one:
        objects, came = [tf.nest.flatten(sources)], [_leaves(gradients)]
    else:
        values = list(sources.values()) if isinstance(sources, dict) else list(sources)
        results = list(gradients.values()) if isinstance(gradients, dict) else list(gradients)
        objects, came = [tf.nest.flatten(v) for v in values], [_leaves(r) for r in results]
    answers = {
        text: Answer(made, [leaf is not None for leaf in leaves], [None] * len(leaves))
        for text, made, leaves in zip(texts, objects, came, strict=True)
    }
    question = Question(row, _context(), answers)
    run.questions.append(question)

    def note(target_value: Any, *leaf_values: Any) -> None:
        if question.target is not None:
            return
        question.target = np.sum(target_value)
        rest = list(leaf_values)
        for answer in answers.values():
            answer.values = [rest.pop(0) if there else None for there in answer.present]

    tensors = [tf.convert_to_tensor(leaf) for leaves in came for leaf in leaves if leaf is not None]
    total = tf.add_n([tf.reduce_sum(tf.cast(part, tf.float32)) for part in tf.nest.flatten(target)])
    if tf.executing_eagerly():
        note(total.numpy(), *(tensor.numpy() for tensor in tensors))
    else:
        tf.numpy_function(note, [total, *tensors], [])
    return gradients


def _leaves(gradients: Any) -> list[Any]:
    # A flattened IndexedSlices would fall apart into its three tensors.
    if isinstance(gradients, (list, tuple)):
        return [leaf for part in gradients for leaf in _leaves(part)]
    if isinstance(gradients, dict):
        return [leaf for part in gradients.values() for leaf in _leaves(part)]
    return [gradients]


def _context() -> str:
    if tf.executing_eagerly():
        return "eager"
    for frame in _frames():
        if "__autograph_generated_file" in frame:
            return "autograph"
        if "probed_" in frame:
            return "graph"
    return "graph"


def _frames() -> Iterator[str]:
    frame = sys._getframe(2)
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back  # type: ignore[assignment]


def _made_variable(next_creator: Any, **arguments: Any) -> Any:
    run = _run
    if run is None or not tf.executing_eagerly():
        return next_creator(**arguments)
    arguments["initial_value"] = run.shifted(arguments["initial_value"])
    variable = next_creator(**arguments)
    run.created.append(variable)
    return variable


@tf.autograph.experimental.do_not_convert
def _made_constant(value: Any, dtype: Any = None, **arguments: Any) -> Any:
    made = _constant(value, dtype, **arguments)
    run = _run
    if run is not None and tf.executing_eagerly() and made.dtype.is_floating:
        made = run.shifted(made)
        run.created.append(made)
    return made
