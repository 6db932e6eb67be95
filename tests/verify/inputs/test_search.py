"""The search for arguments: tries, fails, learns; the farther a run came, the sooner it goes on."""

from __future__ import annotations

import time

from tflint_grad.verify.inputs.search import Arguments, Attempt, Search, State, described
from tflint_grad.verify.inputs.specification import Literal, Tensor
from tflint_grad.verify.syntax import Program

TEXT = """
class Agent:
    def __init__(self, units, rate): pass
    def act(self, state): pass

def step(x, y, agent, loud=False):
    agent.act(x)
"""


def arguments(**given: object) -> Arguments:
    return Arguments(Program.of(TEXT), {}, given)  # type: ignore[arg-type]


def first(known: Arguments) -> State:
    state: State = {}
    known.add_parameters(state, known.program.by_name["step"])
    return state


def search(known: Arguments, most: int = 60) -> Search:
    return Search(known, frozenset(), deadline=time.monotonic() + 60, most=most)


def test_a_state_holds_the_parameters_and_those_of_constructors_below_them() -> None:
    state = first(arguments())
    assert set(state) == {
        ("x",), ("y",), ("agent",), ("loud",), ("agent", "units"), ("agent", "rate"),
    }  # fmt: skip
    assert described(state, ["x", "agent", "loud"]) == "x=float32[2,3], agent=Agent(…)"


def test_another_choice_takes_the_constructor_s_arguments_along() -> None:
    known = arguments()
    state = first(known)
    known.choose(state, ("agent",), Literal(None))
    assert set(state) == {("x",), ("y",), ("agent",), ("loud",)}


def test_the_first_state_that_decides_ends_the_search() -> None:
    known = arguments()
    tried: list[State] = []

    def attempt(state: State) -> Attempt:
        tried.append(state)
        return Attempt(progress=5, decided=True)

    found = search(known).run(first(known), attempt)
    assert found is not None
    assert len(tried) == 1


def test_an_exception_leads_to_the_state_that_mends_it() -> None:
    known = arguments()

    def attempt(state: State) -> Attempt:
        shapes = [getattr(state[(name,)], "shape", None) for name in ("x", "y")]
        if shapes == [(2, 3), (2, 7)]:
            return Attempt(progress=9, decided=True)
        return Attempt(progress=3, error=ValueError("Incompatible shapes: [2,3] vs. [2,7]"))

    found = search(known, most=6).run(first(known), attempt)
    assert found is not None
    state, outcome = found
    assert outcome.decided
    assert state[("y",)] == Tensor(shape=(2, 7))


def test_without_a_decision_the_state_that_came_farthest_is_the_answer() -> None:
    known = arguments()
    start = first(known)
    wanted = known.choices[("x",)][1]

    def attempt(state: State) -> Attempt:
        return Attempt(progress=4 if state[("x",)] == wanted else 1)

    found = search(known).run(start, attempt)
    assert found is not None
    assert found[0][("x",)] == wanted


def test_what_the_user_gave_is_never_changed() -> None:
    known = arguments(x=Literal("mine"))
    seen = set()

    def attempt(state: State) -> Attempt:
        seen.add(str(state[("x",)]))
        return Attempt(progress=1, error=ValueError("Incompatible shapes: [2,3] vs. [2,7]"))

    search(known).run(first(known), attempt)
    assert seen == {"'mine'"}


def test_the_number_of_attempts_is_bounded() -> None:
    known = arguments()
    tried = []
    search(known, most=7).run(first(known), lambda state: tried.append(1) or Attempt(1))  # type: ignore[func-returns-value]
    assert len(tried) == 7
