"""Roots: the folders in which the absolute imports of a file are looked up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tflint_grad.project.files import Listing
from tflint_grad.source.discovery import DEFAULT_EXCLUDE

#: A folder with one of these is the top of a project.
MARKERS = frozenset(("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg"))
#: The top of a repository: no project reaches beyond it.
_REPOSITORY = frozenset((".git", ".hg"))
INSTALLED = frozenset(("site-packages", "dist-packages"))
#: How deep below the top of a repository its other projects are looked for, and in how many folders.
_SIBLING_DEPTH = 3
_MAX_SIBLING_FOLDERS = 500

Listings = Callable[[str], "Listing | None"]


class Root(NamedTuple):
    """A folder that modules are looked up in; with `only`, no package but that one."""

    folder: str
    only: str = ""


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


def index_roots(path: str, listing: Listings) -> list[str]:
    """The folders whose files may use a file, the widest first."""
    folders = project_folders(path, listing)
    if folders:
        return folders[::-1]
    root = package_root(path, listing)
    if is_shared(root) and root != os.path.dirname(path):
        return [os.path.join(root, _first_part(path, root))]
    return [root]


def search_path(path: str, listing: Listings, src: tuple[str, ...] = ()) -> list[Root]:
    """Where `import name` is looked up from a file, in order; the first that has the name wins.

    The folder that holds its outermost package, which for a script is its own folder; the
    configured roots; the folders above up to the project's top and that of its repository, each
    after its `src`. Of a folder that lies beyond the project, or holds what was installed, only
    the file's own package counts.
    """
    own = package_root(path, listing)
    tops = project_folders(path, listing)
    top = tops[-1] if tops else own
    inside = _is_below(own, top)
    beyond = os.path.basename(own) in INSTALLED or not inside
    found = [Root(own, _first_part(path, own) if beyond else "")]
    found += [Root(folder) for folder in src]
    if os.path.basename(own) not in INSTALLED:
        for folder in _upwards(own if inside else os.path.dirname(path), top):
            names = listing(folder) or {}
            if names.get("src") and not _is_package(os.path.join(folder, "src"), listing):
                found.append(Root(os.path.join(folder, "src")))
            if folder == top or "__init__.py" not in names:
                found.append(Root(folder))
    return list(dict.fromkeys(found))


def other_projects(path: str, listing: Listings) -> list[Root]:
    """The roots of the other projects in a file's repository, by path."""
    tops = project_folders(path, listing)
    if not tops or not _REPOSITORY & (listing(tops[-1]) or {}).keys():
        return []
    found: list[Root] = []
    folders, visited = [tops[-1]], 0
    for _ in range(_SIBLING_DEPTH):
        folders = [below for folder in folders for below in _folders_in(folder, listing)]
        for folder in folders:
            visited += 1
            if visited > _MAX_SIBLING_FOLDERS:
                return found
            names = listing(folder) or {}
            if MARKERS & names.keys() and folder not in tops:
                if names.get("src"):
                    found.append(Root(os.path.join(folder, "src")))
                found.append(Root(folder))
    return found


def module_name(path: str, listing: Listings) -> str:
    """The dotted name of a file by the packages that it lies in."""
    base = os.path.splitext(path)[0]
    name = os.path.relpath(base, package_root(path, listing)).replace(os.sep, ".")
    return name.removesuffix(".__init__")


def _upwards(folder: str, top: str) -> Iterator[str]:
    while _is_below(folder, top):
        yield folder
        if folder == top:
            return
        folder = os.path.dirname(folder)


def _is_below(folder: str, top: str) -> bool:
    return folder == top or folder.startswith(os.path.join(top, ""))


def _is_package(folder: str, listing: Listings) -> bool:
    return "__init__.py" in (listing(folder) or ())


def _folders_in(folder: str, listing: Listings) -> list[str]:
    """Folders that may hold a project: not hidden ones, virtual environments or packages."""
    entries = listing(folder) or {}
    if "pyvenv.cfg" in entries:
        return []
    return [
        os.path.join(folder, name)
        for name in sorted(entries)
        if entries[name] and name[0] != "." and name not in DEFAULT_EXCLUDE
    ]


def is_shared(folder: str) -> bool:
    """Whether a folder is known to hold things that have nothing to do with each other."""
    return (
        os.path.basename(folder) in INSTALLED
        or folder == os.path.dirname(folder)
        or folder in ("/tmp", os.path.expanduser("~"))
    )


def _first_part(path: str, root: str) -> str:
    """The name of the package or module below `root` that a file belongs to."""
    return os.path.splitext(os.path.relpath(path, root).partition(os.sep)[0])[0]
