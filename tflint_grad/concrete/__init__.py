"""The nodes of libcst that the interpreter visits, made from `ast` trees that are there anyway.

libcst's own parse took a quarter of a run: it works out white space, commas and parentheses, which
only positions and messages need, and checks each node. Here the fields that mean something are
filled in and the others stay unset; the classes are libcst's own. Python 3.11, 8,000 files: 13 % of
the time of libcst's parse, half of its memory; 28 to 31 % less for tf-agents and
tf-models-official as a whole.

libcst parses where positions are asked for (`flow.positions`), which files without findings do not;
`in_pairs` leads from one tree to the other. Whatever the interpreter reads of a node must be made
here, and stand in `fields.FIELDS` if it is a node; `tests/concrete` holds both to libcst's parse.
"""

from tflint_grad.concrete.blank import Page
from tflint_grad.concrete.fields import children, in_pairs
from tflint_grad.concrete.statements import empty_class, lines_of
from tflint_grad.concrete.written import written

__all__ = ["Page", "children", "empty_class", "in_pairs", "lines_of", "written"]
