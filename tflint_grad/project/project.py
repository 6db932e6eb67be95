"""A project: which file a module is, the text and outline of each file, and what was asked for."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.project import roots
from tflint_grad.project.files import Disk, Files, Listing
from tflint_grad.project.libraries import is_library
from tflint_grad.project.roots import Root
from tflint_grad.source import SourceText, source_from_bytes

if TYPE_CHECKING:
    import ast

    from tflint_grad.outline import Outline
    from tflint_grad.project.hierarchy import Found
    from tflint_grad.project.index import Index, IndexStore

#: Lines of files whose syntax is kept; 1.4 MiB for a thousand of them, since a third is executed
#: as well (tf-models-official). With a third as many again, 7 % of the parses would be spared.
MAX_KEPT_LINES = 45_000
#: Stands for the digest of a file that changed during the run: no file has it.
_CHANGED = "changed"


@dataclass
class Dependencies:
    """What the analysis of one file has looked at: plain data, for a cache to check.

    `files`: path to digest, None where nothing could be read. `probes`: path to what it was: file,
    folder or None. `queries`: question, path and what was asked about, with the answer.
    """

    files: dict[str, str | None] = field(default_factory=dict)
    probes: dict[str, str | None] = field(default_factory=dict)
    queries: dict[tuple[str, str, tuple[str, ...]], object] = field(default_factory=dict)


class Project:
    """The files around those that are linted; each is read once and outlined once.

    `src`: absolute folders that the configuration names as roots.
    """

    def __init__(
        self,
        files: Files | None = None,
        src: tuple[str, ...] = (),
        store: IndexStore | None = None,
    ) -> None:
        self.files: Files = files or Disk()
        self.src = src
        self._store = store
        self._listings: dict[str, Listing | None] = {}
        self._search: dict[str, list[Root]] = {}
        self._others: dict[str, list[Root]] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._module_names: dict[str, str] = {}
        self._index_roots: dict[str, list[str]] = {}
        self._overlay: dict[str, bytes] = {}
        self._digests: dict[str, str | None] = {}
        self._texts: dict[str, SourceText] = {}
        self._outlines: OrderedDict[str, Outline | None] = OrderedDict()
        self._lines = 0
        self._indexes: dict[str, Index] = {}
        self._seen: list[Dependencies] = []

    # --- what was depended on

    @contextmanager
    def recording(self) -> Iterator[Dependencies]:
        """Collect what is looked at within the block."""
        seen = Dependencies()
        self._seen.append(seen)
        try:
            yield seen
        finally:
            self._seen.remove(seen)

    def still_holds(self, seen: Dependencies) -> bool:
        """Whether everything that was looked at would look the same now."""
        return (
            all(self.kind(path) == kind for path, kind in seen.probes.items())
            and all(self.digest(path) == digest for path, digest in seen.files.items())
            and all(
                _plain(self._answer(question, path, tuple(about))) == _plain(answer)
                for (question, path, about), answer in seen.queries.items()
            )
        )

    def digest(self, path: str) -> str | None:
        """The digest of a file's content as this project has seen it first; None if unreadable."""
        if path not in self._digests:
            data = self._read(path)
            self._digests[path] = None if data is None else digest_of(data)
        return self._digests[path]

    def _depend_on(self, path: str, digest: str | None) -> None:
        for seen in self._seen:
            seen.files[path] = digest

    # --- files and folders

    def put(self, path: str, text: str | bytes) -> None:
        """Let a buffer stand for a file: of an editor, of standard input, of flake8."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        if path not in self._overlay and self.kind(path) != "file":
            for known in (self._found, self._module_names, self._index_roots):
                known.clear()  # a module that did not exist
        self._overlay[path] = data
        self._digests[path] = digest_of(data)
        self._texts.pop(path, None)
        self._keep(path, None)
        del self._outlines[path]
        for index in self._indexes.values():
            index.put(path, data)

    def _read(self, path: str) -> bytes | None:
        if path in self._overlay:
            return self._overlay[path]
        return self.files.read(path)

    def listing(self, folder: str) -> Listing | None:
        if folder not in self._listings:
            self._listings[folder] = self.files.listing(folder)
        return self._listings[folder]

    def kind(self, path: str) -> str | None:
        """`file`, `folder` or None; names are compared exactly, whatever the file system does."""
        found = self._kind(path)
        for seen in self._seen:
            seen.probes[path] = found
        return found

    def _kind(self, path: str) -> str | None:
        if path in self._overlay:
            return "file"
        folder, name = os.path.split(path)
        is_folder = (self.listing(folder) or {}).get(name)
        return None if is_folder is None else "folder" if is_folder else "file"

    # --- modules

    def is_library(self, module: str) -> bool:
        """Whether a dotted name is never of the project."""
        return is_library(module)

    def module_name(self, path: str) -> str:
        """The dotted name of a file by the packages that it lies in."""
        return self._asked("module_name", path, ())  # type: ignore[return-value]

    def find(self, importer: str, module: str, level: int = 0) -> str | None:
        """The file of `import module` or `from <level dots>module import …` in `importer`.

        The folder for a namespace package; None for what is not of the project.
        """
        if not level and (not module or is_library(module)):
            return None
        return self._asked("find", importer, (module, str(level)))  # type: ignore[return-value]

    def _find(self, importer: str, module: str, level: int) -> str | None:
        key = (_place(importer), module, level)
        if key not in self._found:
            self._found[key] = self._looked_up(importer, module, level)
        found = self._found[key]
        if found == importer and not level and "." not in module and not _is_init(importer):
            # `import wandb` in `wandb.py`: nobody means the file itself.
            return self._looked_up(importer, module, 0, besides=importer)
        return found

    def _looked_up(self, importer: str, module: str, level: int, besides: str = "") -> str | None:
        parts = module.split(".") if module else []
        if level:
            folder = os.path.dirname(importer)
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._below(folder, parts)
        if is_library(module):
            return None
        place = _place(importer)
        if place not in self._search:
            self._search[place] = roots.search_path(importer, self.listing, self.src)
        found = self._in_roots(self._search[place], parts, besides)
        if found is not None and self._kind(found) == "file":
            return found
        other = self._in_roots(self._other_projects(importer), parts, besides)
        return other if other is not None and self._kind(other) == "file" else found or other

    def _other_projects(self, importer: str) -> list[Root]:
        tops = roots.project_folders(importer, self.listing)
        key = tops[0] if tops else ""
        if key not in self._others:
            self._others[key] = roots.other_projects(importer, self.listing) if key else []
        return self._others[key]

    def _in_roots(self, search: list[Root], parts: list[str], besides: str) -> str | None:
        """A package or module of the first root that has one; else a namespace package."""
        namespace = None
        for root, only in search:
            if only and only != parts[0]:
                continue
            first = os.path.join(root, parts[0])
            if self._kind(f"{first}.py") == "file" or self._is_package(first):
                found = self._below(root, parts)
                if found != besides:
                    return found
                continue
            found = self._below(root, parts) if self._kind(first) == "folder" else None
            if found is not None and self._kind(found) == "file":
                return found
            namespace = namespace or found
        return namespace

    def _is_package(self, folder: str) -> bool:
        return self._kind(os.path.join(folder, "__init__.py")) == "file"

    def _below(self, folder: str, parts: list[str]) -> str | None:
        path = os.path.join(folder, *parts)
        if self._is_package(path):
            return os.path.join(path, "__init__.py")
        if parts and self._kind(f"{path}.py") == "file":
            return f"{path}.py"
        return path if self._kind(path) == "folder" else None

    # --- texts and outlines

    def source(self, path: str) -> SourceText | None:
        """The text of a file, whatever it holds; None where it cannot be read as Python."""
        data = self._read(path)
        digest = None if data is None else digest_of(data)
        if self._digests.setdefault(path, digest) != digest:
            # It changed during the run: half of it may be in what has been found already.
            data, digest = None, _CHANGED
        self._depend_on(path, digest)
        try:
            return None if data is None else source_from_bytes(data, path, prefilter=False)
        except Unreadable:
            return None

    def text(self, path: str) -> SourceText | None:
        """The same without its bytes, once for all findings that name the file."""
        known = self._texts.get(path)
        if known is None:
            source = self.source(path)
            if source is None:
                return None
            known = self._texts[path] = replace(source, data=b"")
        else:
            self._depend_on(path, self.digest(path))
        return known

    def outline(self, path: str) -> Outline | None:
        """The outline of a file that another one imports; None where it cannot be read."""
        from tflint_grad.outline import shallow_outline

        if path in self._outlines:
            self._outlines.move_to_end(path)
            self._depend_on(path, self.digest(path))
            return self._outlines[path]
        source = self.source(path)
        outline = None
        if source is not None:
            try:
                outline = shallow_outline(source)
            except Unreadable:
                outline = None
        self._keep(path, outline)
        return outline

    def outline_to_mark(self, source: SourceText, tree: ast.Module | None = None) -> Outline:
        """The outline of a file that is analysed itself, and shares its syntax with what others see.

        Raises:
            Unreadable: as `shallow_outline` does.
        """
        from tflint_grad.outline import lines_of, shallow_outline

        path = source.filename
        known = self._outlines.get(path)
        if known is not None and known.lines == lines_of(source.text):
            return known.unmarked()
        found = shallow_outline(source, tree)
        if tree is not None or not source.data:
            return found  # a tree of flake8's has been written into by other plugins
        digest = digest_of(source.data)
        if self._digests.setdefault(path, digest) != digest:
            return found
        self._keep(path, found)
        return found.unmarked()

    def imported_outline(self, importer: str, module: str, level: int) -> Outline | None:
        """The outline of the file that `from <level dots>module import …` imports from."""
        path = self.find(importer, module, level)
        return None if path is None or not path.endswith(".py") else self.outline(path)

    def _keep(self, path: str, outline: Outline | None) -> None:
        before = self._outlines.pop(path, None)
        self._lines -= 0 if before is None else len(before.lines)
        self._outlines[path] = outline
        self._lines += 0 if outline is None else len(outline.lines)
        while self._lines > MAX_KEPT_LINES and len(self._outlines) > 1:
            _, oldest = self._outlines.popitem(last=False)
            self._lines -= 0 if oldest is None else len(oldest.lines)

    # --- who uses what

    def importers(self, path: str, names: frozenset[str]) -> tuple[str, ...]:
        """Files that import the module at `path`, or one of `names`, and mention one of `names`.

        Nearest folder first, then by path; at most `index.MAX_IMPORTERS`.
        """
        return self._asked("importers", path, tuple(sorted(names)))  # type: ignore[return-value]

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[Found, ...]:
        """The classes of the project around `path` that have all `members`, with their bases.

        Nearest folder first, then by path and name; at most `index.MAX_CLASSES`. Bases, own and
        inherited, are looked up by name alone: there may be fewer, hardly ever more.
        """
        about = tuple(sorted(members))
        return self._asked("classes_with", path, about)  # type: ignore[return-value]

    def _asked(self, question: str, path: str, about: tuple[str, ...]) -> object:
        answer = self._answer(question, path, about)
        for seen in self._seen:
            seen.queries[question, path, about] = answer
        return answer

    def _answer(self, question: str, path: str, about: tuple[str, ...]) -> object:
        match question:
            case "find":
                return self._find(path, about[0], int(about[1]))
            case "module_name":
                if path not in self._module_names:
                    self._module_names[path] = roots.module_name(path, self.listing)
                return self._module_names[path]
            case "importers":
                return self.index_of(path).importers(path, frozenset(about))
            case "classes_with":
                return self.index_of(path).classes_with(path, frozenset(about))
        return None  # asked by a version that knew more

    def index_of(self, path: str) -> Index:
        """The index of the widest folder around a file that can be looked at as a whole.

        Its repository, else its project, else its package; the narrowest of these if all are too
        large.
        """
        if path not in self._index_roots:
            self._index_roots[path] = roots.index_roots(path, self.listing)
        for root in self._index_roots[path]:
            if root not in self._indexes:
                self._indexes[root] = self._new_index(root)
            if not self._indexes[root].is_partial:
                break
        return self._indexes[root]

    def _new_index(self, root: str) -> Index:
        from tflint_grad.project.index import Index

        def find(importer: str, module: str) -> str | None:
            name = module.lstrip(".")
            return self._find(importer, name, len(module) - len(name))

        index = Index(root, self.files, self.listing, self._read, find, self._store)
        for path, data in self._overlay.items():
            index.put(path, data)
        return index


def _is_init(path: str) -> bool:
    return os.path.basename(path) == "__init__.py"


@lru_cache(maxsize=4096)
def _place(importer: str) -> str:
    """What decides where the imports of a file are looked up: its folder, with one exception."""
    folder = os.path.dirname(importer)
    return importer if os.path.basename(folder) in roots.INSTALLED else folder


def digest_of(data: bytes) -> str:
    import hashlib  # loads OpenSSL: only for files that matter

    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _plain(answer: object) -> object:
    """An answer as JSON gives it back: lists where there were tuples."""
    return [_plain(part) for part in answer] if isinstance(answer, (tuple, list)) else answer
