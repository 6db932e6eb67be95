"""The nodes of libcst that the interpreter visits, made from `ast` trees that are there anyway.

libcst's own parse took a quarter of a run: it works out white space, commas and parentheses, which
only positions and messages need, and checks each node. Here the fields that mean something are
filled in and the others stay unset; the classes are libcst's own. TODO measured

libcst itself parses where positions are asked for (`flow.positions`), so that a file without
findings never meets it. `fields.in_pairs` leads from one tree to the other.
"""

from tflint_grad.concrete.blank import Page
from tflint_grad.concrete.fields import children, in_pairs
from tflint_grad.concrete.statements import empty_class, lines_of
from tflint_grad.concrete.written import written

__all__ = ["Page", "children", "empty_class", "in_pairs", "lines_of", "written"]
