"""What a parameter may be: by calls, annotations, use and name, the likeliest first."""

from __future__ import annotations

import textwrap

import pytest

from tflint_grad.verify.inputs.candidates import Candidates
from tflint_grad.verify.inputs.specification import Specification
from tflint_grad.verify.syntax import Program


def first(text: str, function: str = "f", name: str = "x", **namespace: object) -> str:
    return str(candidates(text, function, name, **namespace)[0])


def candidates(text: str, function: str, name: str, **namespace: object) -> list[Specification]:
    program = Program.of(textwrap.dedent(text))
    return Candidates(program, namespace).of_parameter(program.by_name[function], name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(x: float): pass", "0.1"),
        ("def f(x: 'int'): pass", "2"),
        ("def f(x: bool | None): pass", "True"),
        ("def f(x: tf.Variable): pass", "float32[2,3]"),
        ("def f(x: tf.keras.Model): pass", "<model>"),
        ("def f(x: list[tf.Tensor]): pass", "[float32[2,3], float32[2,3]]"),
        ("def f(x=3): pass", "(default)"),
        ("def f(x): return tf.reduce_sum(x)", "float32[2,3]"),
        ("def f(x): return x.trainable_variables", "<model>"),
        ("def f(x): x.apply_gradients([])", "<optimizer>"),
        ("def f(x): x.update_state(1.0)", "<metric>"),
        ("def f(x): x.assign_sub(1.0)", "float32[2,3]"),
        ("def f(x): return range(x)", "2"),
        ("def f(x): return y[:, x]", "0"),
        ("def f(x): a, b = x", "(float32[2,3], float32[2,3])"),
        ("def f(x): return x['a'] + x['b']", "{'a': float32[2,3], 'b': float32[2,3]}"),
        ("def f(x): return [tf.exp(one) for one in x]", "[float32[2,3], float32[2,3]]"),
        ("def f(x): return x(1.0, 2.0)", "<elementwise function>"),
        ("def f(x): return tf.gather(table, x)", "int32[2]"),
        ("def f(x): return sigmoid_cross_entropy_with_logits(labels=x)", "float32[]"),
    ],
)
def test_use_and_annotation_say_what_it_is(text: str, expected: str) -> None:
    assert first(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("optimizer", "<optimizer>"),
        ("labels", "int32[2]"),
        ("learning_rate", "0.1"),
        ("num_classes", "2"),
        ("training", "True"),
        ("filename", "'name'"),
    ],
)
def test_a_name_says_what_use_does_not(name: str, expected: str) -> None:
    assert first(f"def f({name}): pass", name=name) == expected


def test_a_real_call_comes_before_all() -> None:
    text = """
    def f(x: int): pass
    f(tf.random.normal([32, 10]))
    """
    assert first(text) == "tf.random.normal([32, 10])" or first(text, tf=object()) == (
        "tf.random.normal([32, 10])"
    )


def test_a_local_name_at_a_call_is_followed_to_what_it_was_given() -> None:
    text = """
    def f(x): pass
    def main():
        size = 4
        f(tf.ones([size, 2]))
    """
    assert first(text, tf=object()) == "tf.ones([4, 2])"


def test_a_parameter_of_the_caller_says_nothing() -> None:
    text = """
    def f(x): return tf.exp(x)
    def main(value):
        f(value)
    """
    assert first(text, tf=object()) == "float32[2,3]"


def test_an_object_of_the_module_s_own_class_is_built() -> None:
    text = """
    class Agent:
        def act(self, state): pass
    def f(agent): return agent.act(1.0)
    """
    assert first(text, name="agent") == "Agent(…)"


def test_a_parameter_is_what_the_function_it_is_handed_to_makes_of_it() -> None:
    text = """
    def inner(y): return y.trainable_variables
    def f(x): return inner(x)
    """
    assert first(text) == "<model>"


def test_a_constructor_is_not_given_an_object_of_its_own_class() -> None:
    text = """
    class Critic(tf.keras.Model):
        def __init__(self, critic): self.critic = critic
        def score(self, x): return self.critic(x)
    """
    found = candidates(text, "Critic.__init__", "critic")
    assert "Critic(…)" not in [str(one) for one in found]


def test_options_are_what_the_parser_says_of_them() -> None:
    text = """
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--rounds", "-r", type=int)
    parser.add_argument("--mode", choices=["fast", "exact"])
    parser.add_argument("--loud", action="store_true")
    parser.add_argument("-l", dest="rate", default=0.3, type=float)
    def f(args): return args.data_dir, args.rounds, args.mode, args.loud, args.rate, args.steps
    """
    assert first(text, name="args") == (
        "Namespace(data_dir='name', loud=False, mode='fast', rate=0.3, rounds=2, steps=2)"
    )


TESTS = """
@pytest.fixture
def width(): return 3
@pytest.fixture(scope="module")
def layer(width):
    yield Linear(width)
@pytest.mark.parametrize("n, kind", [(1, "a"), pytest.param(2, "b", id="two")])
def test_it(layer, n, kind): layer(n)
def use(layer): layer(1)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("layer", "next(layer.__wrapped__(width.__wrapped__()))"), ("n", "1"), ("kind", "'a'")],
)
def test_a_test_gets_what_pytest_gives_it(name: str, expected: str) -> None:
    assert first(TESTS, "test_it", name) == expected


def test_what_is_no_test_gets_nothing_of_a_fixture() -> None:
    assert not any("__wrapped__" in str(one) for one in candidates(TESTS, "use", "layer"))


@pytest.mark.parametrize(("name", "expected"), [("x", "float64[2,5]"), ("y", "(int32[2], bool[])")])
def test_a_signature_is_taken_at_its_word(name: str, expected: str) -> None:
    tf = pytest.importorskip("tensorflow")
    text = """
    @tf.function(input_signature=[
        tf.TensorSpec([None, WIDTH], tf.float64),
        (tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.bool)),
    ])
    def f(x, y): return x
    f(1.0, 2.0)
    """
    assert first(text, name=name, tf=tf, WIDTH=5) == expected


def test_a_spec_may_be_an_annotation() -> None:
    tf = pytest.importorskip("tensorflow")
    assert first("def f(x: tf.TensorSpec([None, None, 4])): pass", tf=tf) == "float32[2,3,4]"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x: int32 [batch, 7], the tokens.", "int32[2,7]"),
        ("x (tf.Tensor): images of shape (N, 8, 8, 3).", "float32[2,8,8,3]"),
        (":param x: float64 [None, None].", "float64[2,3]"),
        ("x: the points (and their weights).", "float32[2,3]"),
    ],
)
def test_a_docstring_may_say_the_shape(line: str, expected: str) -> None:
    assert first(f"def f(x):\n    '''Fit.\n\n    Args:\n        {line}\n    '''") == expected
