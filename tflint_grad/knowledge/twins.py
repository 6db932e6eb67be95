"""Host functions with an exact and differentiable twin in TensorFlow.

Exact: with the same positional arguments it gives the same numbers; tests evaluate both, and
`tools/find_twins.py` looks for more. What TensorFlow's own namespace lacks, its NumPy interface
often has. Not here, though the name is the same: `numpy.split` takes indices, `tf.split` sizes;
`eigvals` and `qr` leave order or signs open.
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
    "trace": "linalg.trace", "linalg.trace": "linalg.trace",
    "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh", "atan": "atan",
    "atan2": "atan2", "atanh": "atanh", "pow": "pow", "unstack": "unstack",
    "matrix_transpose": "linalg.matrix_transpose", "matvec": "linalg.matvec",
    "linalg.matrix_transpose": "linalg.matrix_transpose", "linalg.matmul": "matmul",
    "linalg.cross": "experimental.numpy.cross", "linalg.outer": "experimental.numpy.outer",
    "linalg.diagonal": "experimental.numpy.diagonal",
    "linalg.tensordot": "experimental.numpy.tensordot",
    "fft.fftshift": "signal.fftshift", "fft.ifftshift": "signal.ifftshift",
    "array": "convert_to_tensor", "asarray": "convert_to_tensor",
}  # fmt: skip
_SAME_NAME = (
    "append atleast_1d atleast_2d atleast_3d average cbrt cross cumprod cumsum deg2rad diag "
    "diagflat diagonal diff dot dsplit dstack exp2 flip fliplr flipud hsplit hstack hypot inner "
    "kron log10 log2 logaddexp moveaxis nanmean nansum outer polyval ptp rad2deg ravel repeat "
    "roll rot90 sinc swapaxes take tensordot tril triu vander vdot vsplit vstack"
)
_MATH = {
    "exp": "exp", "expm1": "math.expm1", "log1p": "math.log1p", "log": "math.log",
    "sqrt": "sqrt", "pow": "pow", "fabs": "abs", "sin": "sin", "cos": "cos", "tan": "tan",
    "asin": "asin", "acos": "acos", "atan": "atan", "atan2": "atan2", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh",
    "erf": "math.erf", "erfc": "math.erfc", "lgamma": "math.lgamma",
    "cbrt": "experimental.numpy.cbrt", "exp2": "experimental.numpy.exp2",
    "log2": "experimental.numpy.log2", "log10": "experimental.numpy.log10",
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
    "linalg.sqrtm": "linalg.sqrtm", "linalg.norm": "norm", "linalg.pinv": "linalg.pinv",
    "linalg.eigvalsh": "linalg.eigvalsh", "special.erfcinv": "math.erfcinv",
    "special.expm1": "math.expm1", "special.log1p": "math.log1p",
    "special.softplus": "math.softplus", "special.sinc": "experimental.numpy.sinc",
    "fft.fftshift": "signal.fftshift", "fft.ifftshift": "signal.ifftshift",
}  # fmt: skip

TWINS: dict[str, str] = {
    **{f"numpy.{name}": f"tensorflow.experimental.numpy.{name}" for name in _SAME_NAME.split()},
    **{f"numpy.{name}": f"tensorflow.{twin}" for name, twin in _NUMPY.items()},
    **{f"math.{name}": f"tensorflow.{twin}" for name, twin in _MATH.items()},
    **{f"scipy.{name}": f"tensorflow.{twin}" for name, twin in _SCIPY.items()},
}
