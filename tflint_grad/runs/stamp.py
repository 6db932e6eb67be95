"""What besides the code that is linted decides what is found: who we are and what we run on."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator

from tflint_grad import __version__


@functools.cache
def stamp() -> str:
    """A digest of this package's files, of libcst's version and of Python's.

    The files themselves and not only our version: so a change of the linter, or of what it knows,
    is seen before it has a new version. They are read once a process (some milliseconds).
    """
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    python = (sys.implementation.name, *sys.version_info[:3])
    for part in (__version__, *map(str, python)):
        digest.update(part.encode() + b"\0")
    for path in (*_own_files(), *_libcst_version()):
        digest.update(os.path.basename(path).encode() + b"\0")
        try:
            with open(path, "rb") as file:
                digest.update(file.read())
        except OSError:
            digest.update(b"missing")
    return digest.hexdigest()


def _own_files() -> Iterator[str]:
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder, names, files in os.walk(top):
        names.sort()
        for name in sorted(files):
            if name.endswith((".py", ".json")):
                yield os.path.join(folder, name)


def _libcst_version() -> Iterator[str]:
    """The file that holds libcst's version: to import it would cost more than a whole run."""
    import importlib.util

    found = importlib.util.find_spec("libcst")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        yield os.path.join(folder, "_version.py")
