"""Executes sample projects and their correct twins in TensorFlow, and says what became of gradients.

python -m tests.projects_run FOLDER NAME …
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

#: The script of each project; it leaves what it was to compute in `gradients`.
SCRIPTS = {
    "agent_and_policy": "main.py",
    "agent_made_by_a_script": "run.py",
    "attack_among_many_callers": "run_attack.py",
    "callbacks": "main.py",
    "circle_of_namespaces": "main.py",
    "compiled_loss_of_another_file": "main.py",
    "decorator_with_a_tape": "physics.py",
    "factory_behind_a_package": "fit.py",
    "heads_in_a_registry_object": "main.py",
    "import_with_a_fallback": "contrastive.py",
    "losses_in_a_registry": "train.py",
    "net_from_a_fixture": "main.py",
    "one_embedder_from_a_cache": "main.py",
    "partial_of_a_re_export": "run.py",
    "penalty_called_by_tests": "main.py",
    "stars_in_a_src_layout": "scripts/train.py",
    "table_of_activations": "go.py",
    "tape_from_a_context_manager": "force.py",
    "tape_in_a_dataclass": "main.py",
    "tape_of_a_file_without_tensorflow": "sim/run.py",
    "template_method": "main.py",
    "train_step_in_a_mixin": "main.py",
    "two_updaters_one_tape": "main.py",
    "update_in_a_helper": "linear.py",
}


def gradients_of(root: Path, script: str) -> Any:
    """What a script leaves, each value as numbers or None; the exception that it raises."""
    import keras
    import tensorflow as tf

    folders = [str(root), str(root / "src"), str((root / script).parent)]
    before, path = set(sys.modules), sys.path[:]
    sys.path[:0] = folders
    keras.utils.set_random_seed(1)
    try:
        left = runpy.run_path(str(root / script), run_name="__main__")["gradients"]
        return [None if one is None else one.numpy() for one in tf.nest.flatten(left)]
    except Exception as error:
        return error
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(root)):
                del sys.modules[name]
        for name in [name for name in sys.modules if name not in before and _is_namespace(name)]:
            del sys.modules[name]


def _is_namespace(name: str) -> bool:
    return getattr(sys.modules[name], "__file__", None) is None


def consequence(wrong: Any, right: Any) -> str:
    """What the pitfall does, by the gradients beside those of the correct twin."""
    import numpy as np

    if (
        isinstance(right, Exception)
        or any(one is None for one in right)
        or not any(map(np.any, right))
    ):
        return f"the correct twin is not: {right}"
    if isinstance(wrong, ValueError) and "No gradients provided" in str(wrong):
        return "gradient-none"  # Keras refuses to apply them
    if isinstance(wrong, Exception):
        return "raises"
    if any(one is None for one in wrong):
        return "gradient-none"
    if not any(np.any(one) for one in wrong):
        return "gradient-zero"
    pairs = zip(wrong, right, strict=True)
    same = all(np.allclose(one, other, rtol=1e-3) for one, other in pairs)
    return "nothing" if same else "gradient-wrong"


def main() -> None:
    root, *names = sys.argv[1:]
    seen = {}
    for name in names:
        ways = [gradients_of(Path(root) / name / way, SCRIPTS[name]) for way in ("wrong", "right")]
        seen[name] = consequence(*ways)
    print("\n" + json.dumps(seen))


if __name__ == "__main__":
    main()
