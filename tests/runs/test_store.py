"""The cache on disk: what is damaged, foreign or gone is a miss, and it does not grow for ever."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tflint_grad.runs.store import Store, default_folder

DATA = b"found: " + bytes(range(256))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "cache"))


def entries(store: Store) -> list[Path]:
    return sorted(Path(store.folder).rglob("*.entry"))


def test_what_was_saved_is_there_until_it_is_saved_anew(store: Store) -> None:
    assert store.load("key") is None
    store.save("key", DATA)
    store.save("other", b"")
    assert (store.load("key"), store.load("other"), store.load("third")) == (DATA, b"", None)
    store.save("key", b"new")
    assert store.load("key") == b"new"


def test_every_damage_is_a_miss(store: Store) -> None:
    store.save("key", DATA)
    (path,) = entries(store)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert store.load("key") is None
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert store.load("key") is None
    for other in (b"", b"\0" * len(whole), whole + b"\n", whole * 2, os.urandom(5000)):
        path.write_bytes(other)
        assert store.load("key") is None
    store.save("key", DATA)
    assert store.load("key") == DATA


def test_an_entry_under_the_name_of_another_key_is_a_miss(store: Store) -> None:
    store.save("key", DATA)
    (path,) = entries(store)
    store.save("other", b"something else")
    (other,) = set(entries(store)) - {path}
    os.replace(path, other)
    assert (store.load("key"), store.load("other")) == (None, None)


def test_what_is_no_file_is_a_miss(store: Store, tmp_path: Path) -> None:
    store.save("key", DATA)
    (path,) = entries(store)
    path.unlink()
    path.mkdir()
    assert store.load("key") is None
    store.save("key", DATA)  # cannot be written: not an error
    assert store.load("key") is None
    path.rmdir()
    path.symlink_to(path)
    assert store.load("key") is None
    store.save("key", DATA)  # replaces the link
    assert store.load("key") == DATA
    assert Store(str(tmp_path / "a\0b")).load("key") is None
    Store(str(tmp_path / "a\0b")).save("key", DATA)


def test_a_folder_that_cannot_be_made_or_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(str(tmp_path / "file" / "cache"))
    store.save("key", DATA)
    assert store.load("key") is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_cache_is_read(store: Store) -> None:
    store.save("key", DATA)
    folders = [path for path in Path(store.folder).rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o500)
    try:
        store.save("key", b"new")
        store.save("other", b"new")
        assert (store.load("key"), store.load("other")) == (DATA, None)
    finally:
        for folder in folders:
            folder.chmod(0o700)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("step", ["open", "write", "replace", "makedirs"])
def test_a_full_disk_leaves_what_was_there_and_nothing_half_done(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: int, step: str
) -> None:
    store.save("key", DATA)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    class Full:
        """A file that takes no byte."""

        def __init__(self, path: str, *_: object, **__: object) -> None:
            Path(path).touch()

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        write = staticmethod(refuse)

    with monkeypatch.context() as patch:
        if step in ("open", "write"):
            patch.setattr("builtins.open", refuse if step == "open" else Full)
        else:
            patch.setattr(os, step, refuse)
        store.save("key", b"new")
        store.save("other key in another folder", b"new")
    assert store.load("key") == (b"new" if step == "makedirs" else DATA)
    assert list(Path(store.folder).rglob("*.tmp")) == []


def test_it_stays_within_its_limit_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    store = Store(str(tmp_path), shards=1, limit=100_000)
    last_year = time.time() - 365 * 24 * 3600
    for number in range(20):
        store.save(f"key {number}", os.urandom(4000))
    for path in entries(store):
        os.utime(path, (last_year, last_year))
    assert store.load("key 3") is not None  # and so it is used now
    for number in range(20, 30):
        store.save(f"key {number}", os.urandom(4000))
        assert sum(path.stat().st_size for path in entries(store)) <= 100_000
    assert store.load("key 3") is not None
    assert store.load("key 29") is not None
    assert sum(store.load(f"key {number}") is None for number in range(20)) >= 5


def test_many_small_shards_stay_near_their_limit(tmp_path: Path) -> None:
    store = Store(str(tmp_path), shards=16, limit=320_000)
    for number in range(2000):
        store.save(f"key {number}", os.urandom(1000))
    assert sum(path.stat().st_size for path in entries(store)) <= 1.5 * 320_000


def test_what_would_fill_a_quarter_of_its_shard_is_not_kept(tmp_path: Path) -> None:
    store = Store(str(tmp_path), shards=1, limit=100_000)
    store.save("key", os.urandom(30_000))
    assert store.load("key") is None


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path), shards=1, limit=50_000)
    store.save("key", b"")
    (path,) = entries(store)
    theirs = path.parent / "notes.txt"
    theirs.write_text("x" * 100_000)
    os.utime(theirs, (0, 0))
    for number in range(100):
        store.save(f"key {number}", os.urandom(2000))
    assert theirs.exists()


def test_many_processes_may_use_it_at_once(tmp_path: Path) -> None:
    """Each writes all keys again and again, and never reads what nobody wrote."""
    program = (
        "import sys; from tflint_grad.runs.store import Store\n"
        f"store = Store({str(tmp_path)!r}, shards=1, limit=60_000)\n"
        "for turn in range(60):\n"
        "    for key in 'abcdef':\n"
        "        data = store.load(key)\n"
        "        assert data is None or len(set(data)) == 1 and len(data) == 3000, data\n"
        "        store.save(key, sys.argv[1].encode() * 3000)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, name], stderr=subprocess.PIPE)
        for name in "xyz"
    ]
    for process in running:
        assert process.communicate()[1] == b""
        assert process.returncode == 0
    store = Store(str(tmp_path), shards=1, limit=60_000)
    assert all(store.load(key) is not None for key in "abcdef")
    assert list(tmp_path.rglob("*.tmp")) == []


def test_backups_and_git_pass_it_by(store: Store) -> None:
    store.save("key", DATA)
    tag = (Path(store.folder) / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (Path(store.folder) / ".gitignore").read_text() == "*\n"


@pytest.mark.skipif(sys.platform != "linux", reason="where it is differs by platform")
def test_the_platforms_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert default_folder() == "/var/cache/me/tflint-grad"
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == "/home/me/.cache/tflint-grad"
    monkeypatch.setenv("HOME", "nowhere")
    assert default_folder() is None
