"""What was seen while a scene ran: plain data, so that it can leave the process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: A file, by its absolute path, and a row; ("", 0) where no watched file takes part.
Place = tuple[str, int]
NOWHERE: Place = ("", 0)


@dataclass
class GradientCall:
    """One `gradient`, `jacobian` or `batch_jacobian`, or several of the same kind and outcome.

    `outcomes` has one word a source: none, zero, finite, not-finite, or symbolic where a graph is
    still being traced; what comes of those follows as a call of its own once the graph runs.
    `tape` was entered there last, and `made` elsewhere where it has a line of its own.
    `first` and `last` tell when, in events. `sources` are the names that the sources give themselves;
    `asked_by` is the file that made the call where that is none of the watched; `zeros_for_none`:
    the call itself wants zeros for what is not connected.
    """

    place: Place
    tape: Place
    method: str
    made: Place = NOWHERE
    outcomes: list[str] = field(default_factory=list)
    error: str = ""
    target_is_host: bool = False
    count: int = 1
    first: int = 0
    last: int = 0
    sources: list[str] = field(default_factory=list)
    asked_by: str = ""
    zeros_for_none: bool = False

    @property
    def tapes(self) -> tuple[Place, Place]:
        """The places that its tape is known by."""
        return (self.tape, self.made)

    @property
    def signature(self) -> tuple[object, ...]:
        return (
            self.place,
            self.tape,
            self.method,
            tuple(self.outcomes),
            self.error,
            tuple(self.sources),
        )


@dataclass
class Raised:
    """An exception, whether it was caught or not, with the places that it came through."""

    kind: str
    message: str
    places: list[Place]
    at: int
    escaped: bool


@dataclass
class Claim:
    """A statement about a gradient that was checked when it was made (by a fixture's tail)."""

    kind: str
    place: Place
    at: int
    reason: str = ""


@dataclass
class TapeLife:
    """One tape: where it was made and entered, how often it was asked, and what it kept alive.

    `alive_after_use` counts its recorded intermediates that lived just after its last use (where it
    was never asked: after its block), `kept_after_use` those that lived only because the tape held
    them, `kept_at_end` the same at the end of the run. `compared`: these numbers were measured;
    `entangled`: they cannot be, since the tape died in a cycle of references. `bytes_after_use`: what
    the device's allocator had given out since the tape was made, just after its last use, where it
    keeps figures; `bytes_kept`: what of that the tape held.
    """

    places: list[Place]
    persistent: bool
    in_graph: bool = False
    gradients: int = 0
    recorded: int = 0
    recorded_by_gradients: int = 0
    alive_after_use: int = 0
    kept_after_use: int = 0
    compared: bool = False
    entangled: bool = False
    bytes_after_use: int | None = None
    bytes_kept: int = 0
    kept_at_end: int = 0
    alive_at_end: bool = False


@dataclass
class Observations:
    """A whole run. Events are counted: `at`, `first`, `last` tell what came before what.

    `stages` tells of a marked row whether it was executed, traced into a graph, or traced into a
    branch or loop of a graph: whether that ever runs is another matter.
    """

    executed: dict[Place, int] = field(default_factory=dict)  # to the event of its first run
    under: dict[Place, list[Place]] = field(default_factory=dict)  # to the tapes recording then
    stages: dict[Place, list[str]] = field(default_factory=dict)  # to eager, graph, branch
    gradients: list[GradientCall] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    tapes: list[TapeLife] = field(default_factory=list)
    conversions: dict[Place, int] = field(default_factory=dict)  # eager values taken to the host
    traces: dict[str, int] = field(default_factory=dict)  # tf.function, by name, to its traces
    warnings: list[tuple[Place, str]] = field(default_factory=list)  # TensorFlow's own words
    seconds: float = 0.0
    taped_seconds: float = 0.0  # from the first tape's opening until the device had done its work

    def escaped(self) -> Raised | None:
        """The exception that ended the run."""
        return next((error for error in reversed(self.raised) if error.escaped), None)

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("executed", "under", "stages", "conversions"):
            data[name] = [[place, value] for place, value in getattr(self, name).items()]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Observations:
        def place(pair: list[Any]) -> Place:
            return (pair[0], pair[1])

        return cls(
            executed={place(key): at for key, at in data["executed"]},
            under={place(key): [place(tape) for tape in tapes] for key, tapes in data["under"]},
            stages={place(key): stages for key, stages in data["stages"]},
            gradients=[
                GradientCall(
                    **{**one, **{key: place(one[key]) for key in ("place", "tape", "made")}}
                )
                for one in data["gradients"]
            ],
            raised=[
                Raised(**{**one, "places": [place(each) for each in one["places"]]})
                for one in data["raised"]
            ],
            claims=[Claim(**{**one, "place": place(one["place"])}) for one in data["claims"]],
            tapes=[
                TapeLife(**{**one, "places": [place(each) for each in one["places"]]})
                for one in data["tapes"]
            ],
            conversions={place(key): count for key, count in data["conversions"]},
            traces=data["traces"],
            warnings=[(place(key), text) for key, text in data["warnings"]],
            seconds=data["seconds"],
            taped_seconds=data["taped_seconds"],
        )
