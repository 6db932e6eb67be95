"""Bytes on disk that may be gone, damaged or foreign at any time: whatever is wrong is a miss."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import zlib
from dataclasses import dataclass

_LAYOUT = "v1"
_MAGIC = b"tflint-grad 1\n"
_DIGEST_BYTES = 16
#: Nothing that is unpacked is larger: a damaged length must not fill the memory.
_MOST_UNPACKED = 256_000_000
_DAY = 24 * 3600.0
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of tflint-grad.\n"


@dataclass(frozen=True)
class Store:
    """Entries below a folder, by key; many processes may use it at once.

    Args:
        folder: an absolute path; made when it is first written to.
        shards: how many folders the entries are spread over, a power of 16.
        limit: bytes of all entries; a shard that outgrows its share loses what was used least
            recently. Looked after once in sixteen writes, so it may be passed by as much.
    """

    folder: str
    shards: int = 16
    limit: int = 256_000_000

    def load(self, key: str) -> bytes | None:
        """What was saved under the key; None where that is not there, or not as it was saved."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                content = file.read()
                used = os.fstat(file.fileno()).st_mtime
        except (OSError, ValueError):
            return None
        start = len(_MAGIC) + _DIGEST_BYTES
        packed = content[start:]
        if content[:start] != _MAGIC + _checksum(key, packed):
            return None
        try:
            unpacked = zlib.decompressobj().decompress(packed, _MOST_UNPACKED)
        except zlib.error:
            return None
        if time.time() - used > _DAY:
            with contextlib.suppress(OSError):
                os.utime(path)
        return unpacked

    def save(self, key: str, data: bytes) -> None:
        """Keep the bytes, if that is possible; who reads meanwhile sees the old ones or the new."""
        path = self._path(key)
        packed = zlib.compress(data, 1)
        if len(packed) > self._share // 4:
            return
        unfinished = f"{path}.{os.getpid()}.{time.monotonic_ns():x}.tmp"
        try:
            self._make_folder(os.path.dirname(path))
            with open(unfinished, "xb") as file:
                file.write(_MAGIC + _checksum(key, packed) + packed)
            os.replace(unfinished, path)
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.unlink(unfinished)
            return
        if self.shards == 1 or _hashed(key)[4] == "0":
            self._prune(os.path.dirname(path))

    @property
    def _share(self) -> int:
        return self.limit // self.shards

    def _path(self, key: str) -> str:
        name = _hashed(key)
        digits = len(f"{self.shards - 1:x}") if self.shards > 1 else 0
        return os.path.join(self.folder, _LAYOUT, name[:digits] or "all", f"{name}.entry")

    def _make_folder(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # For backup programs and git: nothing in here is worth keeping.
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            path = os.path.join(self.folder, name)
            with contextlib.suppress(FileExistsError), open(path, "x", encoding="ascii") as file:
                file.write(text)

    def _prune(self, folder: str) -> None:
        """Drop the entries used least recently until three quarters of the share are left."""
        entries = []
        with contextlib.suppress(OSError), os.scandir(folder) as scan:
            for entry in scan:
                if entry.name.endswith((".entry", ".tmp")):
                    with contextlib.suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        entries.append((found.st_mtime, found.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        if total <= self._share:
            return
        for _, size, path in sorted(entries):
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size
            if total <= self._share * 3 // 4:
                return


def _hashed(key: str) -> str:
    from hashlib import blake2b  # loads OpenSSL: only for files that matter

    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _checksum(key: str, packed: bytes) -> bytes:
    """Over the key, too: an entry under another one's name is none."""
    from hashlib import blake2b

    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES)
    digest.update(packed)
    return digest.digest()


def default_folder() -> str | None:
    """The platform's folder for caches, with our name; None where the user has no home."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or ""
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(base, "tflint-grad") if os.path.isabs(base) else None
