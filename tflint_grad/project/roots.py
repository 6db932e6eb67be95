"""Roots: the folders in which the absolute imports of a file are looked up."""

from __future__ import annotations

import os
from collections.abc import Callable

from tflint_grad.project.files import Listing

#: A folder with one of these is the top of a project.
MARKERS = frozenset(("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg"))
#: The top of a repository: no project reaches beyond it.
_REPOSITORY = frozenset((".git", ".hg"))
INSTALLED = frozenset(("site-packages", "dist-packages"))

Listings = Callable[[str], "Listing | None"]


def package_root(path: str, listing: Listings) -> str:
    """The folder that holds the outermost package of a file; its own folder if it is in none."""
    folder = os.path.dirname(path)
    while "__init__.py" in (listing(folder) or ()) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def project_folders(path: str, listing: Listings) -> list[str]:
    """The folders around a file that look like the top of a project, nearest first."""
    found = []
    folder = os.path.dirname(path)
    while os.path.dirname(folder) != folder and os.path.basename(folder) not in INSTALLED:
        names = listing(folder) or {}
        if MARKERS & names.keys():
            found.append(folder)
        if _REPOSITORY & names.keys():
            break
        folder = os.path.dirname(folder)
    return found


def search_path(path: str, listing: Listings, src: tuple[str, ...] = ()) -> list[str]:
    """Where `import name` is looked up from a file, in order; the first that has the name wins.

    A script's own folder, the folder that holds its outermost package, the configured roots, and
    of each project around it the folder and its `src`.
    """
    own = package_root(path, listing)
    found = [own, *src]
    for folder in project_folders(path, listing):
        if (listing(folder) or {}).get("src"):
            found.append(os.path.join(folder, "src"))
        found.append(folder)
    return list(dict.fromkeys(found))


def module_name(path: str, listing: Listings) -> str:
    """The dotted name of a file by the packages that it lies in."""
    base = os.path.splitext(path)[0]
    name = os.path.relpath(base, package_root(path, listing)).replace(os.sep, ".")
    return name.removesuffix(".__init__")
