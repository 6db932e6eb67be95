"""The first look at a file: a search over its bytes, so that most files cost nothing."""

from __future__ import annotations

import enum
import re


class Relevance(enum.IntEnum):
    """Why a file may hold a finding.

    HOOKED: only words of Keras hooks, which wait for a gradient from outside. The outline decides
    which of them can go wrong; what it has no question for is not searched for here either.
    ANCHORED: somebody asks for a gradient in this very file.
    """

    NONE = 0
    HOOKED = 1
    ANCHORED = 2


#: Substring searches are ten times as fast as an expression.
_ANCHORS = (
    b"GradientTape", b"ForwardAccumulator", b"custom_gradient", b"recompute_grad", b"apply_gradients",
)  # fmt: skip
_ANCHOR = re.compile(rb"\.\s*(?:gradients?|(?:batch_)?jacobian|hessians)\b")
_OF_ANCHOR = (b"gradient", b"jacobian", b"hessians")
#: Each with the substring that it needs.
_HOOKS = (
    (b"train_step", re.compile(rb"\btrain_step\b")),
    (b"call", re.compile(rb"def\s+call\s*\(")),
    (b"compile", re.compile(rb"\.\s*compile\s*\(")),
    (b"__call__", re.compile(rb"@[\w.]*function\b|do_not_convert")),
)
_ASKED = re.compile(rb"\.\s*(?:gradient|(?:batch_)?jacobian)\s*\(")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def relevance(data: bytes, roots: frozenset[str] = frozenset()) -> Relevance:
    """How far `data`, the bytes of a file, deserves to be looked at.

    `roots`: names of functions that open a tape, by what the configuration says.
    """
    if data.startswith(_UTF16_MARKS):
        # Not Python source; but if it speaks of a tape, its author should hear that.
        data = data.replace(b"\0", b"")
    # `tf_keras` holds `keras`.
    if b"tensorflow" not in data and b"keras" not in data:
        return _without_a_name(data)
    if any(word in data for word in _ANCHORS):
        return Relevance.ANCHORED
    if any(word in data for word in _OF_ANCHOR) and _ANCHOR.search(data):
        return Relevance.ANCHORED
    if any(root.encode() in data for root in roots):
        return Relevance.ANCHORED
    if any(word in data and hook.search(data) for word, hook in _HOOKS):
        return Relevance.HOOKED
    return Relevance.NONE


def _without_a_name(data: bytes) -> Relevance:
    """A file may have its tape, or its model and loss, from others that import TensorFlow for it."""
    if b"tape" in data and _ASKED.search(data):
        return Relevance.ANCHORED
    if b".fit(" in data and b".compile(" in data and b"loss" in data:
        return Relevance.HOOKED
    return Relevance.NONE
