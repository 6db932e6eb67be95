"""What an exception says of the arguments: other specifications to try, the likeliest first.

The words are those of TensorFlow 2.21, Keras 3.15, NumPy 2 and Python 3.10 to 3.14.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tflint_grad.verify.inputs import words
from tflint_grad.verify.inputs.changes import (
    Proposal,
    Shape,
    each_tensor,
    mapped,
    shaped,
    tensors_in,
    with_dtype,
)
from tflint_grad.verify.inputs.specification import (
    Built,
    Expression,
    Literal,
    Omitted,
    Path,
    Several,
    Specification,
    Stock,
    Tensor,
)

State = Mapping[Path, Specification]

_TWO_SHAPES = (
    re.compile(r"In\[0\]: \[([\d,]*)\], In\[1\]: \[([\d,]*)\]"),
    re.compile(r"[Ii]ncompatible shapes: \[([\d,]*)\] vs\.? \[([\d,]*)\]"),
    re.compile(r"with input shapes: \[([\d,?]*)\], \[([\d,?]*)\]"),
    re.compile(r"shapes? \(([\d, ]*)\) (?:and|vs\.?|!=) \(([\d, ]*)\)"),
    re.compile(r"shapes must be equal.*?\[([\d,?]*)\].*?\[([\d,?]*)\]", re.S),
    re.compile(r"\[([\d,]*)\] (?:vs|and|!=) \[([\d,]*)\]"),
    re.compile(r"shape(?:s|=)? ?\(([\d, ]*)\),? (?:and|vs\.?|\() ?\(?([\d, ]*)\)"),
    re.compile(r"received \(\(([\d, ]*)\) vs \(([\d, ]*)\)\)"),
    re.compile(r"logits_size=\[([\d,]*)\] labels_size=\[([\d,]*)\]"),
)
_AXIS = re.compile(
    r"expected axis -?\d+ of input shape to have value (\d+), but received .*?\(([\d, ]*)\)", re.S
)
_EXPECTED_SHAPE = re.compile(
    r"[Ee]xpected shape[= ]\(([^)]*)\), (?:found shape=|but input has incompatible shape )\(([^)]*)\)"
)
_MIN_NDIM = re.compile(r"expected (?:min_)?ndim=(\d+), found ndim=(\d+)")
_RANK = re.compile(r"[Ss]hape must be (?:at least )?rank (\d+) but is rank (\d+)")
_RANK_AT_LEAST = re.compile(r"(?:rank|dimensions?|ndim)[^.]{0,40}?(?:at least|>=|be|expected) (\d)")
_TOO_MANY = re.compile(r"too many values to unpack \(expected (\d+)\)")
_TOO_FEW = re.compile(r"not enough values to unpack \(expected (?:at least )?(\d+)")
ATTRIBUTE = re.compile(r"'([\w.]+)' object has no attribute '(\w+)'")
_NOT_CALLABLE = re.compile(r"'([\w.]+)' object is not callable")
_NOT_ITERABLE = re.compile(
    r"'([\w.]+)' object is not (?:iterable|an iterator)|iterat\w+ over a (?:scalar|0-d)"
)
_NOT_SUBSCRIPTABLE = re.compile(r"'([\w.]+)' object is not subscriptable")
_LABEL = re.compile(
    r"outside the valid range of \[0, (\d+)\)|indices\[.*?\] = \d+ is not in \[0, (\d+)\)"
)
_NUM = re.compile(r"[Dd]imension must be (\d+) but is (\d+)|must be (\d+) but is (\d+)")
_ELEMENTS = re.compile(r"reshape is a tensor with (\d+) values, but the requested shape has (\d+)")
_ANY_DIMS = re.compile(
    r"(?:equal, but are|must be|expected|got) (\d+) (?:and|vs\.?|but is|but got|!=) (\d+)"
)
_FLOAT_WANTED = re.compile(
    r"list of allowed values: .*float|expected to be a (float|double|half) tensor"
    r"|expected (float|double)|Attempting .* real|must be floating|to dtype float|as float"
)
_INTEGER_WANTED = re.compile(
    r"list of allowed values: (u?int\d+, )*u?int\d+$|list of allowed values: int32, int64"
    r"|expected to be an? (int\d+|uint8) tensor|[Ii]nvalid indices|must be (an )?integers?"
    r"|cannot be interpreted as an integer|slice indices|type.* int32|only integer",
    re.M,
)
_MIXED = re.compile(r"expected to be a (\w+) tensor but is a (\w+) tensor")
_CONVERTED = re.compile(r"conversion requested dtype (\w+) for Tensor with dtype (\w+)")
_SCALAR = re.compile(
    r"only (?:size-1|length-1|0-dim\w*)|must be a scalar|is ambiguous|expected a scalar|to be a scalar"
    r"|non-boolean|can only be converted|Python scalars|shape must be rank 0|valid indices, got"
)


@dataclass(frozen=True)
class Trouble:
    """An attempt that failed: its exception, the user's row that raised, and whom that touches.

    `implicated` are the paths whose values took part there, the closest first.
    """

    kind: str
    message: str
    source: str
    implicated: tuple[Path, ...]
    types: Mapping[Path, str]


def proposals(trouble: Trouble, state: State) -> Iterator[Proposal]:
    """Other specifications for one path each."""
    everything = [*trouble.implicated, *(path for path in state if path not in trouble.implicated)]
    tensors = [path for path in everything if tensors_in(state[path])]
    yield from _of_kinds(trouble, state, everything)
    yield from _of_dtypes(trouble, state, tensors)
    yield from _of_shapes(trouble, state, tensors)
    yield from _of_counts(trouble, state, everything)


def _of_kinds(trouble: Trouble, state: State, paths: Sequence[Path]) -> Iterator[Proposal]:
    message = trouble.message
    if match := _NOT_CALLABLE.search(message):
        for path in of_type(match[1], trouble, paths):
            for name in ("model", "elementwise function", "scalar function"):
                yield path, Stock(name)
    if match := ATTRIBUTE.search(message):
        for path in of_type(match[1], trouble, paths):
            yield from ((path, spec) for spec in _with_attribute(match[2], state[path]))
    if match := _NOT_ITERABLE.search(message):
        for path in of_type(match[1] or "EagerTensor", trouble, paths):
            yield path, Several((state[path],) * 2)
            yield path, Tensor()
            yield path, Several((Several((Tensor(), Tensor()), "tuple"),) * 2)
    if match := _NOT_SUBSCRIPTABLE.search(message):
        for path in of_type(match[1], trouble, paths):
            yield path, Tensor(shape=(3,))
            yield path, Several((Tensor(), Tensor(), Tensor()))
    if trouble.kind == "KeyError":
        key = message.strip("'\"")
        for path in paths:
            spec = state[path]
            if isinstance(spec, Several) and spec.kind == "dict" and key not in spec.keys:
                yield path, replace(spec, items=(*spec.items, Tensor()), keys=(*spec.keys, key))
    for pattern in (_TOO_MANY, _TOO_FEW):
        if match := pattern.search(message):
            yield from _unpacked(int(match[1]), state, paths)
    if ("string" in message and "int" in message) or "list indices must be integers" in message:
        names = re.findall(r"\[['\"](\w+)['\"]\]", trouble.source)
        for path in trouble.implicated:
            if names:
                yield path, Several(tuple(Tensor() for _ in names), "dict", tuple(names))


def _unpacked(count: int, state: State, paths: Sequence[Path]) -> Iterator[Proposal]:
    for path in paths:
        spec = state[path]
        if isinstance(spec, Tensor):
            yield path, Several((spec,) * count, "tuple")
            if spec.shape:
                yield path, replace(spec, shape=(count, *spec.shape[1:]))
            if len(spec.shape) > 1:
                yield path, replace(spec, shape=(*spec.shape[:-1], count))
            elif spec.shape == ():
                yield path, replace(spec, shape=(count,))
            yield path, Several((Several((spec,) * count, "tuple"),) * 2)
        elif isinstance(spec, Several) and spec.items and spec.kind != "dict":
            if all(isinstance(item, Tensor) for item in spec.items):
                yield path, replace(spec, items=(Several((spec.items[0],) * count, "tuple"),) * 2)
            yield path, replace(spec, items=(spec.items * count)[:count])


def _with_attribute(name: str, present: Specification) -> Iterator[Specification]:
    kinds: tuple[tuple[frozenset[str], tuple[Specification, ...]], ...] = (
        (words.OF_MODELS, (Stock("model"), Stock("compiled model"))),
        (words.OF_OPTIMIZERS, (Stock("optimizer"),)),
        (words.OF_METRICS, (Stock("metric"),)),
        (words.OF_VARIABLES, (Tensor(kind="variable"), Tensor(shape=(3,), kind="variable"))),
        (words.OF_TENSORS, (Tensor(), Tensor(kind="ndarray"), Tensor(shape=(3,)))),
        (words.OF_DICTIONARIES, (Several((Tensor(), Tensor()), "dict", ("a", "b")),)),
        (words.OF_LISTS, (Literal([]),)),
        (words.OF_TEXTS, (Literal("name"),)),
        (words.OF_DATASETS, (Several((Tensor(), Tensor()), "dataset"),)),
    )
    for names, specs in kinds:
        if name in names:
            yield from specs
    if isinstance(present, Tensor) and present.kind != "ndarray":
        yield replace(present, kind="ndarray")
        yield replace(present, kind="variable")


def _of_dtypes(trouble: Trouble, state: State, paths: Sequence[Path]) -> Iterator[Proposal]:
    message = f"{trouble.kind}: {trouble.message}"
    if match := _MIXED.search(message):
        wanted, found = _dtype(match[1]), _dtype(match[2])
        for change in ({found: wanted}, {wanted: found}):
            for path in paths:
                yield from with_dtype(path, state[path], change)
        # A whole number became a variable or a constant, where a real one was wanted.
        for path, spec in state.items():
            if isinstance(spec, Literal) and type(spec.value) is int:
                yield path, Literal(spec.value + 0.5)
    if match := _CONVERTED.search(message):
        for path in paths:
            yield from with_dtype(path, state[path], {match[2]: match[1]})
            yield from with_dtype(path, state[path], {match[1]: match[2]})
    if _INTEGER_WANTED.search(message):
        for path in paths:
            yield from with_dtype(path, state[path], {"float32": "int32", "float64": "int32"})
        for path in paths:
            yield path, Literal(2)
    if _FLOAT_WANTED.search(message):
        for path in paths:
            yield from with_dtype(path, state[path], {"int32": "float32", "int64": "float32"})
    if match := _LABEL.search(message):
        most = int(match[1] or match[2])
        for path in paths:
            spec = state[path]
            if isinstance(spec, Tensor) and spec.dtype.startswith(("int", "uint")):
                yield path, replace(spec, most=most)
    if _SCALAR.search(message):
        for path in paths:
            spec = state[path]
            if isinstance(spec, Tensor) and spec.shape:
                yield path, replace(spec, shape=())
                yield path, Literal(0.5) if spec.dtype.startswith("float") else Literal(1)
            elif isinstance(spec, Several) and all(isinstance(one, Tensor) for one in spec.items):
                yield path, mapped(spec, lambda one: replace(one, shape=()))


def _of_shapes(trouble: Trouble, state: State, paths: Sequence[Path]) -> Iterator[Proposal]:
    message = trouble.message
    if match := _AXIS.search(message):
        found = _shape(match[2])
        yield from _last_dims(paths, state, found, (*found[:-1], int(match[1])))
        yield from _dimension(paths, state, found[-1] if found else 0, int(match[1]))
    if match := _EXPECTED_SHAPE.search(message):
        wanted, found = _shape(match[1]), _shape(match[2])
        yield from _last_dims(paths, state, found, wanted)
        yield from _last_dims(paths, state, found[1:], wanted[1:])  # `x[tf.newaxis]`
        for path in paths:
            yield from each_tensor(path, state[path], shaped(wanted))
    for pattern in (_MIN_NDIM, _RANK):
        if match := pattern.search(message):
            yield from _of_rank(paths, state, int(match[1]), int(match[2]))
    for pattern in _TWO_SHAPES:
        if match := pattern.search(message):
            one, other = _shape(match[1]), _shape(match[2])
            yield from _matched(paths, state, one, other, "In[0]" in message or "MatMul" in message)
            break
    if match := _NUM.search(message) or _ANY_DIMS.search(message):
        one_size, other_size = [int(group) for group in match.groups() if group is not None][:2]
        yield from _dimension(paths, state, other_size, one_size)
        yield from _dimension(paths, state, one_size, other_size)
    if match := _ELEMENTS.search(message):
        yield from _of_size(paths, state, int(match[2]))
    if "square" in message or "Input matrix must be" in message:
        for path in paths:
            yield from each_tensor(path, state[path], shaped((3, 3)))
    if re.search(r"out of (range|bounds)|is out of|axis|slice index", message):
        for path in paths:
            for shape in ((4,), (2, 4), (2, 3, 4), (4, 3)):
                yield from each_tensor(path, state[path], shaped(shape))
            spec = state[path]
            if isinstance(spec, Several) and spec.kind != "dict":
                yield path, replace(spec, items=(*spec.items, *spec.items))
    if _RANK_AT_LEAST.search(message):
        match = _RANK_AT_LEAST.search(message)
        assert match is not None
        yield from _of_rank(paths, state, int(match[1]), -1)


def _of_counts(trouble: Trouble, state: State, paths: Sequence[Path]) -> Iterator[Proposal]:
    """Numbers that stand for sizes: more of them, where a size was wrong."""
    if not re.search(r"[Ss]hape|[Dd]imension|size|axis|num|must|range", trouble.message):
        return
    for path in paths:
        spec = state[path]
        if isinstance(spec, Literal) and type(spec.value) is int:
            for value in (1, 2, 3, 4, 8):
                if value != spec.value:
                    yield path, Literal(value)
            yield path, Several((Literal(2), Literal(3)), "tuple")


def _matched(
    paths: Sequence[Path], state: State, one: Shape, other: Shape, matrices: bool
) -> Iterator[Proposal]:
    """Two shapes that do not go together."""
    for here, there in ((one, other), (other, one)):
        changes: list[Shape] = []
        if matrices and here and there:
            if here == one and len(there) > 1:
                changes.append((*here[:-1], there[-2]))
            elif here == other and len(here) > 1:
                changes.append((*here[:-2], there[-1], here[-1]))
        changes.append(there)
        if here and there:
            changes += [(*here[:-1], there[-1]), (there[0], *here[1:])]
            changes += [(*here[:-1], 1), here[:-1]]
        for wanted in changes:
            yield from _last_dims(paths, state, here, wanted)
    for here, there in ((one, other), (other, one)):
        for a, b in zip(reversed(here), reversed(there), strict=False):
            if a != b:
                yield from _dimension(paths, state, a, b)
    if matrices and one and len(other) > 1:
        yield from _dimension(paths, state, one[-1], other[-2])
        yield from _dimension(paths, state, other[-2], one[-1])


def _last_dims(
    paths: Sequence[Path], state: State, found: Shape, wanted: Shape
) -> Iterator[Proposal]:
    """Tensors of shape `found` get the shape `wanted`."""
    if found == wanted:
        return
    for path in paths:
        yield from each_tensor(
            path,
            state[path],
            lambda spec: replace(spec, shape=wanted) if spec.shape == found else spec,
        )


def _dimension(paths: Sequence[Path], state: State, found: int, wanted: int) -> Iterator[Proposal]:
    """Axes of size `found` get the size `wanted`, the last ones first."""
    if found == wanted:
        return
    for path in paths:
        for axis in (-1, -2, -3, -4):

            def change(spec: Tensor, axis: int = axis) -> Tensor:
                if len(spec.shape) < -axis or spec.shape[axis] != found:
                    return spec
                dims = list(spec.shape)
                dims[axis] = wanted
                return replace(spec, shape=tuple(dims))

            yield from each_tensor(path, state[path], change)
        spec = state[path]
        if isinstance(spec, Literal) and spec.value == found and type(spec.value) is int:
            yield path, Literal(wanted)
        if isinstance(spec, Several) and len(spec.items) == found and spec.kind != "dict":
            yield path, replace(spec, items=(spec.items * wanted)[:wanted])


def _of_rank(paths: Sequence[Path], state: State, wanted: int, found: int) -> Iterator[Proposal]:
    shapes: dict[int, tuple[Shape, ...]] = {
        0: ((),),
        1: ((3,), (2,)),
        2: ((2, 3), (3, 3)),
        3: ((2, 3, 4), (2, 8, 3)),
        4: ((2, 8, 8, 3), (2, 8, 8, 1), (2, 28, 28, 1)),
        5: ((1, 4, 4, 4, 2),),
    }

    def ranked(spec: Tensor, shape: Shape) -> Tensor:
        if found >= 0 and len(spec.shape) != found:
            return spec
        return replace(spec, shape=shape)

    for path in paths:
        for shape in shapes.get(wanted, ()):
            yield from each_tensor(path, state[path], partial(ranked, shape=shape))


def _of_size(paths: Sequence[Path], state: State, size: int) -> Iterator[Proposal]:
    for path in paths:
        for shape in ((size,), (1, size), (2, size), (size, 1)):
            yield from each_tensor(path, state[path], shaped(shape))


def of_type(name: str, trouble: Trouble, paths: Sequence[Path]) -> list[Path]:
    """Paths whose value is of the type that the message names; else those at hand."""
    exact = [path for path in paths if trouble.types.get(path) == name.rpartition(".")[2]]
    tensorish = ("SymbolicTensor", "EagerTensor", "Tensor")
    if not exact and name in tensorish:
        exact = [path for path in paths if trouble.types.get(path) in tensorish]
    return exact or list(trouble.implicated)


def _shape(text: str) -> Shape:
    return tuple(2 if part.strip() in ("?", "None") else int(part) for part in _parts(text))


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


def _dtype(name: str) -> str:
    return {"float": "float32", "double": "float64", "half": "float16"}.get(name, name)


def names_in(source: str) -> set[str]:
    """Names that a line of code mentions."""
    try:
        return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except SyntaxError:
        return set(re.findall(r"[A-Za-z_]\w*", source))


#: Specifications that an exception cannot be laid to.
FIXED = (Expression, Built, Omitted)
