"""One tiny program for each call of the specifications: the operation lies on the path, and no more.

What comes out is text, which is linted as it stands and run as it stands.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from sources import SHORT
from spec_lines import OBJECTS, Line

_NAMES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_NAMES += tuple(f"argument_{at}" for at in range(len(_NAMES) + 1, 31))
_MAKERS = frozenset("FUP")
_PROGRAM = """\
import keras
import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
{made}

def weighed(result):
    flat = tf.reshape(tf.cast(result, tf.float32), [-1])
    return tf.reduce_sum(flat * tf.cast(tf.range(1, tf.size(flat) + 1), tf.float32))

{inner}
def forward({parameters}):
    return weighed({value})

{outer}
def ask({parameters}):
    with tf.GradientTape() as tape:
        tape.watch({source})
        loss = forward({parameters})
    return tape.gradient(loss, {source})
"""


class Unsuited(ValueError):
    """The call cannot be put on a path; says why."""


@dataclass(frozen=True)
class Operation:
    """A call with the tensors that it takes as parameters: `makers` make their values, in order."""

    call: str
    made: str
    parameters: tuple[str, ...]
    makers: tuple[str, ...]

    def program(self, mode: str, source: str, leaf: str) -> str:
        """The program that asks for the gradient of one part of the result to one source."""
        return _PROGRAM.format(
            made=self.made,
            inner="@tf.function" if mode == "outside" else "",
            outer="@tf.function" if mode == "graph" else "",
            parameters=", ".join(self.parameters),
            value=self.call + leaf,
            source=source,
        )

    @property
    def bare(self) -> str:
        """A program that defines `forward` as the bare result of the call."""
        head = _PROGRAM.partition("def weighed")[0].format(made=self.made)
        return f"{head}def forward({', '.join(self.parameters)}):\n    return {self.call}\n"


def operation(line: Line, positional: bool = False) -> Operation:
    """Take the tensors out of a call of the specifications.

    `positional`: without keywords, where names share a call and not the parameter's name.
    """
    # The functions of Keras 2's backend live on under this name only.
    text = line.call.strip().replace("keras.backend.", "tf.keras.backend.")
    tree = ast.parse(text, mode="eval").body
    made = ""
    if line.kind in OBJECTS:
        assert isinstance(tree, ast.Call)
        made = f"\nmade = {ast.unparse(_Tensors().visit(tree.func))}\n"
        tree.func = ast.Name("made", ast.Load())
    if "held." in text or "(held" in text:
        made = "\nheld = tf.Variable([0.4, 0.1, 0.3, 0.2])\n"
    if positional and isinstance(tree, ast.Call):
        tree.args += [keyword.value for keyword in tree.keywords]
        tree.keywords = []
    tensors = _Tensors()
    call = ast.unparse(tensors.visit(tree))
    if not tensors.makers:
        raise Unsuited("takes no float tensor")
    return Operation(call, made, tuple(_NAMES[: len(tensors.makers)]), tuple(tensors.makers))


class _Tensors(ast.NodeTransformer):
    """Puts a parameter in the place of each tensor that a specification names."""

    def __init__(self) -> None:
        self.makers: list[str] = []
        self.own: dict[str, ast.expr] = {}
        self.bound: set[str] = set()

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.bound |= {argument.arg for argument in node.args.args}
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.bound or node.id not in SHORT:
            return node
        if node.id not in self.own:
            made = self.visit(ast.parse(SHORT[node.id], mode="eval").body)
            self.own[node.id] = made
        return self.own[node.id]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node.func:
            case ast.Name(id="C"):
                shape = ", ".join(map(ast.unparse, node.args))
                return self.visit(ast.parse(f"tf.complex(F({shape}), F({shape}))").body[0].value)
            case ast.Name(id=maker) if maker in _MAKERS:
                self.makers.append(ast.unparse(node))
                return ast.Name(_NAMES[len(self.makers) - 1], ast.Load())
        node.keywords = [keyword for keyword in node.keywords if keyword.arg]
        return self.generic_visit(node)
