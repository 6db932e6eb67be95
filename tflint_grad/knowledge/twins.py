"""Host functions with an exact and differentiable twin in TensorFlow.

Exact: with the same positional arguments it gives the same numbers; tests evaluate both. What
TensorFlow's own namespace lacks, its NumPy interface often has.
"""

from __future__ import annotations

_NUMPY = {
    "abs": "abs", "absolute": "abs", "fabs": "abs", "add": "add", "subtract": "subtract",
    "multiply": "multiply", "divide": "divide", "true_divide": "truediv", "negative": "negative",
    "power": "pow", "float_power": "pow", "square": "square", "sqrt": "sqrt", "exp": "exp",
    "expm1": "math.expm1", "log": "math.log", "log1p": "math.log1p",
    "reciprocal": "math.reciprocal", "maximum": "maximum", "minimum": "minimum",
    "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2", "mod": "math.floormod",
    "remainder": "math.floormod", "conj": "math.conj", "conjugate": "math.conj",
    "real": "math.real", "imag": "math.imag", "angle": "math.angle",
    "sum": "reduce_sum", "mean": "reduce_mean", "prod": "reduce_prod", "max": "reduce_max",
    "amax": "reduce_max", "min": "reduce_min", "amin": "reduce_min", "std": "math.reduce_std",
    "var": "math.reduce_variance", "clip": "clip_by_value", "matmul": "matmul",
    "einsum": "einsum", "reshape": "reshape", "expand_dims": "expand_dims",
    "squeeze": "squeeze", "transpose": "transpose", "stack": "stack", "concatenate": "concat",
    "tile": "tile", "broadcast_to": "broadcast_to", "where": "where", "sort": "sort",
    "linalg.norm": "norm", "linalg.inv": "linalg.inv", "linalg.det": "linalg.det",
    "linalg.cholesky": "linalg.cholesky", "linalg.pinv": "linalg.pinv",
    "linalg.eigvalsh": "linalg.eigvalsh", "linalg.slogdet": "linalg.slogdet",
    "trace": "linalg.trace", "array": "convert_to_tensor", "asarray": "convert_to_tensor",
}  # fmt: skip
_SAME_NAME = (
    "append average cbrt cross cumprod cumsum deg2rad diag diagflat diagonal diff dot dstack exp2 "
    "flip fliplr flipud hstack hypot inner kron log10 log2 logaddexp moveaxis nanmean nansum "
    "outer ptp rad2deg ravel repeat roll rot90 sinc swapaxes take tensordot tril triu vdot "
    "vstack"
)
_MATH = {
    "exp": "exp", "expm1": "math.expm1", "log1p": "math.log1p", "log": "math.log",
    "sqrt": "sqrt", "pow": "pow", "fabs": "abs", "sin": "sin", "cos": "cos", "tan": "tan",
    "asin": "asin", "acos": "acos", "atan": "atan", "atan2": "atan2", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh",
    "erf": "math.erf", "erfc": "math.erfc", "lgamma": "math.lgamma",
}  # fmt: skip
_SCIPY = {
    "special.expit": "sigmoid", "special.erf": "math.erf", "special.erfc": "math.erfc",
    "special.erfinv": "math.erfinv", "special.gammaln": "math.lgamma",
    "special.digamma": "math.digamma", "special.psi": "math.digamma",
    "special.logsumexp": "reduce_logsumexp", "special.xlogy": "math.xlogy",
    "special.i0e": "math.bessel_i0e", "special.i1e": "math.bessel_i1e",
    "special.i0": "math.bessel_i0", "special.i1": "math.bessel_i1",
    "special.betainc": "math.betainc", "special.ndtri": "math.ndtri",
    "linalg.inv": "linalg.inv", "linalg.det": "linalg.det", "linalg.expm": "linalg.expm",
    "linalg.sqrtm": "linalg.sqrtm", "linalg.norm": "norm",
}  # fmt: skip

TWINS: dict[str, str] = {
    **{f"numpy.{name}": f"tensorflow.experimental.numpy.{name}" for name in _SAME_NAME.split()},
    **{f"numpy.{name}": f"tensorflow.{twin}" for name, twin in _NUMPY.items()},
    **{f"math.{name}": f"tensorflow.{twin}" for name, twin in _MATH.items()},
    **{f"scipy.{name}": f"tensorflow.{twin}" for name, twin in _SCIPY.items()},
}
