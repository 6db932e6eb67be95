"""Which files a run finds: what git ignores and what is not the user's own code is left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.source.discovery import find_files

Found = Callable[..., list[str]]


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    monkeypatch.chdir(tmp_path)
    settings = SettingsFinder(isolated=True)

    def find(*paths: str, force_exclude: bool = False) -> list[str]:
        def excluded(path: str) -> bool:
            return settings.for_path(path).excludes(path)

        return sorted(find_files(paths or (".",), excluded, force_exclude=force_exclude))

    return find


def test_python_files_and_notebooks_are_found_below_folders(found: Found) -> None:
    touch("a.py", "pkg/b.py", "pkg/deep/c.ipynb", "pkg/readme.md", "pkg/gui.pyw")
    assert found() == ["a.py", "pkg/b.py", "pkg/deep/c.ipynb", "pkg/gui.pyw"]
    assert found("pkg") == ["pkg/b.py", "pkg/deep/c.ipynb", "pkg/gui.pyw"]


def test_foreign_folders_are_left_out(found: Found) -> None:
    touch(
        "a.py", ".hidden/b.py", "node_modules/c.py", "build/d.py", "dist/e.py", "__pycache__/f.py"
    )
    touch("myenv/pyvenv.cfg", "myenv/lib/g.py", "x/site-packages/h.py")
    assert found() == ["a.py"]


def test_a_folder_given_by_name_is_walked_whatever_it_is_called(found: Found) -> None:
    touch("build/d.py", ".hidden/b.py")
    assert found("build", ".hidden") == [".hidden/b.py", "build/d.py"]


def test_gitignore_is_respected_at_every_level(found: Found) -> None:
    touch(
        "a.py",
        "gen_a.py",
        "out/b.py",
        "pkg/gen_keep.py",
        "pkg/c.py",
        "pkg/sub/c.py",
        "pkg/local.py",
    )
    Path(".gitignore").write_text("gen_*.py\n/out/\n# a comment\n")
    Path("pkg/.gitignore").write_text("!gen_keep.py\n/local.py\n")
    assert found() == ["a.py", "pkg/c.py", "pkg/gen_keep.py", "pkg/sub/c.py"]


def test_ignore_files_above_count_within_a_repository_only(found: Found) -> None:
    touch("pkg/a.py", "pkg/gen.py")
    Path(".gitignore").write_text("gen.py\n")
    assert found("pkg") == ["pkg/a.py", "pkg/gen.py"]
    Path(".git/info").mkdir(parents=True)
    Path(".git/info/exclude").write_text("a.py\n")
    assert found("pkg") == []


def test_an_ignored_folder_given_by_name_is_walked(found: Found) -> None:
    Path(".git").mkdir()
    touch("out/a.py")
    Path(".gitignore").write_text("out/\n")
    assert found() == []
    assert found("out") == ["out/a.py"]
    assert found("out", force_exclude=True) == []


def test_a_file_given_by_name_is_found_unless_excludes_are_forced(found: Found) -> None:
    touch("build/a.py", ".hidden/b.py", "script", "pkg/c.py")
    names = ["build/a.py", ".hidden/b.py", "script", "pkg/c.py"]
    assert found(*names) == sorted(names)
    assert found(*names, force_exclude=True) == ["pkg/c.py", "script"]


def test_the_names_of_folders_above_the_project_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Found
) -> None:
    touch("build/project/a.py")
    monkeypatch.chdir(tmp_path / "build" / "project")
    assert found("a.py", force_exclude=True) == ["a.py"]
    assert found() == ["a.py"]


def test_loops_of_links_end_and_files_come_once(found: Found) -> None:
    touch("pkg/a.py")
    os.symlink(".", "pkg/loop")
    os.symlink("a.py", "pkg/again.py")
    os.symlink("gone.py", "pkg/dangling.py")
    os.symlink("a.py/b", "pkg/broken.py")
    assert found() == ["pkg/a.py"]
    assert found("pkg/a.py", "pkg", ".") == ["pkg/a.py"]


def test_what_is_no_regular_file_is_left_alone(found: Found) -> None:
    touch("a.py")
    os.mkfifo("pipe.py")
    assert found() == ["a.py"]


def test_broken_patterns_are_ignored(found: Found) -> None:
    touch("a.py")
    Path(".gitignore").write_text("!\n[\n***\n")
    assert found() == ["a.py"]


def test_a_folder_that_cannot_be_listed_is_told_where_it_was_asked_for(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch("a.py", "locked/b.py")
    scandir = os.scandir

    def refuse(folder: str) -> object:
        if os.path.basename(folder) == "locked":
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found() == ["a.py"]
    assert found("locked") == ["locked"]
