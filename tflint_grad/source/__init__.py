"""From paths to text: which files are read, how their bytes are decoded, what a notebook holds."""

from tflint_grad.source.prefilter import Relevance, relevance
from tflint_grad.source.text import SourceText, read_source, refuse_size, source_from_bytes

__all__ = [
    "Relevance",
    "SourceText",
    "read_source",
    "refuse_size",
    "relevance",
    "source_from_bytes",
]
