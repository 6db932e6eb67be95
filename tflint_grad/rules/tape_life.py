"""TFG3: the life of a tape, from its opening to its last use."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import Event, TapeEnded, TapeExhausted
from tflint_grad.rules.base import Rule
from tflint_grad.rules.problem import ADVICE, HARMFUL, LIKELY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.rules.problem import Problem


class TapeExhaustedRule(Rule):
    """A second gradient is asked of a tape that is not persistent.

    ## What it does
    Reports a second `gradient`, `jacobian` or `batch_jacobian` on a plain tape on one way of
    execution, also by a loop around the call and through helper functions. Exclusive branches and a
    tape that is entered anew are right.

    ## Why it is bad
    A plain tape frees what it recorded with the first call: the second raises RuntimeError.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        a, b = losses(x)
    da = tape.gradient(a, w)
    db = tape.gradient(b, w)  # RuntimeError
    ```

    ## Use instead
    ```python
    with tf.GradientTape(persistent=True) as tape:
        a, b = losses(x)
    da = tape.gradient(a, w)
    db = tape.gradient(b, w)
    del tape
    ```

    ## Evidence
    TensorFlow 2.21: `RuntimeError: A non-persistent GradientTape can only be used to compute one set
    of gradients (or jacobians)`.
    """

    code = "TFG301"
    name = "tape-exhausted"
    consequence = Consequence.RAISES
    listens: ClassVar[tuple[type[Event], ...]] = (TapeExhausted,)

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, TapeExhausted)
        again = "in the next round of a loop" if _same_way(event) else "again"
        message = (
            f"{event.method}() is called {again} on a tape that is not persistent: it raises"
            " RuntimeError; ask once for all sources, or use persistent=True and del the tape"
        )
        story = (
            ("tape opened here", event.tape.station),
            ("first used here", event.first),
            ("used again here", event.station),
        )
        yield self.problem(event.station, message, story=story)


def _same_way(event: TapeExhausted) -> bool:
    """Whether both calls are one, reached through the same calls: only a loop brings it back."""
    first, second = event.first, event.station
    ways = [[id(call.node) for _, call in station.calls] for station in (first, second)]
    return first.place.node is second.place.node and ways[0] == ways[1]


class TapeRule(Rule):
    """A rule that judges all tapes of one place when everything has been executed."""

    listens: ClassVar[tuple[type[Event], ...]] = (TapeEnded,)

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, TapeEnded)
        yield from self.check_tape(event)

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        raise NotImplementedError


class PersistentTapeKept(TapeRule):
    """A persistent tape outlives its last use and keeps everything that it recorded.

    ## What it does
    Reports a persistent tape that is never deleted and stays: at module or notebook level, on an
    attribute, in a list or dictionary that stays, in a closure that is handed out, or in a long
    function with much to do after the last use. A loop that rebinds the name frees the old tape.

    ## Why it is bad
    All intermediate tensors of the forward pass stay in memory as long as the tape does.

    ## Example
    ```python
    with tf.GradientTape(persistent=True) as self.tape:
        self.loss = self.compute()
    ```

    ## Use instead
    ```python
    with tf.GradientTape(persistent=True) as tape:
        loss = self.compute()
    grads = tape.gradient(loss, self.weights)
    del tape
    ```

    ## Evidence
    TensorFlow 2.21, by weak references to recorded intermediates: alive until the tape goes.
    """

    code = "TFG302"
    name = "persistent-tape-kept"
    consequence = Consequence.MEMORY

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        site = event.tape
        if event.kept is None or site.persistent is not True or not site.eager:
            return
        where, station = event.kept
        message = (
            f"this persistent tape is kept {where} and never deleted: all that it recorded stays in"
            " memory after its last use; del it"
        )
        story = (("tape opened here", site.station),)
        yield self.problem(station, message, judgement=LIKELY, story=story)


class NeedlessPersistentTape(TapeRule):
    """A tape is persistent and is asked for one gradient only.

    ## What it does
    Reports `persistent=True` where one gradient call follows. As advice: several calls for one
    target, which one call with a list of sources would serve, and tapes in a `tf.function`.

    ## Why it is bad
    A persistent tape keeps what it recorded after the call; a plain one frees it. (Inside a
    `tf.function` it costs nothing at run time: the tape exists while tracing only.)

    ## Example
    ```python
    with tf.GradientTape(persistent=True) as tape:
        loss = compute()
    grads = tape.gradient(loss, weights)
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = compute()
    grads = tape.gradient(loss, weights)
    ```

    ## Evidence
    TensorFlow 2.21, by weak references: intermediates live on after the call of a persistent tape.
    """

    code = "TFG303"
    name = "needless-persistent-tape"
    consequence = Consequence.MEMORY

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        site = event.tape
        if event.needless is None:
            return
        story = tuple(("used here", station) for station in site.use_stations[:2])
        judgement = HARMFUL if event.needless == "one" and site.eager else ADVICE
        if event.needless == "one":
            message = (
                "persistent=True is not needed: only one gradient is taken, and the tape keeps what it"
                " recorded after it; drop persistent=True"
            )
        else:
            message = (
                "persistent=True is not needed: all calls ask for the same target; one call with a"
                " list of sources serves, and frees what was recorded"
            )
        consequence = Consequence.MEMORY if judgement is HARMFUL else Consequence.ADVICE
        yield self.problem(site.station, message, consequence, judgement, story)


class GradientInsideTape(TapeRule):
    """A persistent tape's gradient is taken inside its own block and never differentiated again.

    ## What it does
    Reports `gradient` or `jacobian` of a persistent tape inside its `with` block, unless the result
    is differentiated again or another tape records it.

    ## Why it is bad
    The tape records the backward pass too: more memory and more work, for nothing.

    ## Example
    ```python
    with tf.GradientTape(persistent=True) as tape:
        loss = compute()
        grads = tape.gradient(loss, weights)
    ```

    ## Use instead
    ```python
    with tf.GradientTape(persistent=True) as tape:
        loss = compute()
    grads = tape.gradient(loss, weights)
    ```

    ## Evidence
    TensorFlow 2.21 logs `Calling GradientTape.gradient on a persistent tape inside its context is
    significantly less efficient than calling it outside the context`.
    """

    code = "TFG304"
    name = "gradient-inside-tape"
    consequence = Consequence.SLOW

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        site = event.tape
        if site.persistent is not True:
            return
        calls = [call for call in event.inside if not call.outer]
        if not calls:
            return
        call = calls[0]
        eager = any(entry.context == "eager" for entry in calls)
        message = (
            "this gradient is taken inside the block of its own persistent tape, which records the"
            " backward pass too; move it out of the block"
        )
        yield self.problem(
            call.station,
            message,
            Consequence.SLOW if eager else Consequence.ADVICE,
            HARMFUL if eager else ADVICE,
            (("tape opened here", site.station),),
        )


class UnusedTape(TapeRule):
    """A tape is opened and no gradient is ever taken from it.

    ## What it does
    Reports a tape that records and is neither asked for a gradient nor handed to anybody
    (`minimize(loss, vars, tape=tape)`, an argument, a return value, an attribute, a dictionary).

    ## Why it is bad
    It records for nothing, and keeps what it recorded as long as it lives.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        prediction = model(x)
    return prediction
    ```

    ## Use instead
    ```python
    prediction = model(x)
    return prediction
    ```

    ## Evidence
    TensorFlow 2.21, by weak references: what a tape recorded stays alive until a gradient is taken
    from it or it goes away.
    """

    code = "TFG308"
    name = "unused-tape"
    consequence = Consequence.MEMORY

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        site = event.tape
        used = site.uses or site.consulted
        if used or site.escaped or site.kept or not site.entered:
            return
        if site.watches and site.saw_opaque:
            return  # what runs inside may ask TensorFlow what is watched
        message = "no gradient is ever taken from this tape: it records for nothing; remove it"
        yield self.problem(site.station, message, judgement=HARMFUL)


class MissingDelTape(TapeRule):
    """A persistent tape in a function is not deleted after its last use; it dies at return anyway.

    ## What it does
    Reports a persistent tape that leaves a function undeleted. Advice only.

    ## Why it is bad
    It is not, by itself: the tape and what it recorded go when the function returns. Deleting it
    after the last use frees the memory earlier, as TensorFlow's guide recommends.

    ## Example
    ```python
    with tf.GradientTape(persistent=True) as tape:
        a, b = losses(x)
    return tape.gradient(a, w), tape.gradient(b, w)
    ```

    ## Use instead
    ```python
    da, db = tape.gradient(a, w), tape.gradient(b, w)
    del tape
    return da, db
    ```

    ## Evidence
    TensorFlow 2.21, by weak references: a local persistent tape is gone after the return.
    """

    code = "TFG309"
    name = "missing-del-tape"
    consequence = Consequence.ADVICE

    def check_tape(self, event: TapeEnded) -> Iterator[Problem]:
        site = event.tape
        if not event.undeleted or event.needless is not None or event.kept is not None:
            return
        message = "this persistent tape is not deleted after its last use; it dies when the function returns"
        yield self.problem(site.station, message, judgement=ADVICE)


RULES = (
    TapeExhaustedRule,
    PersistentTapeKept,
    NeedlessPersistentTape,
    GradientInsideTape,
    UnusedTape,
    MissingDelTape,
)
