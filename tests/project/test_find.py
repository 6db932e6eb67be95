"""Which file an import means, seen from the file that holds it."""

from __future__ import annotations

import os

import pytest

from tests.project.conftest import Tree
from tflint_grad.project import Project, Shipped

# Each case: the files, the importer, the dots, the module, and the file that is meant.
CASES = {
    "a module beside a script": (
        ["train.py", "losses.py"],
        ("train.py", 0, "losses", "losses.py"),
    ),
    "a package beside a script": (
        ["train.py", "nets/__init__.py", "nets/gan.py"],
        ("train.py", 0, "nets", "nets/__init__.py"),
        ("train.py", 0, "nets.gan", "nets/gan.py"),
    ),
    "a namespace package beside a script": (
        ["train.py", "nets/gan.py"],
        ("train.py", 0, "nets", "nets"),
        ("train.py", 0, "nets.gan", "nets/gan.py"),
    ),
    "a package goes before a module of the same name": (
        ["train.py", "nets.py", "nets/__init__.py"],
        ("train.py", 0, "nets", "nets/__init__.py"),
    ),
    "a module goes before a namespace package of the same name": (
        ["train.py", "nets.py", "nets/gan.py"],
        ("train.py", 0, "nets", "nets.py"),
    ),
    "a package knows itself by its full name": (
        ["lib/__init__.py", "lib/a/__init__.py", "lib/a/b.py", "lib/c.py"],
        ("lib/a/b.py", 0, "lib.c", "lib/c.py"),
        ("lib/a/b.py", 0, "lib", "lib/__init__.py"),
        ("lib/a/b.py", 0, "c", None),
    ),
    "relative imports count folders": (
        ["lib/__init__.py", "lib/a/__init__.py", "lib/a/b.py", "lib/c.py", "lib/a/d.py"],
        ("lib/a/b.py", 1, "", "lib/a/__init__.py"),
        ("lib/a/b.py", 1, "d", "lib/a/d.py"),
        ("lib/a/b.py", 2, "c", "lib/c.py"),
        ("lib/a/__init__.py", 1, "d", "lib/a/d.py"),
        ("lib/a/b.py", 2, "a", "lib/a/__init__.py"),
    ),
    "a src layout is seen from the tests": (
        ["pyproject.toml", "src/lib/__init__.py", "src/lib/ops.py", "tests/test_ops.py"],
        ("tests/test_ops.py", 0, "lib.ops", "src/lib/ops.py"),
    ),
    "the folders up to the top of the project": (
        ["setup.py", "common.py", "lib/__init__.py", "runs/gan/train.py", "runs/shared/io_.py"],
        ("runs/gan/train.py", 0, "lib", "lib/__init__.py"),
        ("runs/gan/train.py", 0, "common", "common.py"),
        ("runs/gan/train.py", 0, "shared.io_", "runs/shared/io_.py"),
    ),
    "nothing above the top of the project": (
        ["outer.py", "outer/x.py", "here/pyproject.toml", "here/runs/train.py"],
        ("here/runs/train.py", 0, "outer", None),
    ),
    "a repository that is a package itself": (
        ["other/__init__.py", "repo/.git/HEAD", "repo/__init__.py", "repo/a.py", "repo/b.py"],
        ("repo/a.py", 0, "b", "repo/b.py"),
        ("repo/a.py", 0, "repo.b", "repo/b.py"),
        ("repo/a.py", 0, "other", None),
    ),
    "several projects in one repository": (
        [
            ".git/HEAD",
            *("libs/one/pyproject.toml", "libs/one/src/one/__init__.py"),
            *("libs/two/setup.py", "libs/two/two/__init__.py", "libs/two/two/ops.py"),
        ],
        ("libs/one/src/one/__init__.py", 0, "two.ops", "libs/two/two/ops.py"),
        ("libs/two/two/ops.py", 0, "one", "libs/one/src/one/__init__.py"),
    ),
    "the own project goes before its neighbours": (
        [".git/HEAD", "a/setup.py", "a/tools_.py", "b/setup.py", "b/tools_.py", "b/x.py"],
        ("b/x.py", 0, "tools_", "b/tools_.py"),
    ),
    "a script that has the name of what it imports": (
        ["pyproject.toml", "mnist/__init__.py", "runs/mnist.py"],
        ("runs/mnist.py", 0, "mnist", "mnist/__init__.py"),
    ),
    "an installed package sees itself only": (
        [f"site-packages/{name}" for name in ("one/__init__.py", "one/a.py", "two/__init__.py")],
        ("site-packages/one/a.py", 0, "one.a", "site-packages/one/a.py"),
        ("site-packages/one/a.py", 0, "two", None),
    ),
    "an installed module of one file": (
        ["site-packages/one.py", "site-packages/two.py"],
        ("site-packages/one.py", 0, "two", None),
        ("site-packages/two.py", 0, "one", None),
    ),
    "what is installed into a project is not of it": (
        ["pyproject.toml", "train.py", "venv/lib/site-packages/one/__init__.py"],
        ("train.py", 0, "one", None),
    ),
    "libraries mean themselves, whatever the project holds": (
        [f"{name}.py" for name in ("train", "tensorflow", "keras", "numpy", "types", "torch")],
        *(("train.py", 0, name, None) for name in ("tensorflow", "keras", "numpy", "types")),
        ("train.py", 0, "tensorflow.keras", None),
        ("train.py", 1, "tensorflow", "tensorflow.py"),
    ),
    "names as they are written, whatever the file system thinks": (
        ["train.py", "Nets.py"],
        ("train.py", 0, "nets", None),
        ("train.py", 0, "Nets", "Nets.py"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_import_means(name: str, tree: Tree) -> None:
    files, *questions = CASES[name]
    top = tree({}, *files)
    project = Project()
    for importer, level, module, expected in questions:
        found = project.find(os.path.join(top, importer), module, level)
        assert found == (None if expected is None else os.path.join(top, expected)), module


@pytest.mark.parametrize("name", CASES)
def test_what_was_shipped_is_found_as_on_the_disk(name: str, tree: Tree) -> None:
    files, *questions = CASES[name]
    top = tree({}, *files)
    project = Project(Shipped({os.path.join(top, file): b"" for file in files}))
    for importer, level, module, expected in questions:
        found = project.find(os.path.join(top, importer), module, level)
        assert found == (None if expected is None else os.path.join(top, expected)), module


@pytest.mark.parametrize("name", CASES)
def test_the_order_of_questions_makes_no_difference(name: str, tree: Tree) -> None:
    files, *questions = CASES[name]
    top = tree({}, *files)
    asked = [
        (os.path.join(top, importer), module, level) for importer, level, module, _ in questions
    ]
    together = Project()
    backwards = [together.find(*question) for question in reversed(asked)][::-1]
    assert backwards == [Project().find(*question) for question in asked]


def test_configured_roots_go_before_those_that_are_guessed(tree: Tree) -> None:
    top = tree({}, "pyproject.toml", "runs/train.py", "nets.py", "lib/nets.py", "more/nets.py")
    src = (os.path.join(top, "lib"), os.path.join(top, "more"))
    assert Project(src=src).find(f"{top}/runs/train.py", "nets") == f"{top}/lib/nets.py"
    assert Project(src=src[::-1]).find(f"{top}/runs/train.py", "nets") == f"{top}/more/nets.py"
    assert Project().find(f"{top}/runs/train.py", "nets") == f"{top}/nets.py"


def test_a_namespace_package_lies_in_several_roots(tree: Tree) -> None:
    top = tree({}, "train.py", "org/one.py", "lib/org/two.py")
    project = Project(src=(os.path.join(top, "lib"),))
    assert project.find(f"{top}/train.py", "org.one") == f"{top}/org/one.py"
    assert project.find(f"{top}/train.py", "org.two") == f"{top}/lib/org/two.py"


def test_a_buffer_that_was_never_saved_is_a_module(tree: Tree) -> None:
    top = tree({}, "train.py")
    project = Project()
    assert project.find(f"{top}/train.py", "losses") is None
    project.put(f"{top}/losses.py", "x = 1\n")
    assert project.find(f"{top}/train.py", "losses") == f"{top}/losses.py"


def test_a_link_that_leads_to_itself_hides_nothing(tree: Tree) -> None:
    top = tree({}, "train.py", "losses.py")
    os.symlink("loop.py", f"{top}/loop.py")
    os.symlink(".", f"{top}/inner")
    project = Project()
    assert project.find(f"{top}/train.py", "losses") == f"{top}/losses.py"
    assert project.find(f"{top}/train.py", "inner.losses") == f"{top}/inner/losses.py"
    assert project.source(f"{top}/loop.py") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train.py", "train"),
        ("lib/__init__.py", "lib"),
        ("lib/nets/gan.py", "lib.nets.gan"),
        ("lib/nets/__init__.py", "lib.nets"),
        ("loose/gan.py", "gan"),
    ],
)
def test_the_name_of_a_module_is_that_of_its_packages(path: str, name: str, tree: Tree) -> None:
    top = tree({}, "lib/__init__.py", "lib/nets/__init__.py", "lib/nets/gan.py", "loose/gan.py")
    assert Project().module_name(os.path.join(top, path)) == name
