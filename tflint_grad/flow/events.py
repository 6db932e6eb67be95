"""What the interpreter tells the rules, in the order of execution."""

from __future__ import annotations

from tflint_grad.flow.paths import Cause, Station
from tflint_grad.flow.record import record
from tflint_grad.flow.state import Context, InsideCall, TapeSite


@record
class Event:
    station: Station
    context: Context


@record
class Answer:
    """What a gradient call gets for one source.

    `state`: live, lost (live beside a part that a host call lost), cut, unrecorded, unwatched,
    absent or unknown. `cause` is set for cut and lost; `missed` is the step that the tape did not
    record. `is_part`: `source` spells other sources as well. `is_dead`: nothing of the target is
    live but what was made in sight, so that nothing comes back however opaque the way is.
    """

    source: str
    state: str
    sure: bool = True
    cause: Cause | None = None
    missed: Station | None = None
    missed_is_gradient: bool = False
    missed_surely: bool = True  # the way from the source to the missed step is known
    missed_before_watch: Station | None = None
    created: Station | None = None
    rebound: Station | None = None
    rebound_name: str = ""
    source_kind: str = ""
    proven: bool = True
    is_part: bool = False
    is_dead: bool = False

    @property
    def row(self) -> int | None:
        from tflint_grad.flow.positions import row_of

        if self.cause is not None:
            return row_of(self.cause.station.place)
        return None if self.missed is None else row_of(self.missed.place)


@record
class GradientTaken(Event):
    """`tape.gradient(target, sources)` or a relative of it.

    `failing`: steps that the backward pass meets, whatever is asked for, and that raise. `opened`:
    where this tape was opened, which may be one of several made at its place.
    """

    tape: TapeSite
    method: str
    target: str
    answers: tuple[Answer, ...]
    target_is_host: bool
    target_is_none: Cause | None
    zeros: bool
    hook: str = ""
    failing: tuple[Cause, ...] = ()
    opened: Station | None = None

    @property
    def row(self) -> int:
        from tflint_grad.flow.positions import row_of

        return row_of(self.station.place)


@record
class OnPath(Event):
    """Something that happens to a tensor of a path that a gradient call asks about.

    `what`: if, while, print.
    """

    what: str
    subject: str
    source: str
    target: str
    asked: Station
    tape: TapeSite
    in_loop: bool


@record
class ControlOnTensor(Event):
    """Python decides by the truth, the elements or the membership of a symbolic tensor."""

    construct: str
    subject: str
    likely: bool = False


@record
class HostUse(Event):
    """A symbolic tensor is handed to host code while a graph is traced."""

    cause: Cause


@record
class GraphFails(Event):
    """A tf.function is called under a tape, and an operation in it cannot be differentiated."""

    cause: Cause
    tape: TapeSite
    function: str


@record
class TapeExhausted(Event):
    tape: TapeSite
    method: str
    first: Station


@record
class VariableRebound(Event):
    """A name or attribute that held a variable is bound to a tensor computed from it."""

    name: str
    raises: bool
    operator: str = ""


@record
class TapeEnded(Event):
    """Told once for each place where tapes are made, when all has been executed.

    `kept`: where a tape stays after its last use. `inside`: gradient calls inside the tape's own
    block whose results are not differentiated again.
    """

    tape: TapeSite
    kept: tuple[str, Station] | None
    needless: str | None  # "one" call, or one "target"
    undeleted: bool
    inside: tuple[InsideCall, ...]
