"""Where the nodes below a node of libcst are: without white space, commas and parentheses."""

from __future__ import annotations

from typing import Any

import libcst as cst

_BLOCK = ("body",)
_COMPREHENSION = ("elt", "for_in")
_HANDLER = ("type", "name", "body")
_SIDES = ("left", "right")
_TRY = ("body", "handlers", "orelse", "finalbody")
_VALUE = ("value",)

#: By class, the fields that hold a node, nodes or nothing; of a class that is missing, none do.
#: Operators and what else is the same wherever it stands are no nodes below.
FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.AnnAssign: ("target", "annotation", "value"),
    cst.Annotation: ("annotation",),
    cst.Arg: ("keyword", "value"),
    cst.AsName: ("name",),
    cst.Assert: ("test", "msg"),
    cst.Assign: ("targets", "value"),
    cst.AssignTarget: ("target",),
    cst.Attribute: ("value", "attr"),
    cst.AugAssign: ("target", "value"),
    cst.Await: ("expression",),
    cst.BinaryOperation: _SIDES,
    cst.BooleanOperation: _SIDES,
    cst.Call: ("func", "args"),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    cst.CompFor: ("target", "iter", "ifs", "inner_for_in"),
    cst.CompIf: ("test",),
    cst.Comparison: ("left", "comparisons"),
    cst.ComparisonTarget: ("comparator",),
    cst.ConcatenatedString: _SIDES,
    cst.Decorator: ("decorator",),
    cst.Del: ("target",),
    cst.Dict: ("elements",),
    cst.DictComp: ("key", "value", "for_in"),
    cst.DictElement: ("key", "value"),
    cst.Element: _VALUE,
    cst.Else: _BLOCK,
    cst.ExceptHandler: _HANDLER,
    cst.ExceptStarHandler: _HANDLER,
    cst.Expr: _VALUE,
    cst.Finally: _BLOCK,
    cst.For: ("target", "iter", "body", "orelse"),
    cst.FormattedString: ("parts",),
    cst.FormattedStringExpression: ("expression", "format_spec"),
    cst.From: ("item",),
    cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns", "body"),
    cst.GeneratorExp: _COMPREHENSION,
    cst.Global: ("names",),
    cst.If: ("test", "body", "orelse"),
    cst.IfExp: ("test", "body", "orelse"),
    cst.Import: ("names",),
    cst.ImportAlias: ("name", "asname"),
    cst.ImportFrom: ("module", "names"),
    cst.IndentedBlock: _BLOCK,
    cst.Index: _VALUE,
    cst.Lambda: ("params", "body"),
    cst.List: ("elements",),
    cst.ListComp: _COMPREHENSION,
    cst.Match: ("subject", "cases"),
    cst.MatchAs: ("pattern", "name"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.MatchClass: ("cls", "patterns", "kwds"),
    cst.MatchKeywordElement: ("key", "pattern"),
    cst.MatchList: ("patterns",),
    cst.MatchMapping: ("elements", "rest"),
    cst.MatchMappingElement: ("key", "pattern"),
    cst.MatchOr: ("patterns",),
    cst.MatchOrElement: ("pattern",),
    cst.MatchSequenceElement: _VALUE,
    cst.MatchSingleton: _VALUE,
    cst.MatchStar: ("name",),
    cst.MatchTuple: ("patterns",),
    cst.MatchValue: _VALUE,
    cst.Module: _BLOCK,
    cst.NameItem: ("name",),
    cst.NamedExpr: ("target", "value"),
    cst.Nonlocal: ("names",),
    cst.Param: ("name", "annotation", "default"),
    cst.ParamSpec: ("name",),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.Raise: ("exc", "cause"),
    cst.Return: _VALUE,
    cst.Set: ("elements",),
    cst.SetComp: _COMPREHENSION,
    cst.SimpleStatementLine: _BLOCK,
    cst.SimpleStatementSuite: _BLOCK,
    cst.Slice: ("lower", "upper", "step"),
    cst.StarredDictElement: _VALUE,
    cst.StarredElement: _VALUE,
    cst.Subscript: ("value", "slice"),
    cst.SubscriptElement: ("slice",),
    cst.Try: _TRY,
    cst.TryStar: _TRY,
    cst.Tuple: ("elements",),
    cst.TypeAlias: ("name", "type_parameters", "value"),
    cst.TypeParam: ("param", "default"),
    cst.TypeParameters: ("params",),
    cst.TypeVar: ("name", "bound"),
    cst.TypeVarTuple: ("name",),
    cst.UnaryOperation: ("expression",),
    cst.While: ("test", "body", "orelse"),
    cst.With: ("items", "body"),
    cst.WithItem: ("item", "asname"),
    cst.Yield: _VALUE,
}
#: What stands in such a field and is no node below.
_NO_NODES = (cst.MaybeSentinel, cst.ImportStar, cst.ParamStar)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below a node, in the order of the text but for comprehensions and the like.

    The same of a node that libcst has parsed and of one that was made from `ast`.
    """
    found: list[cst.CSTNode] = []
    kind = node.__class__
    for field in FIELDS.get(kind, ()):
        child: Any = getattr(node, field)
        if child.__class__ is list or child.__class__ is tuple:
            found += child
        elif child is not None and child.__class__ not in _NO_NODES:
            found.append(child)
    if kind is cst.FormattedString or kind is cst.FormattedStringExpression:
        return [part for part in found if part.__class__ is not cst.FormattedStringText]
    return found


def in_pairs(ours: cst.CSTNode, theirs: cst.CSTNode) -> list[tuple[cst.CSTNode, cst.CSTNode]]:
    """The nodes of two trees of one text, each with its like.

    Raises:
        ValueError: the trees differ.
    """
    found = [(ours, theirs)]
    for one, other in found:  # grows on the way
        found += zip(children(one), children(other), strict=True)
    return found
