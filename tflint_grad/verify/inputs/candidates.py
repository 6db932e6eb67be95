"""What a parameter may be, the likeliest first."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from tflint_grad.verify.inputs import words
from tflint_grad.verify.inputs.call_sites import CallSites
from tflint_grad.verify.inputs.declared import of_annotation, of_docstring, of_signature
from tflint_grad.verify.inputs.options import of_parser
from tflint_grad.verify.inputs.pytests import given_by_pytest
from tflint_grad.verify.inputs.specification import (
    Built,
    Expression,
    Literal,
    Omitted,
    Several,
    Specification,
    Stock,
    Tensor,
)
from tflint_grad.verify.inputs.usage import Usage, UsageReader, dotted, parameter_names
from tflint_grad.verify.syntax import Definition, Program

_STEP_ELEMENTS = 2


class Candidates:
    """What the parameters of one program may be. `namespace` is the executed module's."""

    def __init__(
        self, program: Program, namespace: Mapping[str, Any], wanted: frozenset[str] = frozenset()
    ) -> None:
        """`wanted`: classes that hold a flagged row; objects of those come first."""
        self._program = program
        self._namespace = namespace
        self._wanted = wanted
        self._reader = UsageReader(program)
        self._calls = CallSites(program, namespace)
        self._classes = [
            one
            for one in program.definitions
            if (one.is_class and one.outermost is one) or one.is_class
        ]

    def of_parameter(self, definition: Definition, name: str) -> list[Specification]:
        """Candidates for one parameter, without repetition."""
        usage = self._reader.of_parameter(definition, name)
        found: list[Specification] = []
        annotation, default = _declared(definition, name)
        for one in [
            *of_signature(definition, name, self._namespace),
            *given_by_pytest(self._program, definition, name),
            # What a function gives itself is right before what others give it.
            *([] if default is None else [Omitted()]),
            *self._calls.values(definition, name),
            *of_docstring(definition, name),
            *([] if annotation is None else of_annotation(annotation, self._namespace)),
            *self._annotated(annotation),
            *self._of_same_name(name, usage),
            *self.of_usage(usage, name),
            *_ANYTHING,
        ]:
            if one not in found and one != _owner(definition):
                found.append(one)
        return found

    def of_usage(self, usage: Usage, name: str) -> Iterator[Specification]:
        """What it is by what is done with it, and by what it is called."""
        attributes = usage.attributes
        name = name.lstrip("_").lower()
        names = {one.lstrip("_").lower() for one in usage.names} | {name}
        own_classes = list(self._classes_for(usage, name))
        if usage.called_with or attributes - words.OF_TENSORS:
            yield from own_classes
        if attributes and words.OPTIONS.search(name):
            yield self._options(usage)
        if attributes & words.OF_OPTIMIZERS or (
            words.OPTIMIZERS.search(name) and not usage.called_with
        ):
            yield Stock("optimizer")
        if attributes & words.OF_METRICS:
            yield Stock("metric")
        if (usage.called_with and attributes & {"name", "reduction"}) or (
            usage.called_with and words.LOSSES.search(name) and 2 in usage.called_with
        ):
            yield Stock("loss")
        if min(usage.positional, default=0) > 1 and not attributes:
            # Models that are made here take one input.
            yield from (Stock("elementwise function"), Stock("scalar function"))
        if attributes & words.OF_MODELS or (
            words.MODELS.search(name)
            and (usage.called_with or not usage.arithmetic)
            and not words.LISTED.search(name)
        ):
            yield from _MODELS
        if usage.called_with:
            if not attributes:
                yield from self._functions(usage)
            yield from (Stock("elementwise function"), Stock("scalar function"))
            yield from (Stock("model"), Stock("loss"), Stock("callback"))
        if attributes & words.OF_VARIABLES:
            yield from (Tensor(kind="variable"), Tensor(shape=(3,), kind="variable"))
            yield Tensor(shape=(), kind="variable")
        if usage.keys:
            yield from self._dictionary(usage)
        if attributes & words.OF_DATASETS or (usage.iterated and words.DATASETS.search(name)):
            element = self._element(usage)
            yield Several(
                (element,) * _STEP_ELEMENTS, "dataset" if attributes & words.OF_DATASETS else "list"
            )
        if usage.iterated:
            element = self._element(usage)
            if words.MODELS.search(name) and isinstance(element, Tensor):
                yield Several((Stock("model"), Stock("model")))
            yield Several((element,) * _STEP_ELEMENTS)
            yield Tensor()
            yield Several((element,) * _STEP_ELEMENTS, "dataset")
            yield Literal((3, 3))
        if attributes & words.OF_DICTIONARIES and not attributes & words.OF_TENSORS:
            yield Several((Tensor(), Tensor()), "dict", ("a", "b"))
        if attributes & words.OF_LISTS:
            yield Literal([])
        if attributes & words.OF_TEXTS:
            yield Literal("name")
        for value in usage.compared:
            if isinstance(value, str):
                yield Literal(value)
        yield from self._of_names(names, name, usage)

    def _of_names(self, names: set[str], name: str, usage: Usage) -> Iterator[Specification]:
        tensor_like = usage.attributes & words.OF_TENSORS or usage.multiplied
        if not tensor_like:
            if usage.selects:
                yield from (Literal(0), Literal(1))
            if usage.counted or any(words.COUNTS.search(one) for one in (name,)):
                yield from (Literal(2), Literal(3), Literal(1))
            if words.FLAGS.search(name):
                yield from (Literal(True), Literal(False))
            if words.TEXTS.search(name):
                yield Literal("name")
            if words.NUMBERS.search(name) and not usage.indices and not usage.iterated:
                yield from (Literal(0.1), Literal(1.0))
        if self._takes(usage, words.REALS):
            yield from (Tensor(shape=()), Tensor(shape=(2,)), Tensor())
        if self._takes(usage, words.INTEGERS) or any(words.LABELS.search(one) for one in names):
            yield from (Tensor("int32", (2,)), Tensor("int64", (2,)), Tensor("int32", (2, 3)))
            yield Tensor("int32", ())
        for count in sorted(usage.unpacked):
            yield Several((Tensor(),) * count, "tuple")
        if usage.indices and max(usage.indices) > 1:
            yield Tensor(shape=(max(usage.indices) + 1,))
            yield Tensor(shape=(2, max(usage.indices) + 1))
        if usage.decided and not usage.arithmetic and not tensor_like:
            yield from (Literal(True), Literal(False))

    def _takes(self, usage: Usage, kind: Mapping[str, tuple[str, ...]]) -> bool:
        return any(
            place in kind.get(callee.rpartition(".")[2], ()) for callee, place in usage.passed
        )

    def _element(self, usage: Usage) -> Specification:
        """What a loop over it binds, by how the body uses that."""
        for target, definition in zip(usage.iterated, usage.iterated_in, strict=True):
            if isinstance(target, ast.Tuple):
                items = [self._of_target(one, definition) for one in target.elts]
                return Several(tuple(items), "tuple")
            if isinstance(target, ast.Name) and target.id != "_":
                return self._of_target(target, definition)
        return Tensor()

    def _of_target(self, target: ast.expr, definition: Definition) -> Specification:
        if isinstance(target, ast.Name):
            usage = self._reader.of_parameter(definition, target.id)
            return next(iter([*self.of_usage(usage, target.id), Tensor()]))
        if isinstance(target, ast.Tuple):
            return Several(tuple(self._of_target(one, definition) for one in target.elts), "tuple")
        return Tensor()

    def _dictionary(self, usage: Usage) -> Iterator[Specification]:
        keys = tuple(sorted(usage.keys))
        yield Several(
            tuple(
                Tensor("int32", (2,)) if words.LABELS.search(key.lower()) else Tensor()
                for key in keys
            ),
            "dict",
            keys,
        )

    def _options(self, usage: Usage) -> Specification:
        """What a command line gives, with what is read of it."""
        declared = of_parser(self._program)
        keys = tuple(sorted(usage.attributes))
        return Several(
            tuple(
                declared.get(key) or next(self._of_names({key}, key, Usage()), Literal(2))
                for key in keys
            ),
            "namespace",
            keys,
        )

    def _functions(self, usage: Usage) -> Iterator[Specification]:
        """Functions of the module itself that take as many arguments."""
        for one in self._program.definitions:
            if one.parent is None and not one.is_class and one.name in self._namespace:
                names = parameter_names(one)
                if len(names) in usage.called_with and not _asks_for_gradients(one):
                    yield Expression(one.name)

    def _classes_for(self, usage: Usage, name: str) -> Iterator[Specification]:
        """Classes of the program that offer what is used, those of a like name first."""
        scored = []
        for order, one in enumerate(self._classes):
            offered = self._offers(one)
            needed = usage.attributes
            if usage.called_with and not offered & {"__call__", "call"}:
                continue
            known = needed & offered
            missing = needed - offered - words.OF_MODELS
            alike = _alike(one.name, name)
            if missing and not (alike and len(known) >= len(missing)):
                continue
            if not (known or alike or usage.called_with):
                continue
            wanted = one.qualified in self._wanted
            scored.append((-int(wanted), -int(alike), -len(known), order, one.qualified))
        for *_, qualified in sorted(scored):
            yield from (Expression(name) for name in self.instances(qualified))
            yield Built(qualified)

    def instances(self, qualified: str) -> list[str]:
        """Names of the module that hold an object of a class of the program."""
        owner = _resolve(self._namespace, qualified)
        if not isinstance(owner, type) or getattr(owner, "_is_protocol", False):
            # A protocol answers `isinstance` only where it is made for that.
            return []
        return [
            name
            for name, value in list(self._namespace.items())
            if isinstance(value, owner) and not name.startswith("__")
        ]

    def _offers(self, definition: Definition) -> set[str]:
        """Methods and attributes of a class, with those of its bases in the file."""
        found: set[str] = set()
        todo = [definition]
        known: set[str] = set()
        while todo:
            one = todo.pop()
            if one.qualified in known or not isinstance(one.node, ast.ClassDef):
                continue
            known.add(one.qualified)
            for node in ast.walk(one.node):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.add(node.name)
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
                elif isinstance(node, ast.Assign):
                    found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
            for base in one.node.bases:
                name = dotted(base)
                if name in self._program.by_name:
                    todo.append(self._program.by_name[name])
                elif name.rpartition(".")[2] in ("Model", "Layer", "Module", "Sequential"):
                    found |= {"trainable_variables", "variables", "name"}
                    if not name.endswith("Module"):
                        found |= {"__call__", "build", "weights", "trainable_weights", "losses"}
        return found

    def _annotated(self, annotation: ast.expr | None) -> Iterator[Specification]:
        if annotation is None:
            return
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                return
        if isinstance(annotation, ast.BinOp):  # X | None
            yield from self._annotated(annotation.left)
            yield from self._annotated(annotation.right)
            return
        if isinstance(annotation, ast.Subscript):
            outer = dotted(annotation.value).rpartition(".")[2]
            inner = annotation.slice
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if outer in ("Optional", "Union"):
                for item in items:
                    yield from self._annotated(item)
            elif outer in ("list", "List", "Sequence", "Iterable", "Iterator", "Collection"):
                first = next(self._annotated(items[0]), Tensor())
                yield Several((first,) * _STEP_ELEMENTS)
            elif outer in ("tuple", "Tuple"):
                listed = [
                    one for one in items if not (isinstance(one, ast.Constant) and one.value is ...)
                ]
                yield Several(
                    tuple(next(self._annotated(one), Tensor()) for one in listed), "tuple"
                )
            elif outer == "Callable":
                yield from (Stock("elementwise function"), Stock("scalar function"))
            return
        name = dotted(annotation)
        if name in self._program.by_name and self._program.by_name[name].is_class:
            yield from (Expression(each) for each in self.instances(name))
            yield Built(name)
        yield from _ANNOTATED.get(name.rpartition(".")[2], ())

    def _of_same_name(self, name: str, usage: Usage) -> Iterator[Specification]:
        """A variable of the module by the same name, unless it is a function that is not called."""
        value = self._namespace.get(name)
        if value is None or isinstance(value, type) or type(value).__name__ == "module":
            return
        if callable(value) and not (usage.called_with or usage.attributes):
            return
        yield Expression(name)


def _declared(definition: Definition, name: str) -> tuple[ast.expr | None, ast.expr | None]:
    """Annotation and default of a parameter."""
    if isinstance(definition.node, ast.ClassDef):
        return None, None
    arguments = definition.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr | None] = {}
    for one, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        defaults[one.arg] = default
    for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        defaults[one.arg] = value
    annotation = next(
        (one.annotation for one in (*positional, *arguments.kwonlyargs) if one.arg == name), None
    )
    return annotation, defaults.get(name)


def _owner(definition: Definition) -> Specification | None:
    """The class that is being made: its constructor would be called for ever."""
    is_constructor = definition.name == "__init__" and definition.parent is not None
    return Built(definition.parent.qualified) if definition.parent and is_constructor else None


def _asks_for_gradients(definition: Definition) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("gradient", "GradientTape", "jacobian")
        for node in ast.walk(definition.node)
    )


def _alike(class_name: str, name: str) -> bool:
    one, other = class_name.lower().strip("_"), name.lower().replace("_", "")
    return len(other) > 2 and (one.startswith(other) or other in one or one in other)


def _resolve(namespace: Mapping[str, Any], qualified: str) -> Any:
    first, *rest = qualified.split(".")
    value = namespace.get(first)
    for name in rest:
        value = getattr(value, name, None)
    return value


_MODELS = (
    Stock("model"),
    Stock("compiled model"),
    Stock("narrow model"),
    Stock("image model"),
    Stock("functional model"),
)
_ANNOTATED: dict[str, tuple[Specification, ...]] = {
    "float": (Literal(0.1), Literal(1.0)),
    "int": (Literal(2), Literal(3), Literal(1)),
    "bool": (Literal(True), Literal(False)),
    "str": (Literal("name"),),
    "Tensor": (Tensor(),),
    "Variable": (Tensor(kind="variable"), Tensor(shape=(3,), kind="variable")),
    "ndarray": (Tensor(kind="ndarray"), Tensor(shape=(3,), kind="ndarray")),
    "Model": _MODELS,
    "Sequential": (Stock("model"),),
    "Layer": (Stock("model"),),
    "Optimizer": (Stock("optimizer"),),
    "Loss": (Stock("loss"),),
    "Metric": (Stock("metric"),),
    "Dataset": (
        Several((Several((Tensor(), Tensor()), "tuple"),) * 2, "dataset"),
        Several((Tensor(),) * 2, "dataset"),
    ),
    "Callable": (Stock("elementwise function"), Stock("scalar function")),
}
#: What is tried at last, whatever the parameter is called.
_ANYTHING: tuple[Specification, ...] = (
    Tensor(),
    Tensor(shape=(3,)),
    Tensor(shape=()),
    Tensor(shape=(3, 3)),
    Literal(0.5),
    Literal(2),
    Tensor("int32", (2,)),
    Tensor(shape=(2, 3, 4)),
    Tensor(shape=(2, 8, 8, 3)),
    Several((Tensor(), Tensor())),
    Several((Tensor(), Tensor()), "tuple"),
    Tensor(shape=(2,), kind="variable"),
    Tensor("float64"),
    Stock("elementwise function"),
    Stock("scalar function"),
    Stock("model"),
    Literal(None),
)
