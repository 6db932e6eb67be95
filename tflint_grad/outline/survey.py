"""One look over a file's `ast` for what the interpreter wants to know before it starts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tflint_grad.outline.bindings import attribute_names
from tflint_grad.outline.walk import walk

#: One of these is in every line that a survey takes names from.
NAMING = (".watch(", ".gradient(", ".numpy()", "asarray(")
_GRADIENT_METHODS = ("gradient", "jacobian", "batch_jacobian")
_EAGER_SWITCHES = ("run_eagerly", "run_functions_eagerly")
#: What only a model of Keras has, or has together with `predict`.
_OF_A_MODEL = frozenset(
    (
        *("compile", "fit", "summary", "count_params", "get_weights", "set_weights"),
        *("load_weights", "save_weights", "predict_on_batch", "train_on_batch", "test_on_batch"),
    )
)
_TELLING = frozenset((
    ast.Assign, ast.Attribute, ast.Call, ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom,
    ast.keyword,
))  # fmt: skip


class _Members(Mapping[str, frozenset[str]]):
    """By class: a look into a class is taken when it is asked for."""

    def __init__(self, classes: dict[str, ast.ClassDef]) -> None:
        self.classes = classes
        self.known: dict[str, frozenset[str]] = {}

    def __getitem__(self, name: str) -> frozenset[str]:
        known = self.known.get(name)
        if known is None:
            known = self.known[name] = frozenset(attribute_names(self.classes[name]))
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(slots=True)
class Survey:
    """`source_names`: names and attributes that are a source or are watched anywhere in the file;
    `watched_names`: those that are watched. `converted_names`: names of what becomes an array.

    `keras_like`: last names of what is compiled, fitted or otherwise used as only a model of Keras is;
    `trained`: those that are asked for their trainable variables. `called_like_keras`: those that
    are called with `training=…`.
    `members`: methods and assigned attributes by class name. `runs_eagerly`: Keras is told to run
    without graphs. `fits`: a model is compiled or fitted. `modules`: root packages imported.
    """

    source_names: set[str] = field(default_factory=set)
    watched_names: set[str] = field(default_factory=set)
    converted_names: set[str] = field(default_factory=set)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    runs_eagerly: bool = False
    fits: bool = False
    modules: set[str] = field(default_factory=set)
    keras_like: set[str] = field(default_factory=set)
    trained: set[str] = field(default_factory=set)
    called_like_keras: set[str] = field(default_factory=set)

    def is_model(self, name: str) -> bool:
        """Whether what is called by that name is most likely a model or layer."""
        return name in self.trained or name in self.keras_like or name in self.called_like_keras

    @property
    def is_tensorflow(self) -> bool:
        """Keras on another backend is none of our business."""
        return "tensorflow" in self.modules or not self.modules & {"torch", "jax"}


def survey(nodes: Iterable[ast.AST]) -> Survey:
    found = Survey()
    literals: list[ast.Assign] = []
    classes: dict[str, ast.ClassDef] = {}
    calls: list[ast.Call] = []
    functions: list[ast.FunctionDef] = []
    for node in nodes:
        if node.__class__ not in _TELLING:
            continue
        if isinstance(node, ast.Attribute):
            if node.attr in _EAGER_SWITCHES:
                found.runs_eagerly = True
            elif node.attr in _OF_A_MODEL:
                found.fits = found.fits or node.attr in ("fit", "compile")
                found.keras_like.add(_last_name(node.value))
            elif node.attr.startswith("trainable_"):
                found.trained.add(_last_name(node.value))
        elif isinstance(node, ast.Call):
            calls.append(node)
            _note_sources(node, found)
            _note_converted(node, found)
            if node.keywords and any(keyword.arg == "training" for keyword in node.keywords):
                found.called_like_keras.add(_last_name(node.func))
        elif isinstance(node, ast.Assign):
            if isinstance(node.value, (ast.List, ast.Tuple, ast.Dict)):
                literals.append(node)
        elif isinstance(node, ast.keyword):
            found.runs_eagerly = found.runs_eagerly or node.arg == "run_eagerly"
        elif isinstance(node, ast.Import):
            found.modules.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.modules.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ClassDef):
            classes[node.name] = node
        elif isinstance(node, ast.FunctionDef):
            functions.append(node)
    for node in literals:
        # sources = {"kernel": kernel, "noise": noise}
        if any(isinstance(t, ast.Name) and t.id in found.source_names for t in node.targets):
            found.source_names.update(_names_in(node.value))
    _note_handed_over(functions, calls, found)
    found.members = _Members(classes)
    return found


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _note_sources(call: ast.Call, found: Survey) -> None:
    if not isinstance(call.func, ast.Attribute):
        return
    method = call.func.attr
    if method == "watch":
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    elif method in _GRADIENT_METHODS:
        parts = call.args[1:2]
        parts += [k.value for k in call.keywords if k.arg in ("sources", "source")]
    else:
        return
    for part in parts:
        found.source_names.update(_names_in(part))
        if method == "watch":
            found.watched_names.update(_names_in(part))


def _note_converted(call: ast.Call, found: Survey) -> None:
    """`values.numpy()`, `np.asarray(values)`, `values[:, 0].numpy()`, `float(returns - values)`."""
    function = call.func
    if function.__class__ is ast.Attribute:
        if function.attr == "numpy" and not call.args:
            found.converted_names.update(_arranged(function.value))
        elif function.attr in ("array", "asarray") and call.args:
            found.converted_names.update(_arranged(call.args[0]))
    elif function.__class__ is ast.Name and function.id == "float" and call.args:
        found.converted_names.update(_arranged(call.args[0]))


def _arranged(part: ast.expr) -> Iterator[str]:
    """The names of what is only arranged before, or whose difference is taken."""
    match part:
        case ast.Name(id=name):
            yield name
        case ast.Subscript(value=inner) | ast.Call(args=[inner, *_]):
            yield from _arranged(inner)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            yield from _arranged(left)
            yield from _arranged(right)


def _note_handed_over(
    functions: list[ast.FunctionDef], calls: list[ast.Call], found: Survey
) -> None:
    """What a function of the file converts has a name in its caller, too."""
    if not found.converted_names:
        return
    asked: dict[str, list[tuple[int, str]]] = {}
    for function in functions:
        parameters = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
        if parameters[:1] in (["self"], ["cls"]):
            parameters = parameters[1:]
        wanted = [(i, p) for i, p in enumerate(parameters) if p in found.converted_names]
        if wanted:
            asked[function.name] = wanted
    for call in calls:
        for position, name in asked.get(_last_name(call.func), ()):
            given = [k.value for k in call.keywords if k.arg == name] or call.args[position:][:1]
            found.converted_names.update(part.id for part in given if isinstance(part, ast.Name))


def _names_in(part: ast.AST) -> Iterator[str]:
    for child in walk([part]):
        if isinstance(child, ast.Name):
            yield child.id
        elif isinstance(child, ast.Attribute):
            yield child.attr
