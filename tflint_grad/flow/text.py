"""How an expression is spelled in a message: short, on one line."""

from __future__ import annotations

from functools import lru_cache

import libcst as cst

from tflint_grad.concrete import written

MAX_LENGTH = 40
_EMPTY = cst.Module([])


def text_of(node: cst.CSTNode) -> str:
    """The code of a node on one line; calls with long arguments become `name(...)`."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Call):
        function = text_of(node.func)
        return f"{function}(...)" if node.args else f"{function}()"
    return _written(node)


@lru_cache(maxsize=1024)  # an expression is asked about in each round and context
def _written(node: cst.CSTNode) -> str:
    text = written(node)
    if text is None:
        try:
            text = _EMPTY.code_for_node(node)  # of libcst's own making
        except AttributeError:
            text = "…"  # a part of a pattern, of a comprehension
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
