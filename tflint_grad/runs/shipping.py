"""Which files go along to a machine that cannot see them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tflint_grad.config import UsageError
from tflint_grad.project.roots import MARKERS, index_roots, is_shared, package_root

if TYPE_CHECKING:
    from tflint_grad.project import Project

#: Bytes of Python; more is better shared than sent.
MAX_BYTES = 512_000_000
#: Stands in a folder of which nothing is sent: that it is there decides what an import finds.
PLACEHOLDER = ".tflint-grad"
_LEFT_OUT = frozenset(("__pycache__", "node_modules", "site-packages", "dist-packages"))


def root_of(path: str, project: Project) -> str:
    """The folder below which all lies that a file can import: of its repository, or its package."""
    top = index_roots(path, project.listing)[0]
    package = package_root(path, project.listing)
    if is_below(package, top):
        return top
    # The project lies within a package of something larger.
    return os.path.join(package, os.path.relpath(path, package).partition(os.sep)[0])


def contents(roots: tuple[str, ...], asked: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Every Python file below the roots, and `asked`, by absolute path.

    Files that tell where a project begins are sent empty. Hidden folders, virtual environments and
    installed packages stay behind, and so does what lies below a folder that many things share
    (`/tmp`, a home); what cannot be read is left out.

    Raises:
        UsageError: more than `MAX_BYTES`.
    """
    found: dict[str, bytes] = {}
    total = 0
    for root in roots:
        for folder, names, files in os.walk(root):
            found[os.path.join(folder, PLACEHOLDER)] = b""
            if is_shared(folder):
                names.clear()
            for name in [name for name in names if _stays(folder, name)]:
                names.remove(name)
                found[os.path.join(folder, name, PLACEHOLDER)] = b""
            for name in files:
                path = os.path.join(folder, name)
                if name in MARKERS and not name.endswith(".py"):
                    found[path] = b""
                elif name.endswith(".py") or path in asked:
                    total += _read(path, found)
                    if total > MAX_BYTES:
                        raise UsageError(
                            f"{root}: more than {MAX_BYTES:,} bytes of Python to send to the"
                            " workers: let them share the folder"
                        )
        for path in asked - found.keys():
            if is_below(path, root):  # asked for by name, wherever it lies
                _read(path, found)
    return found


def is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _stays(folder: str, name: str) -> bool:
    hidden = name.startswith(".") or name in _LEFT_OUT
    path = os.path.join(folder, name)
    return hidden or os.path.islink(path) or os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _read(path: str, found: dict[str, bytes]) -> int:
    try:
        with open(path, "rb") as file:
            found[path] = file.read()
    except OSError:
        return 0
    return len(found[path])
