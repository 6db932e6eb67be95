"""Python imports this first, before the program: it waits for TensorFlow, and steps aside.

It stands alone in its folder, so that nothing else becomes importable, and takes the folder off
`sys.path` again. Whatever goes wrong here must not touch the program.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys

TASK = "TFLINT_GRAD_TASK"  # as in `inside`, which is not there to be imported yet


class Door:
    """A finder that finds nothing itself: it lets the probe in once TensorFlow has been imported."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name != "tensorflow":
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                self.wait_for(spec.loader)
                return spec
        return None

    def wait_for(self, loader) -> None:  # type: ignore[no-untyped-def]
        try:
            execute = loader.exec_module

            def exec_module(module) -> None:  # type: ignore[no-untyped-def]
                loader.__dict__.pop("exec_module", None)
                execute(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    let_in(self.folder)

            loader.exec_module = exec_module
        except Exception as error:
            complain(self.folder, error)


def let_in(folder: str) -> None:
    """Load the probe from where the linter lies, which may be another environment than this."""
    from importlib import util  # a few milliseconds: not for programs without TensorFlow

    try:
        with open(os.path.join(folder, "root"), encoding="utf-8") as stream:
            package = os.path.join(stream.read(), "tflint_grad")
        if "tflint_grad" not in sys.modules:
            spec = util.spec_from_file_location(
                "tflint_grad",
                os.path.join(package, "__init__.py"),
                submodule_search_locations=[package],
            )
            module = util.module_from_spec(spec)  # type: ignore[arg-type]
            sys.modules["tflint_grad"] = module
            spec.loader.exec_module(module)  # type: ignore[union-attr]
        from tflint_grad.verify.inside.resident import move_in

        move_in(folder)
    except Exception as error:
        complain(folder, error)


def complain(folder: str, error: BaseException) -> None:
    """Tell the linter why there is no probe here; the program goes on without."""
    import contextlib

    name = os.path.join(folder, f"trouble-{os.getpid()}")
    with contextlib.suppress(OSError), open(name, "w", encoding="utf-8") as stream:
        stream.write(f"{type(error).__name__}: {error}")


def begin() -> None:
    folder = os.environ.get(TASK, "")
    if not os.path.isdir(folder):
        return  # a child that outlives the run
    sys.meta_path.insert(0, Door(folder))
    entered = os.path.join(folder, "entered")
    try:
        if not os.path.exists(entered):
            open(entered, "w").close()
    except OSError as error:
        complain(folder, error)


def step_aside() -> None:
    """Have Python find the `sitecustomize` that it would have found without us, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize")
    if spec is None or spec.loader is None:
        raise ImportError("No module named 'sitecustomize'", name="sitecustomize")  # as ever
    from importlib import util

    module = util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


begin()
step_aside()
