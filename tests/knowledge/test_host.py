"""Host functions take a tensor out of TensorFlow; their twins compute the same, differentiably."""

import importlib
import importlib.util
from typing import Any

import numpy as np
import pytest

from tflint_grad.knowledge.host import (
    _PIECEWISE_CONSTANT,
    _PIECEWISE_CONSTANT_ELSEWHERE,
    PIECEWISE_CONSTANT_METHODS,
    host_function,
)
from tflint_grad.knowledge.operations import fact
from tflint_grad.knowledge.twins import TWINS

_BINARY = (
    "add subtract multiply divide true_divide power float_power maximum minimum arctan2 mod "
    "remainder append dot hypot inner logaddexp outer vdot pow atan2 xlogy"
)
BINARY = _BINARY.split()
VALUES = np.random.default_rng(3).normal(size=12)
PAIR = ("stack", "concatenate", "dstack", "hstack", "vstack")
_MATRIX = (
    "linalg.inv linalg.det linalg.cholesky linalg.pinv linalg.eigvalsh linalg.slogdet trace "
    "linalg.expm linalg.sqrtm linalg.trace matrix_transpose linalg.matrix_transpose unstack "
    "linalg.diagonal transpose diagonal fliplr flipud rot90 tril triu diag"
)
MATRIX = _MATRIX.split()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("numpy.exp", "operation"),
        ("numpy.linalg.norm", "operation"),
        ("numpy.vectorize", "operation"),
        ("scipy.stats.norm.pdf", "operation"),
        ("math.sqrt", "operation"),
        ("torch.exp", "operation"),
        ("numpy.array", "conversion"),
        ("numpy.float32", "conversion"),
        ("builtins.float", "conversion"),
        ("numpy.shape", "static"),
        ("builtins.len", "static"),
        ("numpy.zeros_like", "creation"),
        ("numpy.random.normal", "creation"),
        ("numpy.isnan", "predicate"),
        ("math.isnan", "predicate"),
        ("numpy.testing.assert_allclose", "sink"),
        ("matplotlib.pyplot.plot", "sink"),
        ("builtins.abs", "passes"),
    ],
)
def test_kind(name: str, kind: str) -> None:
    found = host_function(name)
    assert found is not None
    assert found.kind == kind
    assert found.detaches == (kind in ("operation", "conversion"))


@pytest.mark.parametrize(
    "name", ["tensorflow.experimental.numpy.exp", "jax.numpy.exp", "autograd.numpy.exp", "numpy"]
)
def test_impostors_are_no_host_functions(name: str) -> None:
    assert host_function(name) is None


def test_the_twin_is_spelled_as_users_do() -> None:
    found = host_function("numpy.sum")
    assert found is not None
    assert found.twin_spelling == "tf.reduce_sum"


def test_a_gradient_flows_through_every_twin() -> None:
    for twin in TWINS.values():
        found = fact(twin)
        assert found is not None, twin
        assert found.gradient.value == "flows", twin


def resolve(name: str) -> Any:
    module, _, leaf = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), leaf)
    except ModuleNotFoundError:
        return getattr(resolve(module), leaf)


def parted(name: str) -> tuple[Any, str]:
    module, _, leaf = name.rpartition(".")
    return importlib.import_module(module), leaf


def arguments(name: str, random: Any) -> tuple[Any, ...]:
    """Positional arguments for a host function, the same for its twin."""
    library, _, leaf = name.partition(".")
    vector = random.uniform(0.1, 0.9, 4)
    other = random.uniform(0.1, 0.9, 4)
    matrix = random.uniform(0.1, 0.9, (4, 4))
    matrix = matrix @ matrix.T + 4.0 * random.uniform(0.9, 1.1) * resolve("numpy.eye")(4)
    leaf = leaf.removeprefix("special.")
    special = {
        "clip": (vector, 0.3, 0.6),
        "matmul": (matrix, matrix),
        "linalg.matmul": (matrix, matrix),
        "matvec": (matrix, vector),
        "linalg.tensordot": (matrix, matrix),
        "linalg.cross": (vector[:3], other[:3]),
        "linalg.outer": (vector, other),
        "polyval": (vector, other),
        "hsplit": (matrix, 2),
        "vsplit": (matrix, 2),
        "dsplit": (matrix.reshape(2, 2, 4), 2),
        "kron": (matrix, matrix),
        "einsum": ("ij,jk->ik", matrix, matrix),
        "tensordot": (matrix, matrix, 1),
        "reshape": (vector, (2, 2)),
        "expand_dims": (vector, 0),
        "tile": (vector, [2]),
        "broadcast_to": (vector, (2, 4)),
        "where": (vector > 0.5, vector, other),
        "roll": (vector, 1),
        "flip": (vector,),
        "moveaxis": (matrix, 0, 1),
        "swapaxes": (matrix, 0, 1),
        "repeat": (vector, 2),
        "take": (vector, [2, 0]),
        "pad": (vector, 1, "constant"),
        "cross": (vector[:3], other[:3]),
        "concatenate": ([vector, other], 0),
        "arccosh": (vector + 1.5,),
        **({"acosh": (vector + 1.5,)} if library == "numpy" else {}),
        "betainc": (vector, other, other),
    }
    if leaf in special:
        return special[leaf]
    if leaf in PAIR:
        return ([vector, other],)
    if leaf in MATRIX:
        return (matrix,)
    if library == "math":
        number = float(vector[0]) + (1.5 if leaf == "acosh" else 0.0)
        return (number, float(other[0])) if leaf in BINARY else (number,)
    if leaf in ("conj", "conjugate", "real", "imag", "angle"):
        return (vector + 1j * other,)
    return (vector, other) if leaf in BINARY else (vector,)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_twin_computes_the_same(seed: int) -> None:
    tf = pytest.importorskip("tensorflow")
    numpy = pytest.importorskip("numpy")
    random = numpy.random.default_rng(seed)
    wrong = []
    has_scipy = importlib.util.find_spec("scipy") is not None
    for name, twin in TWINS.items():
        if name.startswith("scipy.") and not has_scipy:
            continue
        if name.startswith(("numpy.", "math.")) and not hasattr(*parted(name)):
            continue  # of a later NumPy or Python
        given = arguments(name, random)
        expected = resolve(name)(*given)
        tensors = tf.nest.map_structure(
            lambda value: tf.constant(value, tf.float64) if isinstance(value, float) else value,
            given,
        )
        try:
            result = tf.nest.flatten(resolve(twin)(*tensors))
        except Exception as error:
            wrong.append(f"{name}: {error}"[:100])
            continue
        wanted = expected if isinstance(expected, (tuple, list)) else [expected]
        for left, right in zip(result, wanted, strict=True):
            if not numpy.allclose(numpy.asarray(left), numpy.asarray(right), atol=1e-6):
                wrong.append(name)
    assert not wrong


@pytest.mark.filterwarnings("ignore")
def test_what_computes_on_the_host_gives_no_tensor_back() -> None:
    tf = pytest.importorskip("tensorflow")
    numpy = pytest.importorskip("numpy")
    x = tf.constant([[0.3, 0.7], [0.2, 0.9]])
    forms = ((x,), (x, x), (x, 1), ([x, x],), (x, (2, 2)), (lambda v: v, x), ("ij->ji", x))
    plain = {"diag_indices"}  # takes a size, not values
    kept = []
    for room in (numpy, numpy.linalg):
        for name, function in list(vars(room).items()):
            fact = host_function(f"{room.__name__}.{name}")
            if fact is None or not fact.detaches or name in plain or not callable(function):
                continue
            for given in forms:
                try:
                    results = tf.nest.flatten(function(*given))
                except Exception:
                    continue
                if any(tf.is_tensor(result) for result in results):
                    kept.append(f"{name} of {len(given)}")
    assert not kept


#: What a function is given beside the values, or in place of them.
_GIVEN: dict[str, tuple[Any, ...]] = {
    "argpartition": (VALUES, 2),
    "bincount": (np.abs(VALUES * 3).astype(int),),
    "digitize": (VALUES, [-1.0, 0.1, 0.7]),
    "floor_divide": (VALUES, 0.3),
    "heaviside": (VALUES, 0.5),
    "lexsort": ((VALUES,),),
    "searchsorted": (np.sort(VALUES), [0.1, 0.5]),
    "scipy.optimize.linear_sum_assignment": (VALUES.reshape(3, 4),),
}


def _function(qualified: str) -> Any:
    module, _, name = qualified.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", sorted(_PIECEWISE_CONSTANT - {"round_"}))
def test_what_is_piecewise_constant_stays_under_a_small_change(name: str) -> None:
    found = host_function(f"numpy.{name}")
    assert found is not None and found.is_piecewise_constant
    _stays(getattr(np, name), _GIVEN.get(name, (VALUES,)))


@pytest.mark.parametrize("name", sorted(PIECEWISE_CONSTANT_METHODS))
def test_so_do_methods_of_arrays(name: str) -> None:
    _stays(lambda values, *more: getattr(values, name)(*more), _GIVEN.get(name, (VALUES,)))


@pytest.mark.parametrize("name", sorted(_PIECEWISE_CONSTANT_ELSEWHERE))
def test_so_do_functions_of_other_libraries(name: str) -> None:
    found = host_function(name)
    assert found is not None and found.is_piecewise_constant
    library = name.partition(".")[0]
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    if library == "sklearn":
        truth = VALUES > 0
        is_score = name.endswith(("roc_auc_score", "average_precision_score"))
        _stays(
            lambda values: _function(name)(truth, values if is_score else values > 0.1), (VALUES,)
        )
    elif library == "math":
        _stays(_function(name), (0.7,))
    else:
        _stays(_function(name), _GIVEN.get(name, (VALUES,)))


def _stays(function: Any, given: tuple[Any, ...]) -> None:
    """The same for values that are a little larger (integers only cannot be)."""
    first, *more = given
    if isinstance(first, tuple):
        moved = tuple(one + 1e-7 for one in first)
    else:
        moved = first if np.asarray(first).dtype.kind == "i" else first + 1e-7
    before, after = function(first, *more), function(moved, *more)
    assert repr(before) == repr(after)
