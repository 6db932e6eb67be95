"""Finds arguments with which a function gets as far as the finding: tries, fails, and learns."""

from __future__ import annotations

import ast
import heapq
import itertools
import time
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tflint_grad.verify.inputs.candidates import Candidates, _resolve
from tflint_grad.verify.inputs.repair import Trouble, proposals
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
    build_tensor,
    evaluate,
    stock,
)
from tflint_grad.verify.inputs.usage import decorator_name, dotted, parameter_names
from tflint_grad.verify.inputs.values import Values
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.syntax import Definition, Program

State = dict[Path, Specification]
#: Constructors within constructors.
_DEEPEST = 4


class NeedsInputs(Exception):
    """No value could be built for a parameter."""

    def __init__(self, path: Path, cause: BaseException | None = None) -> None:
        super().__init__(".".join(path))
        self.path = path
        self.cause = cause


@dataclass
class Arguments:
    """The parameters of one entry: what each may be, and how its value is built.

    `given` are the user's hints by parameter; `self` stands for the object of a method.
    """

    program: Program
    namespace: Mapping[str, Any]
    given: Mapping[str, Expression]
    wanted: frozenset[str] = frozenset()
    choices: dict[Path, list[Specification]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._candidates = Candidates(self.program, self.namespace, self.wanted)

    def refresh(self, namespace: Mapping[str, Any]) -> None:
        """The module was loaded anew."""
        self.namespace = namespace

    def add_parameters(self, state: State, definition: Definition, prefix: Path = ()) -> None:
        """Put the first choice for each parameter of a function or method into the state."""
        for name in self.names(definition):
            self.choose_first(state, (*prefix, name), definition, name)

    def names(self, definition: Definition) -> list[str]:
        names = parameter_names(definition)
        method = definition.parent is not None and definition.parent.is_class
        decorators = {dotted(one) for one in getattr(definition.node, "decorator_list", ())}
        if method and "staticmethod" not in decorators:
            names = names[1:]
        return names

    def choose_first(self, state: State, path: Path, definition: Definition, name: str) -> None:
        if path in state:
            return
        if path not in self.choices:
            hint = self.given.get(".".join(path)) or self.given.get(name)
            self.choices[path] = (
                [hint] if hint is not None else self._candidates.of_parameter(definition, name)
            )
        self.choose(state, path, self.choices[path][0])

    def add_object(self, state: State, path: Path, qualified: str) -> None:
        """Put an object of a class into the state: one of the module's, or a new one."""
        if path in state:
            return
        if path not in self.choices:
            hint = self.given.get(".".join(path))
            options: list[Specification] = [hint] if hint is not None else []
            if not options:
                options += [Expression(name) for name in self._candidates.instances(qualified)]
                options += [Built(name) for name in self._heirs(qualified)]
            self.choices[path] = options
        self.choose(state, path, self.choices[path][0])

    def _heirs(self, qualified: str) -> list[str]:
        """The class itself, and what derives from it in the file."""
        found = [qualified]
        for one in self.program.definitions:
            if one.is_class and isinstance(one.node, ast.ClassDef):
                bases = {dotted(base) for base in one.node.bases}
                if bases & set(found):
                    found.append(one.qualified)
        return found

    def choose(self, state: State, path: Path, spec: Specification) -> None:
        """Set one path; below it stand the arguments of its constructor, if it has one."""
        for other in [one for one in state if one[: len(path)] == path and one != path]:
            del state[other]
        state[path] = spec
        if isinstance(spec, Built) and len(path) <= _DEEPEST:
            constructor = self.constructor(spec.name)
            if constructor is not None:
                self.add_parameters(state, constructor, path)

    def constructor(self, qualified: str) -> Definition | None:
        """`__init__` of a class, its own or inherited within the file."""
        todo, known = [qualified], set()
        while todo:
            name = todo.pop(0)
            if name in known:
                continue
            known.add(name)
            found = self.program.by_name.get(f"{name}.__init__")
            if found is not None:
                return found
            definition = self.program.by_name.get(name)
            if definition is not None and isinstance(definition.node, ast.ClassDef):
                generated = _generated_constructor(definition)
                if generated is not None:
                    return generated
                todo += [dotted(base) for base in definition.node.bases]
        return None

    # Building values

    def build(self, state: State, path: Path, chooser: np.random.Generator, built: Values) -> Any:
        """The value of a path. Raises NeedsInputs where that fails."""
        spec = state[path]
        try:
            value = self._value(spec, state, path, chooser, built)
        except NeedsInputs:
            raise
        except Exception as error:
            raise NeedsInputs(path, error) from error
        built.values[path] = value
        return value

    def _value(
        self,
        spec: Specification,
        state: State,
        path: Path,
        chooser: np.random.Generator,
        built: Values,
    ) -> Any:
        match spec:
            case Tensor():
                return build_tensor(spec, chooser)
            case Literal():
                return spec.value if not isinstance(spec.value, list) else list(spec.value)
            case Expression():
                return evaluate(spec.text, self.namespace, chooser)
            case Stock():
                return stock(spec.name)
            case Several():
                return self._several(spec, state, path, chooser, built)
            case Built():
                kind = _resolve(self.namespace, spec.name)
                constructor = self.constructor(spec.name)
                if constructor is None:
                    return kind()
                positional, named = self.call_arguments(state, constructor, path, chooser, built)
                return kind(*positional, **named)
            case Omitted():
                return Omitted

    def _several(
        self, spec: Several, state: State, path: Path, chooser: np.random.Generator, built: Values
    ) -> Any:
        items = [self._value(item, state, path, chooser, built) for item in spec.items]
        if spec.kind == "dict":
            return dict(zip(spec.keys, items, strict=True))
        if spec.kind == "namespace":
            return types.SimpleNamespace(**dict(zip(spec.keys, items, strict=True)))
        if spec.kind == "tuple":
            return tuple(items)
        if spec.kind == "dataset":
            import tensorflow as tf

            stacked = tf.nest.map_structure(lambda *values: tf.stack(values), *items)
            return tf.data.Dataset.from_tensor_slices(stacked)
        return items

    def call_arguments(
        self,
        state: State,
        definition: Definition,
        prefix: Path,
        chooser: np.random.Generator,
        built: Values,
    ) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments for a function of the program."""
        if isinstance(definition.node, ast.ClassDef):
            return [], {}
        keyword_only = {one.arg for one in definition.node.args.kwonlyargs}
        positional: list[Any] = []
        named: dict[str, Any] = {}
        omitted = False
        for name in self.names(definition):
            path = (*prefix, name)
            if path not in state:
                self.choose_first(state, path, definition, name)
            value = self.build(state, path, chooser, built)
            if value is Omitted:
                omitted = True
            elif name in keyword_only or omitted:
                named[name] = value
            else:
                positional.append(value)
        return positional, named


def _generated_constructor(definition: Definition) -> Definition | None:
    """What `@dataclass` or NamedTuple makes of the fields of a class."""
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    decorators = set(map(decorator_name, node.decorator_list))
    bases = {dotted(base).rpartition(".")[2] for base in node.bases}
    if not (decorators & {"dataclass", "define", "attrs"} or "NamedTuple" in bases):
        return None
    required = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg("self")]
        + [
            ast.arg(one.target.id, one.annotation)
            for one in required
            if isinstance(one.target, ast.Name)
        ],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[one.value for one in required if one.value is not None],
    )
    function = ast.FunctionDef("__init__", arguments, [], [])
    return Definition("__init__", f"{definition.qualified}.__init__", function, definition, 0, 0)


@dataclass
class Attempt:
    """One run with certain arguments: how far it came, and what stopped it."""

    progress: int
    error: BaseException | None = None
    built: Values = field(default_factory=Values)
    decided: bool = False
    run: Observations | None = None


@dataclass
class Search:
    """Best-first over states: the farther a run came, the sooner its repairs are tried."""

    arguments: Arguments
    files: frozenset[str]
    deadline: float
    most: int = 60
    lines: Callable[[str, int], str] = lambda file, row: ""

    def run(
        self, first: State, attempt: Callable[[State], Attempt]
    ) -> tuple[State, Attempt] | None:
        """The first state with which everything is decided; else the one that came farthest."""
        order = itertools.count()
        # Per state: its rank, those of the states that led to it added, and how far these came.
        queue: list[tuple[int, int, State, int, int]] = [(0, next(order), first, 0, 0)]
        known = {_key(first)}
        best: tuple[State, Attempt] | None = None
        tried = 0
        while queue and tried < self.most and (tried == 0 or time.monotonic() < self.deadline):
            _, _, state, rank, before = heapq.heappop(queue)
            tried += 1
            outcome = attempt(state)
            if best is None or outcome.progress > best[1].progress or outcome.decided:
                best = (state, outcome)
            if outcome.decided:
                break
            if outcome.progress > before:
                rank = 0
            for number, new in enumerate(self._neighbours(state, outcome), rank + 1):
                key = _key(new)
                if key not in known:
                    known.add(key)
                    # Ten places down a list weigh as much as one row of progress.
                    weight = number - outcome.progress * 10
                    heapq.heappush(queue, (weight, next(order), new, number, outcome.progress))
        return best

    def _neighbours(self, state: State, outcome: Attempt) -> Iterator[State]:
        error = outcome.error
        implicated: list[Path] = []
        if error is not None:
            cause = error
            if isinstance(error, NeedsInputs):
                implicated.append(error.path)
                cause = error.cause or error
            trouble = self.trouble(cause, outcome.built, implicated)
            implicated = list(trouble.implicated)
            for path, spec in proposals(trouble, state):
                if path in state and not self._is_given(path):
                    yield self._with(state, path, spec)
        paths = [*implicated, *(path for path in state if path not in implicated)]
        alternatives = [
            (rank, path, spec)
            for path in paths
            if not self._is_given(path)
            for rank, spec in enumerate(self.arguments.choices.get(path, ())[:24])
        ]
        if implicated:
            alternatives.sort(key=lambda one: one[0] + (6 if one[1] not in implicated else 0))
        else:
            alternatives.sort(key=lambda one: one[0])
        for _, path, spec in alternatives:
            if path in state and spec != state[path]:
                yield self._with(state, path, spec)

    def _is_given(self, path: Path) -> bool:
        given = self.arguments.given
        return ".".join(path) in given or path[-1] in given

    def _with(self, state: State, path: Path, spec: Specification) -> State:
        new = dict(state)
        self.arguments.choose(new, path, spec)
        return new

    def trouble(self, error: BaseException, built: Values, implicated: list[Path]) -> Trouble:
        """What went wrong in a run, and which inputs had a part in it."""
        frames, row, file = [], 0, ""
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename in self.files:
                frames.append(step.tb_frame)
                file, row = step.tb_frame.f_code.co_filename, step.tb_lineno
            step = step.tb_next
        source = self.lines(file, row) if row else ""
        paths = [*implicated, *built.implicated(frames, source)]
        return Trouble(
            kind=type(error).__name__,
            message=_text(error),
            source=source,
            implicated=tuple(dict.fromkeys(paths)),
            types={path: type(value).__name__ for path, value in built.values.items()},
        )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _key(state: State) -> tuple[tuple[Path, Specification], ...]:
    return tuple(sorted(state.items(), key=lambda item: item[0]))


def described(state: State, names: list[str]) -> str:
    """`x=float32[2,3], n=2`, without what was left to its default."""
    told = {name: state[(name,)] for name in names if (name,) in state}
    return ", ".join(
        f"{name}={spec}" for name, spec in told.items() if not isinstance(spec, Omitted)
    )
