"""A project: which file a module is, the text and outline of each file, and what was asked for."""

from __future__ import annotations

import hashlib
import os
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.project import roots
from tflint_grad.project.files import Disk, Files, Listing
from tflint_grad.source import SourceText, source_from_bytes

if TYPE_CHECKING:
    from tflint_grad.outline import Outline
    from tflint_grad.project.index import Index, IndexStore

#: Names that always mean the library, also where a file of the project has the same name.
LIBRARIES = frozenset(
    ("tensorflow", "keras", "tf_keras", "tensorflow_probability", "numpy", "scipy", "jax", "torch")
)
_ALWAYS_LIBRARIES = LIBRARIES | sys.stdlib_module_names
#: Lines of other files whose syntax is kept; about 3.5 MiB for a thousand of them when parsed.
MAX_KEPT_LINES = 15_000


@dataclass
class Dependencies:
    """What the analysis of one file has looked at: plain data, for a cache to check.

    `files`: path to digest, None where nothing could be read. `probes`: path to what it was: file,
    folder or None. `queries`: question, path, names and answer.
    """

    files: dict[str, str | None] = field(default_factory=dict)
    probes: dict[str, str | None] = field(default_factory=dict)
    queries: list[tuple[str, str, tuple[str, ...], object]] = field(default_factory=list)


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
        self._search: dict[str, list[str]] = {}
        self._overlay: dict[str, bytes] = {}
        self._digests: dict[str, str | None] = {}
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
                _plain(self._ask(question, path, frozenset(names))) == _plain(answer)
                for question, path, names, answer in seen.queries
            )
        )

    def digest(self, path: str) -> str | None:
        """The digest of a file's content as this project has seen it first; None if unreadable."""
        if path not in self._digests:
            data = self._read(path)
            self._digests[path] = None if data is None else digest_of(data)
        return self._digests[path]

    # --- files and folders

    def put(self, path: str, text: str | bytes) -> None:
        """Let a buffer stand for a file: of an editor, of standard input, of flake8."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        self._overlay[path] = data
        self._digests[path] = digest_of(data)
        self._outlines.pop(path, None)

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
        if path in self._overlay:
            found = "file"
        else:
            folder, name = os.path.split(path)
            entry = (self.listing(folder) or {}).get(name)
            found = None if entry is None else "folder" if entry else "file"  # type: ignore[assignment]
        for seen in self._seen:
            seen.probes[path] = found
        return found

    # --- modules

    def is_library(self, module: str) -> bool:
        """Whether a dotted name is never of the project."""
        return module.partition(".")[0] in _ALWAYS_LIBRARIES

    def module_name(self, path: str) -> str:
        return roots.module_name(path, self.listing)

    def find(self, importer: str, module: str, level: int = 0) -> str | None:
        """The file of `import module` or `from <level dots>module import …` in `importer`.

        The folder for a namespace package; None for what is not of the project.
        """
        parts = module.split(".") if module else []
        if level:
            folder = os.path.dirname(importer)
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._below(folder, parts)
        if not parts or self.is_library(module):
            return None
        namespace = None
        for root in self._search_path(importer):
            if os.path.basename(root) in roots.INSTALLED and not self._is_sibling(
                importer, root, parts[0]
            ):
                continue
            first = os.path.join(root, parts[0])
            if (
                self.kind(f"{first}.py") == "file"
                or self.kind(os.path.join(first, "__init__.py")) == "file"
            ):
                return self._below(root, parts)
            found = self._below(root, parts) if self.kind(first) == "folder" else None
            if found is not None and self.kind(found) == "file":
                return found
            namespace = namespace or found
        return namespace

    def _is_sibling(self, importer: str, root: str, package: str) -> bool:
        """Installed packages are not followed, but one may follow its own files."""
        return os.path.relpath(importer, root).partition(os.sep)[0] == package

    def _search_path(self, importer: str) -> list[str]:
        folder = os.path.dirname(importer)
        if folder not in self._search:
            self._search[folder] = roots.search_path(importer, self.listing, self.src)
        return self._search[folder]

    def _below(self, folder: str, parts: list[str]) -> str | None:
        path = os.path.join(folder, *parts)
        if parts:
            package = os.path.join(path, "__init__.py")
            if self.kind(package) == "file":
                return package
            if self.kind(f"{path}.py") == "file":
                return f"{path}.py"
        else:
            package = os.path.join(path, "__init__.py")
            if self.kind(package) == "file":
                return package
        return path if self.kind(path) == "folder" else None

    # --- texts and outlines

    def source(self, path: str) -> SourceText | None:
        """The text of a file, whatever it holds; None where it cannot be read as Python."""
        data = self._read(path)
        digest = None if data is None else digest_of(data)
        self._digests.setdefault(path, digest)
        for seen in self._seen:
            seen.files[path] = self._digests[path]
        try:
            return None if data is None else source_from_bytes(data, path, prefilter=False)
        except Unreadable:
            return None

    def outline(self, path: str) -> Outline | None:
        """The outline of a file that another one imports; None where it cannot be read."""
        from tflint_grad.outline import shallow_outline

        if path in self._outlines:
            self._outlines.move_to_end(path)
            for seen in self._seen:
                seen.files[path] = self.digest(path)
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

    def _keep(self, path: str, outline: Outline | None) -> None:
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
        return self._asked("importers", path, names)  # type: ignore[return-value]

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """File and name of the classes of the project around `path` that have all `members`."""
        return self._asked("classes_with", path, members)  # type: ignore[return-value]

    def _asked(self, question: str, path: str, names: frozenset[str]) -> object:
        answer = self._ask(question, path, names)
        for seen in self._seen:
            seen.queries.append((question, path, tuple(sorted(names)), answer))
        return answer

    def _ask(self, question: str, path: str, names: frozenset[str]) -> object:
        index = self.index_of(path)
        if question == "importers":
            module = self.module_name(path).rpartition(".")[2]
            return index.importers(path, module, names)
        return index.classes_with(path, names)

    def index_of(self, path: str) -> Index:
        """The index of the project around a file."""
        from tflint_grad.project.index import Index

        folders = roots.project_folders(path, self.listing)
        root = folders[-1] if folders else roots.package_root(path, self.listing)
        if root not in self._indexes:
            self._indexes[root] = Index(root, self.files, self._read, self._store)
        return self._indexes[root]


def digest_of(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _plain(answer: object) -> object:
    """An answer as JSON gives it back: lists where there were tuples."""
    return [_plain(part) for part in answer] if isinstance(answer, (tuple, list)) else answer
