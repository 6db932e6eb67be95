"""Libraries that compute outside TensorFlow: a tensor given to them is no tensor any more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tflint_grad.knowledge.twins import TWINS

# First part of the qualified name. Not here: jax, autograd, tensorflow.experimental.numpy.
LIBRARIES = frozenset(
    {
        "PIL", "bottleneck", "cmath", "cupy", "cv2", "decimal", "fractions", "imageio", "librosa",
        "math", "matplotlib", "mxnet", "numba", "numexpr", "numpy", "pandas", "plotly", "polars",
        "pywt", "scipy", "seaborn", "skimage", "sklearn", "soundfile", "statistics",
        "statsmodels", "sympy", "torch", "torchvision", "xarray",
    }
)  # fmt: skip

#: Functions of TensorFlow and Keras that leave it, and raise for a symbolic tensor.
#: TF 2.21: `tf.get_static_value` gives None.
RAISE_IN_GRAPH = frozenset(
    ("keras.ops.convert_to_numpy", "keras.backend.eval", "keras.backend.get_value")
)


@dataclass(frozen=True, slots=True)
class HostFact:
    """A function outside TensorFlow.

    `kind`: 'operation' computes on the host (TFG201); 'conversion' only takes the value out
    (TFG202); 'static' reads the shape or type alone; 'creation' makes values that owe nothing to
    the argument's (raises in a graph where it converts); 'constant' likewise; 'predicate' asks
    about the value and gives no number back; 'sink' shows, saves or tests; 'passes' is Python's
    own and leaves a tensor a tensor (in eager code); 'context' makes a context manager.
    `is_piecewise_constant`: what comes out jumps or stays: its slope is zero wherever it has one.
    `result`: 'array', 'number', 'bool', 'string', 'same', 'none', 'object'.
    `in_graph`: whether it can be given a symbolic tensor without raising.
    `twin`: the TensorFlow function that computes exactly the same, differentiably.
    """

    library: str
    kind: str
    result: str = "array"
    in_graph: bool = False
    twin: str | None = None
    is_piecewise_constant: bool = False

    @property
    def twin_spelling(self) -> str | None:
        """As a user writes it: 'tf.exp'."""
        return None if self.twin is None else self.twin.replace("tensorflow.", "tf.", 1)

    @property
    def detaches(self) -> bool:
        """Whether a gradient that should come through the result is lost."""
        return self.kind in ("operation", "conversion")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STATIC = {"numpy.shape": "object", "numpy.ndim": "number", "numpy.size": "number",
           "numpy.isscalar": "bool", "numpy.dtype": "object", "numpy.result_type": "object",
           "numpy.finfo": "object", "numpy.iinfo": "object", "numpy.issubdtype": "bool",
           "numpy.broadcast_shapes": "object", "numpy.can_cast": "bool"}  # fmt: skip
_CONVERSIONS = _words(
    "array asarray asanyarray ascontiguousarray asfortranarray ndarray float16 float32 float64 "
    "float_ double single half longdouble int8 int16 int32 int64 int_ intp uint8 uint16 uint32 "
    "uint64 bool_ bool complex64 complex128 copy asscalar atleast_1d atleast_2d fromiter"
)
_CREATIONS = _words(
    "zeros ones empty full zeros_like ones_like empty_like full_like arange linspace logspace eye "
    "identity tri hanning hamming blackman bartlett kaiser indices mgrid ogrid meshgrid "
    "fromfile load loadtxt genfromtxt frombuffer"
)
_PREDICATES = _words(
    "isnan isfinite isinf isclose allclose array_equal array_equiv any all equal not_equal less "
    "less_equal greater greater_equal logical_and logical_or logical_not logical_xor isin "
    "iscomplex isreal iscomplexobj isrealobj signbit"
)
# They only slice, and a slice of a tensor is a tensor (NumPy 2.4; a variable is converted).
_SLICING = _words("flip trim_zeros")
_PIECEWISE_CONSTANT = _words(
    "argmax argmin argpartition argsort argwhere around bincount ceil count_nonzero digitize fix "
    "flatnonzero floor floor_divide heaviside lexsort nanargmax nanargmin nonzero rint round round_ "
    "searchsorted sign trunc bool_ int8 int16 int32 int64 int_ intp uint8 uint16 uint32 uint64"
)
#: Methods of an array that compare, choose, count or round.
PIECEWISE_CONSTANT_METHODS = _words(
    "all any argmax argmin argpartition argsort nonzero round searchsorted"
)
#: Of other libraries: what gives indices, labels, ranks or counts.
_PIECEWISE_CONSTANT_ELSEWHERE = _words(
    "math.ceil math.floor math.trunc scipy.ndimage.label scipy.optimize.linear_sum_assignment "
    "scipy.stats.rankdata skimage.measure.label sklearn.metrics.accuracy_score "
    "sklearn.metrics.average_precision_score sklearn.metrics.balanced_accuracy_score "
    "sklearn.metrics.confusion_matrix sklearn.metrics.f1_score "
    "sklearn.metrics.jaccard_score sklearn.metrics.precision_score sklearn.metrics.recall_score "
    "sklearn.metrics.roc_auc_score"
)
_SINKS = _words(
    "save savez savez_compressed savetxt array2string array_repr array_str set_printoptions "
    "seterr disp testing"
)
_CONTEXTS = frozenset(("errstate", "printoptions", "nditer"))
_NUMBERS = frozenset(("math", "cmath", "statistics", "decimal", "fractions"))
_MATH_PREDICATES = frozenset(("isnan", "isinf", "isfinite", "isclose"))
_SHOWING = frozenset(("matplotlib", "seaborn", "plotly"))
_BUILTINS: dict[str, HostFact] = {
    "float": HostFact("builtins", "conversion", "number"),
    "int": HostFact("builtins", "conversion", "number"),
    "complex": HostFact("builtins", "conversion", "number"),
    "bool": HostFact("builtins", "conversion", "bool"),
    "str": HostFact("builtins", "sink", "string", in_graph=True),
    "repr": HostFact("builtins", "sink", "string", in_graph=True),
    "format": HostFact("builtins", "sink", "string", in_graph=True),
    "print": HostFact("builtins", "sink", "none", in_graph=True),
    "len": HostFact("builtins", "static", "number", in_graph=True),
    "isinstance": HostFact("builtins", "static", "bool", in_graph=True),
    "callable": HostFact("builtins", "static", "bool", in_graph=True),
    "hasattr": HostFact("builtins", "static", "bool", in_graph=True),
    "id": HostFact("builtins", "static", "number", in_graph=True),
    "type": HostFact("builtins", "static", "object", in_graph=True),
    "abs": HostFact("builtins", "passes", "same", in_graph=True),
    "pow": HostFact("builtins", "passes", "same", in_graph=True),
    "divmod": HostFact("builtins", "passes", "same", in_graph=True),
    # They iterate or compare: right in eager code, refused in a graph.
    "sum": HostFact("builtins", "passes", "same"),
    "max": HostFact("builtins", "passes", "same"),
    "min": HostFact("builtins", "passes", "same"),
    "sorted": HostFact("builtins", "passes", "object"),
    "any": HostFact("builtins", "predicate", "bool"),
    "all": HostFact("builtins", "predicate", "bool"),
}


@lru_cache(maxsize=4096)
def host_function(qualified: str) -> HostFact | None:
    """The fact about a function of a host library (`numpy.exp`, `math.sqrt`, `builtins.float`).

    None for what is no host library's. Any function of a known library takes a tensor out of
    TensorFlow, unless it is listed as harmless.
    """
    library, _, rest = qualified.partition(".")
    if library == "builtins":
        return _BUILTINS.get(rest)
    if library not in LIBRARIES or not rest:
        return None
    if library in ("numpy", "cupy"):
        return _array_library(library, rest)
    if library in _SHOWING:
        return HostFact(library, "sink", "none")
    if library in _NUMBERS and rest in _MATH_PREDICATES:
        return HostFact(library, "predicate", "bool")
    result = "number" if library in _NUMBERS else "array"
    jumps = qualified in _PIECEWISE_CONSTANT_ELSEWHERE
    return HostFact(library, "operation", result, False, TWINS.get(qualified), jumps)


def _array_library(library: str, rest: str) -> HostFact:
    first, _, last = rest.rpartition(".")
    leaf = last or rest
    plain = f"numpy.{rest}"
    if plain in _STATIC:
        return HostFact(library, "static", _STATIC[plain], in_graph=True)
    jumps = not first and leaf in _PIECEWISE_CONSTANT
    if first.startswith("random") or (leaf in _CREATIONS and not first):
        return HostFact(library, "creation")
    if not first and leaf in _CONVERSIONS:
        return HostFact(library, "conversion", "array", False, TWINS.get(plain), jumps)
    if not first and leaf in _PREDICATES:
        return HostFact(library, "predicate", "bool")
    if not first and leaf in _SLICING:
        return HostFact(library, "passes", "same", in_graph=True)
    if first.startswith("testing") or leaf in _SINKS:
        return HostFact(library, "sink", "none")
    if leaf in _CONTEXTS:
        return HostFact(library, "context", "object")
    return HostFact(library, "operation", "array", False, TWINS.get(plain), jumps)
