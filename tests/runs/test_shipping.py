"""Which files go along to a machine that cannot see them: all that an import may find."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tflint_grad.config import UsageError
from tflint_grad.project import Project, Shipped
from tflint_grad.runs import shipping
from tflint_grad.runs.shipping import PLACEHOLDER, contents, root_of


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    for name, text in {
        "pyproject.toml": "[project]\n",
        "setup.py": "setup()\n",
        "trainer.py": "import pkg.nets\n",
        "pkg/__init__.py": "",
        "pkg/nets.py": "x = 1\n",
        "pkg/data/weights.bin": "\0" * 1000,
        "notebooks/first.ipynb": "{}",
        "notebooks/second.ipynb": "{}",
        ".git/HEAD": "ref",
        ".git/hooks/hook.py": "no",
        ".hidden/x.py": "no",
        "node_modules/y.py": "no",
        "env/pyvenv.cfg": "",
        "env/lib/z.py": "no",
        "services/api/pyproject.toml": "[project]\n",
        "services/api/src/api/__init__.py": "",
    }.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (top / "pkg" / "linked").symlink_to(top / "services", target_is_directory=True)
    (tmp_path / "outside.py").write_text("no")
    return top


def sent(root: Path, *asked: str) -> dict[str, bytes]:
    found = contents((str(root),), frozenset(str(root / name) for name in asked))
    return {
        os.path.relpath(path, root): data
        for path, data in found.items()
        if os.path.basename(path) != PLACEHOLDER
    }


def test_python_files_go_and_the_rest_stays(repository: Path) -> None:
    assert sent(repository) == {
        "pyproject.toml": b"",
        "setup.py": b"setup()\n",
        "trainer.py": b"import pkg.nets\n",
        "pkg/__init__.py": b"",
        "pkg/nets.py": b"x = 1\n",
        "services/api/pyproject.toml": b"",
        "services/api/src/api/__init__.py": b"",
    }


def test_what_was_asked_for_goes_wherever_it_lies(repository: Path) -> None:
    more = {"notebooks/first.ipynb", ".hidden/x.py", "env/lib/z.py"}
    assert set(sent(repository, *more)) - set(sent(repository)) == more
    gone = repository.parent / "outside.py"
    assert str(gone) not in contents((str(repository),), frozenset([str(gone)]))


@pytest.mark.parametrize("importer", ["trainer.py", "pkg/nets.py", "services/api/src/api/main.py"])
@pytest.mark.parametrize(
    "module", ["pkg", "pkg.nets", "pkg.data", "trainer", "notebooks", "api", "services", "gone"]
)
def test_imports_find_the_same_as_on_the_disk(repository: Path, importer: str, module: str) -> None:
    path = str(repository / importer)
    there = Project(Shipped(contents((str(repository),))))
    assert there.find(path, module) == Project().find(path, module)


def test_the_root_is_that_of_the_repository_or_of_the_package(
    repository: Path, tmp_path: Path
) -> None:
    project = Project()
    for name in ("trainer.py", "pkg/nets.py", "services/api/src/api/__init__.py"):
        assert root_of(str(repository / name), project) == str(repository)
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    assert root_of(str(scripts / "run.py"), project) == str(scripts)
    (scripts / "__init__.py").touch()
    assert root_of(str(scripts / "run.py"), Project()) == str(tmp_path)
    inner = scripts / "inner"
    inner.mkdir()
    (inner / "__init__.py").touch()
    (inner / "setup.py").touch()
    assert root_of(str(inner / "run.py"), Project()) == str(scripts)


def test_of_a_folder_that_many_things_share_only_its_own_files_go(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "is_shared", lambda folder: folder == str(repository))
    assert set(sent(repository)) == {"pyproject.toml", "setup.py", "trainer.py"}


def test_there_is_a_limit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="let them share the folder"):
        contents((str(repository),))
