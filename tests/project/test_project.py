"""Texts and outlines of a project's files, and what the analysis of one has depended on."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest

from tests.project.conftest import Tree
from tflint_grad.outline import ClassItem, CodeItem, DefItem, Unit
from tflint_grad.outline.mark import leaves
from tflint_grad.project import Dependencies, Project, Shipped
from tflint_grad.source import SourceText, source_from_bytes

FILES = {
    "setup.py": "",
    "lib/__init__.py": "",
    "lib/ops.py": "def step(net):\n    return net.gen\n",
    "lib/nets.py": "class Net:\n    gen = 1\n",
    "use.py": "from lib.ops import step\nstep(1)\n",
}


def look(project: Project, top: str) -> None:
    """What an analysis of `use.py` might ask."""
    path = project.find(f"{top}/use.py", "lib.ops")
    assert path is not None and project.outline(path) is not None
    project.find(f"{top}/use.py", "wandb")
    project.importers(path, frozenset(("step",)))
    project.classes_with(path, frozenset(("gen",)))
    project.module_name(path)


def looked(top: str) -> Dependencies:
    """What `look` depends on, as a cache would give it back."""
    project = Project()
    with project.recording() as seen:
        look(project, top)
    queries = [[*asked, answer] for asked, answer in seen.queries.items()]
    files, probes, queries = json.loads(json.dumps([seen.files, seen.probes, queries]))
    answers = {(question, path, tuple(about)): answer for question, path, about, answer in queries}
    return Dependencies(files, probes, answers)


def test_what_was_looked_at_still_holds_while_nothing_changes(tree: Tree) -> None:
    top = tree(FILES)
    seen = looked(top)
    assert Project().still_holds(seen)
    tree({"other.py": "x = 1", "data/notes.txt": "from lib.ops import step"})
    assert Project().still_holds(seen)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ("lib/ops.py", "def step(net):\n    return net.gem\n"),
        ("lib/nets.py", "class Net:\n    gem = 1\n"),
        ("use.py", "from lib.ops import stop\n"),
        ("more.py", "from lib.ops import step\n"),
        ("lib/more.py", "class Other:\n    gen = 1\n"),
        ("lib/ops/__init__.py", ""),
        ("wandb.py", ""),
        ("__init__.py", ""),
    ],
)
def test_it_holds_no_more_once_an_answer_would_differ(changed: str, text: str, tree: Tree) -> None:
    seen = looked(tree(FILES))
    tree({changed: text})
    assert not Project().still_holds(seen)


@pytest.mark.parametrize("gone", ["lib/ops.py", "lib/nets.py", "use.py", "lib/__init__.py"])
def test_it_holds_no_more_once_a_file_is_gone(gone: str, tree: Tree) -> None:
    top = tree(FILES)
    seen = looked(top)
    os.unlink(os.path.join(top, gone))
    assert not Project().still_holds(seen)


def test_what_was_known_before_is_depended_on_too(tree: Tree) -> None:
    top = tree(FILES)
    project = Project()
    with project.recording() as first:
        look(project, top)
    with project.recording() as second:
        look(project, top)
    assert first == second


def test_what_the_index_reads_for_itself_is_not_depended_on(tree: Tree) -> None:
    top = tree(FILES)
    assert set(looked(top).files) == {f"{top}/lib/ops.py"}


# --- texts


def test_a_text_is_read_whatever_it_speaks_of(tree: Tree) -> None:
    top = tree({"a.py": "# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1")})
    source = Project().source(f"{top}/a.py")
    assert source is not None and "ä" in source.text


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"\0", b"# coding: nothing\n", b"x = 1\n" * 200_000],
    ids=["not UTF-8", "null bytes", "unknown encoding", "too large"],
)
def test_what_cannot_be_decoded_has_no_text_and_no_outline(data: bytes, tree: Tree) -> None:
    path = os.path.join(tree({"a.py": data}), "a.py")
    project = Project()
    with project.recording() as seen:
        assert project.source(path) is None
        assert project.outline(path) is None
    assert seen.files[path] is not None
    assert Project().still_holds(seen)


@pytest.mark.parametrize("text", ["def (", "(" * 300 + ")" * 300])
def test_broken_syntax_has_no_outline(text: str, tree: Tree) -> None:
    assert Project().outline(os.path.join(tree({"a.py": text}), "a.py")) is None


@pytest.mark.parametrize("name", ["gone.py", "folder", "dangling.py", "pipe.py", "loop.py"])
@pytest.mark.timeout(10)
def test_what_is_no_file_has_no_text(name: str, tree: Tree) -> None:
    top = tree({}, "folder/a.py")
    os.symlink("nowhere.py", f"{top}/dangling.py")
    os.symlink("loop.py", f"{top}/loop.py")
    os.mkfifo(f"{top}/pipe.py")
    project = Project()
    with project.recording() as seen:
        assert project.source(f"{top}/{name}") is None
    assert seen.files == {f"{top}/{name}": None}


def test_a_file_that_changes_during_the_run_counts_as_gone(tree: Tree) -> None:
    top = tree({"a.py": "x = 1\n"})
    project = Project()
    assert project.source(f"{top}/a.py") is not None
    Path(top, "a.py").write_text("x = 2\n")
    with project.recording() as seen:
        assert project.source(f"{top}/a.py") is None
    assert not Project().still_holds(seen)


def test_a_file_that_vanishes_during_the_run_counts_as_gone(tree: Tree) -> None:
    top = tree({"a.py": "x = 1\n"})
    project = Project()
    with project.recording() as seen:
        assert project.source(f"{top}/a.py") is not None
        os.unlink(f"{top}/a.py")
        assert project.source(f"{top}/a.py") is None
    assert not Project().still_holds(seen)


def test_a_buffer_stands_for_its_file(tree: Tree) -> None:
    top = tree({"a.py": "x = 1\n"})
    project = Project()
    assert project.outline(f"{top}/a.py") is not None
    project.put(f"{top}/a.py", "y = 2\n")
    source, outline = project.source(f"{top}/a.py"), project.outline(f"{top}/a.py")
    assert source is not None and source.text == "y = 2\n"
    assert outline is not None and "y" in outline.binders


OWN = "import tensorflow as tf\nclass A:\n    def f(self, x): ...\ndef g(x): ...\ny = 1\n"


def own_source(path: str) -> SourceText:
    return source_from_bytes(Path(path).read_bytes(), path, prefilter=False) or pytest.fail(path)


@pytest.mark.parametrize("own_first", [True, False])
def test_an_analysed_file_and_what_others_import_of_it_are_parsed_once(
    tree: Tree, own_first: bool
) -> None:
    path = f"{tree({'a.py': OWN})}/a.py"
    project = Project()
    looks = [lambda: project.outline(path), lambda: project.outline_to_mark(own_source(path))]
    first, second = (look() for look in (looks[::-1] if own_first else looks))
    assert first is not None and second is not None
    assert first.tree is second.tree
    for one, other in zip(leaves(first.items), leaves(second.items), strict=True):
        assert one[0] is not other[0], "marks are of one analysis"
        assert unit_of(one[0]) is unit_of(other[0]), "what libcst has parsed is not"


def unit_of(item: DefItem | CodeItem | ClassItem) -> Unit:
    return item.header if isinstance(item, ClassItem) else item.unit


def test_what_others_import_is_the_file_whatever_was_analysed_in_its_name(tree: Tree) -> None:
    path = f"{tree({'a.py': OWN})}/a.py"
    source, project = own_source(path), Project()
    project.put(path, "z = 2\n")
    assert "y" in project.outline_to_mark(source).binders
    assert "z" in (project.outline(path) or pytest.fail()).binders
    assert "y" in project.outline_to_mark(source).binders


def test_what_was_analysed_is_depended_on_as_it_was_read(tree: Tree) -> None:
    path = f"{tree({'a.py': OWN})}/a.py"
    project = Project()
    project.outline_to_mark(own_source(path))
    Path(path).write_text("z = 2\n")
    with project.recording() as seen:
        assert "y" in (project.outline(path) or pytest.fail()).binders
    assert not Project().still_holds(seen)


def test_a_tree_of_somebody_elses_is_not_kept(tree: Tree) -> None:
    path = f"{tree({'a.py': OWN})}/a.py"
    project, theirs = Project(), ast.parse(OWN)
    assert project.outline_to_mark(own_source(path), theirs).tree is theirs
    assert (project.outline(path) or pytest.fail()).tree is not theirs


def test_shipped_files_give_the_same_answers_as_the_disk(tree: Tree) -> None:
    top = tree(FILES)
    shipped = Shipped({f"{top}/{name}": text.encode() for name, text in FILES.items()})
    local, remote = Project(), Project(shipped)
    with local.recording() as here, remote.recording() as there:
        look(local, top)
        look(remote, top)
    assert here == there
