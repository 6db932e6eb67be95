"""Names that always mean the library, also where a file of the project has the same name.

Everything that is claimed of these libraries was measured from the installed ones; a project's
`tensorflow/` folder, or a `types.py` beside a script, does not change that.
"""

from __future__ import annotations

import sys

LIBRARIES = frozenset(
    ("tensorflow", "keras", "tf_keras", "tensorflow_probability", "numpy", "scipy", "jax", "torch")
)
_ALWAYS = LIBRARIES | sys.stdlib_module_names


def is_library(module: str) -> bool:
    """Whether a dotted name is never of the project; relative ones always may be."""
    return module.partition(".")[0] in _ALWAYS
