"""Values: what an expression may be. All of them are immutable; what changes lives in the store."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from tflint_grad.flow.paths import NO_PATHS, Paths, Place, Station, Tapes
from tflint_grad.flow.record import record

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.outline import Unit


class Kind(enum.Enum):
    TENSOR = "tensor"
    VARIABLE = "variable"
    NDARRAY = "ndarray"
    HOST = "python value"
    UNKNOWN = "unknown"


class _Nothing:
    """No constant is known (None is one)."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


@record
class Made:
    """The operation that made a value: where, and which tapes were recording then."""

    station: Station
    recording: Tapes
    paused: tuple[tuple[int, Station], ...] = ()  # tapes that `stop_recording` held still


@record
class Rebound:
    """A name that held a variable now holds a tensor computed from it."""

    station: Station
    variable: int
    name: str


@record
class Data:
    """A tensor, a variable, an ndarray, a Python value, or data of unknown kind.

    `dtype` is one of float, int, bool, string, complex, or empty where it is unknown.
    `symbolic`: a tensor of a graph that is being traced. `cell`: where the store keeps what was put
    into an ndarray element by element.
    """

    kind: Kind
    paths: Paths = field(default_factory=lambda: NO_PATHS)
    dtype: str = ""
    identity: int | None = None
    constant: Any = NOTHING
    made: Made | None = None
    symbolic: bool = False
    rebound: Rebound | None = None
    cell: int | None = None


@record
class Object:
    """Something with an identity of its own: an instance, a model, an unknown parameter.

    `cls` is the class of the project or the qualified name of a class of a library, if known.
    """

    identity: int
    cls: Class | str | None = None


@record
class Tape:
    identity: int


@record
class Known:
    """A module, class or function outside of the project, by its qualified name."""

    name: str


@record
class Module:
    """A module of the project: a file, or the folder of a namespace package."""

    path: str
    name: str


@record
class Imported:
    """What an import statement names, before anybody has read it.

    `library` is what it is where the project has no such module.
    """

    importer: str
    module: str
    name: str | None
    level: int
    library: Value

    @property
    def dotted(self) -> str:
        return "." * self.level + self.module


@record
class Method:
    """An attribute of something whose class is not of the project, about to be called."""

    receiver: Value
    name: str


@record
class Wrapping:
    """How a function is wrapped: tf.function, without AutoGraph, with XLA …"""

    graph: bool = False
    autograph: bool = True
    xla: bool = False
    converted: bool = True
    custom_gradient: bool = False
    opaque: bool = False
    cached: bool = False  # the first result is handed out again


PLAIN = Wrapping()


@record
class Function:
    """A function or lambda and the scope that it closes over (late binding)."""

    node: cst.FunctionDef | cst.Lambda
    unit: Unit
    scope: int
    defaults: Mapping[str, Value] = field(default_factory=dict)
    receiver: Value | None = None
    owner: Class | None = None
    wrapping: Wrapping = PLAIN
    role: str = ""  # staticmethod, classmethod, property or empty

    @property
    def name(self) -> str:
        from libcst import FunctionDef

        return self.node.name.value if isinstance(self.node, FunctionDef) else "lambda"


@record
class Class:
    """A class of the project; its attributes live in the store under its identity."""

    identity: int
    name: str
    bases: tuple[Value, ...]
    unit: Unit
    dataclass_fields: tuple[str, ...] | None = None

    def ancestry(self) -> tuple[Class, ...]:
        """The classes of the project in resolution order (depth first; diamonds are rare)."""
        found: list[Class] = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found.extend(entry for entry in base.ancestry() if entry not in found)
        return tuple(found)

    def library_bases(self) -> tuple[str, ...]:
        return tuple(
            base.name
            for entry in self.ancestry()
            for base in entry.bases
            if isinstance(base, Known)
        )


@record
class Super:
    receiver: Value
    owner: Class


@record
class Partial:
    function: Value
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]


@record
class Generator:
    """A generator that was called and not run yet: its body runs where it is iterated."""

    function: Function
    arguments: Mapping[str, Value]


@record
class Sequence:
    """A tuple, or the contents of a list: exact items first, then a summary of the others."""

    items: tuple[Value, ...] = ()
    rest: Value | None = None
    kind: str = "tuple"


@record
class ListRef:
    """A list: its contents (a `Sequence`) live in the store."""

    identity: int


@record
class Mapped:
    """The contents of a dictionary with known keys, and a summary for the others."""

    items: Mapping[Any, Value]
    rest: Value | None = None


@record
class DictRef:
    """A dictionary: its contents (a `Mapped`) live in the store."""

    identity: int


@record
class Parameters:
    """The variables that objects own, such as `generator.trainable_variables`."""

    owners: tuple[int, ...]
    which: str


@record
class Choice:
    """One of several values, after a join of control flow."""

    options: tuple[Value, ...]


Value = (
    Data
    | Object
    | Tape
    | Known
    | Module
    | Imported
    | Method
    | Function
    | Class
    | Super
    | Partial
    | Generator
    | Sequence
    | ListRef
    | Mapped
    | DictRef
    | Parameters
    | Choice
)

UNKNOWN = Data(Kind.UNKNOWN)
#: What a call gives of which no execution returns.
NEVER = Data(Kind.UNKNOWN)
NONE = Data(Kind.HOST, constant=None)
STATIC = Data(Kind.HOST)
MAX_OPTIONS = 4


def constant(value: Any) -> Data:
    dtype = {bool: "bool", int: "int", float: "float", str: "string", complex: "complex"}
    return Data(Kind.HOST, dtype=dtype.get(type(value), ""), constant=value)


@record
class Argument:
    """One argument of a call as it is passed: its value, keyword or star, and its expression."""

    value: Value
    keyword: str | None = None
    star: str = ""
    place: Place | None = None
