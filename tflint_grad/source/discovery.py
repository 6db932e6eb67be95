"""Which files a run reads: the paths given, directories walked, what git ignores left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".py", ".pyw", ".ipynb")
#: Directories that hold other people's or generated code; hidden ones are left out as well.
DEFAULT_EXCLUDE = (
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
)

#: Tells whether the user's settings leave out a path, absolute (a directory or a file).
Excluded = Callable[[str], bool]


@dataclass(frozen=True)
class Rules:
    """The patterns of one `.gitignore`, which hold below its folder."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: ignored; False: taken back by `!`; None: not spoken of."""
        relative = os.path.relpath(path, self.folder).replace(os.sep, "/")
        return self.spec.check_file(relative + "/" if is_folder else relative).include


def find_files(
    paths: Sequence[str], excluded: Excluded, *, force_exclude: bool = False
) -> Iterator[str]:
    """The files to lint below `paths`, each once, named as the user would name them.

    A file that is given by name is linted whatever it is called and wherever it lies, unless
    `force_exclude` (pre-commit passes every file by name). So is a folder that cannot be listed, for
    which reading it tells why; below a folder these are left out. The paths must exist.
    """
    seen: set[str] = set()
    for path in paths:
        for name in _below(path, excluded, force_exclude):
            real = os.path.realpath(name)
            if real not in seen:
                seen.add(real)
                yield name


def _below(path: str, excluded: Excluded, force_exclude: bool) -> Iterator[str]:
    absolute = os.path.abspath(path)
    if force_exclude and _left_out_above(absolute, excluded):
        return
    if not os.path.isdir(path):
        yield path
        return
    rules = _rules_above(absolute)
    if _ignored(absolute, True, rules):
        rules = []  # asked for by name: what lies outside does not count
    prefix = "" if path in (".", "./") else path
    yield from _walk(absolute, prefix, excluded, rules)


def _walk(folder: str, shown: str, excluded: Excluded, rules: Sequence[Rules]) -> Iterator[str]:
    """Depth first, sorted by name; links to folders are not followed, so there are no loops."""
    top = folder
    stack = [(folder, shown, rules)]
    while stack:
        folder, shown, rules = stack.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            if folder == top:
                yield shown or "."
            continue
        if any(entry.name == ".gitignore" for entry in entries):
            rules = [*rules, *_rules_in(os.path.join(folder, ".gitignore"), folder)]
        below: list[tuple[str, str, Sequence[Rules]]] = []
        for entry in entries:
            path = os.path.join(folder, entry.name)
            name = os.path.join(shown, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if not (_is_foreign(path) or excluded(path) or _ignored(path, True, rules)):
                    below.append((path, name, rules))
            elif (
                entry.name.endswith(SUFFIXES)
                and os.path.isfile(path)  # entry.is_file() raises on some links
                and not excluded(path)
                and not _ignored(path, False, rules)
            ):
                yield name
        stack += reversed(below)


def _left_out_above(absolute: str, excluded: Excluded) -> bool:
    """Whether walking the current folder would leave out a path that was given by name."""
    rules = _rules_above(absolute)
    if _ignored(absolute, os.path.isdir(absolute), rules) or excluded(absolute):
        return True
    # What the folders above the project are called says nothing about it.
    top = os.getcwd()
    folder = os.path.dirname(absolute)
    while folder != top and folder.startswith(top.rstrip(os.sep) + os.sep):
        if _is_foreign(folder) or excluded(folder):
            return True
        folder = os.path.dirname(folder)
    return False


def _is_foreign(folder: str) -> bool:
    """A hidden folder or a virtual environment."""
    hidden = os.path.basename(folder).startswith(".")
    return hidden or os.path.exists(os.path.join(folder, "pyvenv.cfg"))


def _ignored(path: str, is_folder: bool, rules: Sequence[Rules]) -> bool:
    for rule in reversed(rules):  # the nearest file has the last word, as in git
        verdict = rule.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def _rules_above(absolute: str) -> list[Rules]:
    """The ignore files of the folders above, outermost first, up to the root of the repository."""
    found: list[Rules] = []
    folder = os.path.dirname(absolute)
    inner = absolute
    while not os.path.exists(os.path.join(inner, ".git")):
        found = [*_rules_in(os.path.join(folder, ".gitignore"), folder), *found]
        if folder == os.path.dirname(folder):
            return []  # not in a repository: nobody's ignore files reach this far
        inner, folder = folder, os.path.dirname(folder)
    return [*_rules_in(os.path.join(inner, ".git", "info", "exclude"), inner), *found]


def _rules_in(path: str, folder: str) -> list[Rules]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return []
    from pathspec import GitIgnoreSpec  # imported only where there is something to ignore

    try:
        return [Rules(folder, GitIgnoreSpec.from_lines(lines))]
    except ValueError:
        return []  # git leaves out a broken pattern without a word, too


def relative(filename: str) -> str:
    """A file's name relative to the current folder where it lies below it."""
    if not os.path.isabs(filename):
        return filename
    path = os.path.relpath(filename)
    return filename if path.startswith(os.pardir) else path
