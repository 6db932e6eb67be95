"""Who uses what: candidates from the words of all files, the nearest first."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.project.conftest import Tree
from tflint_grad.project import CALLED, OF_KERAS, Project, index, table

STEP = frozenset(("step",))


class Store:
    """A store in memory that counts."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.saved = 0

    def load(self, root: str) -> bytes | None:
        return self.kept.get(root)

    def save(self, root: str, data: bytes) -> None:
        self.kept[root] = data
        self.saved += 1


def age(top: str) -> None:
    """Make files look as if nobody had touched them for a while."""
    for path in Path(top).rglob("*.py"):
        os.utime(path, ns=(10**18, 10**18))


def importers(top: str, path: str, *names: str, project: Project | None = None) -> list[str]:
    found = (project or Project()).importers(os.path.join(top, path), frozenset(names))
    return [os.path.relpath(user, top) for user in found]


def classes(top: str, path: str, *members: str, project: Project | None = None) -> list[str]:
    found = (project or Project()).classes_with(os.path.join(top, path), frozenset(members))
    return [f"{os.path.relpath(file, top)}:{name}" for file, name, _ in found]


# Each case: what a file beside `lib/ops.py` says, and whether that makes it a user of its `step`.
USES = [
    ("from lib.ops import step", True),
    ("from lib.ops import step as walk", True),
    ("from lib import ops\nops.step()", True),
    ("from lib import ops as o\no.step()", True),
    ("import lib.ops\nlib.ops.step()", True),
    ("from lib.ops import *\nstep()", True),
    ("def late():\n    from lib.ops import step", True),
    ("from lib import ops", False),
    ("from lib.ops import other\nother.steps()", False),
    ("from elsewhere.ops import step", False),
    ("from lib.more import step", False),
    ("import ops\nops.step()", False),
    ("step()", False),
    ("import tensorflow as tf", False),
]


@pytest.mark.parametrize(("text", "uses"), USES)
def test_a_user_imports_the_module_and_mentions_the_name(text: str, uses: bool, tree: Tree) -> None:
    files = {"lib/ops.py": "def step(): ...", "lib/more.py": "def step(): ..."}
    top = tree({**files, "setup.py": "", "use.py": text}, "lib/__init__.py")
    assert importers(top, "lib/ops.py", "step") == (["use.py"] if uses else [])


@pytest.mark.parametrize(
    ("package", "text"),
    [
        ("from .ops import step", "from lib import step"),
        ("from .ops import step", "import lib\nlib.step()"),
        ("from .ops import *", "from lib import step"),
        ("from .ops import *", "from lib import *\nstep()"),
        ("from . import ops", "import lib\nlib.ops.step()"),
        ("from .ops import step as walk", "from lib import step"),
    ],
)
def test_a_package_passes_names_on(package: str, text: str, tree: Tree) -> None:
    top = tree({"lib/ops.py": "", "lib/__init__.py": package, "setup.py": "", "use.py": text})
    assert "use.py" in importers(top, "lib/ops.py", "step")


def test_another_module_passes_names_on(tree: Tree) -> None:
    top = tree({"ops.py": "", "api.py": "from ops import step", "use.py": "from api import step"})
    assert importers(top, "ops.py", "step") == ["api.py", "use.py"]


def test_tests_and_scripts_are_users_and_near_ones_come_first(tree: Tree) -> None:
    text = "from lib.ops import step"
    users = ("lib/near.py", "use.py", "tests/test_ops.py", "scripts/deep/er/run.py")
    top = tree({"setup.py": "", **dict.fromkeys(users, text)}, "lib/__init__.py", "lib/ops.py")
    assert importers(top, "lib/ops.py", "step") == [
        "lib/near.py",
        "use.py",
        "tests/test_ops.py",
        "scripts/deep/er/run.py",
    ]


def test_there_are_no_more_users_than_the_limit(tree: Tree) -> None:
    top = tree({"ops.py": "", **{f"use{n:02}.py": "from ops import step" for n in range(20)}})
    expected = [f"use{n:02}.py" for n in range(index.MAX_IMPORTERS)]
    assert importers(top, "ops.py", "step") == expected


def test_users_in_circles(tree: Tree) -> None:
    one = "from .two import *\nfrom . import two\ndef step(): ..."
    two = "from .one import *\nfrom . import one\none.step()"
    top = tree({"lib/__init__.py": "from .one import *", "lib/one.py": one, "lib/two.py": two})
    assert "lib/two.py" in importers(top, "lib/one.py", "step")


NETS = """
class Base:
    def run(self): ...

class Net(Base):
    def __init__(self):
        self.gen, self.disc = make()

class Keras(tf.keras.Model):
    def call(self, x): ...

class Wide(tf.keras.layers.Dense):
    extra = 1

class Wider(Wide):
    def __call__(self, x): ...
"""


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (["gen", "disc"], ["nets.py:Net"]),
        (["gen", "run"], ["nets.py:Net"]),
        (["run"], ["nets.py:Base", "nets.py:Net"]),
        (["call", "trainable_variables"], ["nets.py:Keras"]),
        ([CALLED], ["nets.py:Keras", "nets.py:Wider"]),
        ([CALLED, "extra"], ["nets.py:Wider"]),
        ([OF_KERAS], ["nets.py:Keras", "nets.py:Wide", "nets.py:Wider"]),
        ([OF_KERAS, "run"], []),
        (["gen", "trainable_variables"], []),
        (["nothing"], []),
        ([], []),
    ],
)
def test_classes_have_own_and_inherited_members(
    members: list[str], found: list[str], tree: Tree
) -> None:
    top = tree({"nets.py": NETS, "train.py": ""})
    assert classes(top, "train.py", *members) == found


def test_classes_come_with_their_bases(tree: Tree) -> None:
    top = tree({"nets.py": NETS})
    (found,) = Project().classes_with(os.path.join(top, "train.py"), frozenset(("gen",)))
    assert found == (os.path.join(top, "nets.py"), "Net", ("Base",))


def test_a_base_is_looked_up_in_other_files_unless_it_is_a_librarys(tree: Tree) -> None:
    top = tree(
        {
            "base.py": "class Model:\n    def ours(self): ...",
            "one.py": "from base import Model\nclass One(Model):\n    a = 1",
            "two.py": "from tensorflow.keras import Model\nclass Two(Model):\n    a = 1",
            "three.py": "import tensorflow as tf\nclass Model(tf.keras.Model):\n    a = 1",
        }
    )
    assert classes(top, "x.py", "a", "ours") == ["one.py:One"]
    assert classes(top, "x.py", "a", "trainable_variables") == ["three.py:Model", "two.py:Two"]


def test_classes_that_inherit_in_a_circle(tree: Tree) -> None:
    top = tree({"a.py": "class A(B):\n    a = 1\nclass B(A):\n    b = 1\nclass C(C):\n    c = 1"})
    assert classes(top, "a.py", "a", "b") == ["a.py:A", "a.py:B"]
    assert classes(top, "a.py", "c") == ["a.py:C"]


# --- what is looked at


def test_folders_of_others_and_links_are_not_entered(tree: Tree) -> None:
    text = "from ops import step"
    others = ("venv/x.py", "build/x.py", "node_modules/x.py", ".hidden/x.py", "site-packages/x.py")
    top = tree({"setup.py": "", "ops.py": "", "use.py": text, **dict.fromkeys(others, text)})
    tree({}, "venv/pyvenv.cfg")
    os.symlink(top, f"{top}/round")
    os.symlink("use.py", f"{top}/also.py")
    assert importers(top, "ops.py", "step") == ["also.py", "use.py"]


def test_what_cannot_be_read_is_left_out(tree: Tree) -> None:
    top = tree({"ops.py": "", "use.py": "from ops import step", "bad.py": b"\xff\0from ops"})
    os.symlink("gone.py", f"{top}/dangling.py")
    os.mkfifo(f"{top}/pipe.py")
    assert importers(top, "ops.py", "step") == ["use.py"]


def test_a_file_that_vanishes_between_questions_is_no_user(tree: Tree) -> None:
    top = tree({"ops.py": "", "use.py": "import ops\nops.step()"})
    project = Project()
    assert importers(top, "ops.py", "other", project=project) == []
    os.unlink(f"{top}/use.py")
    assert importers(top, "ops.py", "step", project=project) == []


def test_the_repository_is_looked_at_as_far_as_the_limit_allows(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from one.ops import step"
    many = {f"b/x{n}.py": text for n in range(9)}
    top = tree(
        {"a/setup.py": "", "a/one/__init__.py": "", "a/one/ops.py": "", "a/t.py": text, **many},
        ".git/HEAD",
        "b/setup.py",
    )
    assert len(importers(top, "a/one/ops.py", "step")) == index.MAX_IMPORTERS
    monkeypatch.setattr(table, "MAX_FILES", 8)
    assert importers(top, "a/one/ops.py", "step") == ["a/t.py"]


def test_an_installed_package_does_not_make_the_others_be_looked_at(tree: Tree) -> None:
    files = {f"site-packages/{name}/use.py": "from one.ops import step" for name in ("one", "two")}
    top = tree(files, "site-packages/one/__init__.py", "site-packages/one/ops.py")
    assert importers(top, "site-packages/one/ops.py", "step") == ["site-packages/one/use.py"]


# --- buffers and order


def test_a_buffer_counts_as_its_file(tree: Tree) -> None:
    top = tree({"ops.py": "", "use.py": "from ops import step"})
    project = Project()
    assert importers(top, "ops.py", "step", project=project) == ["use.py"]
    project.put(f"{top}/use.py", "x = 1\n")
    project.put(f"{top}/new.py", "import ops\nops.step()\n")
    assert importers(top, "ops.py", "step", project=project) == ["new.py"]
    fresh = Project()
    fresh.put(f"{top}/new.py", "import ops\nops.step()\n")
    assert importers(top, "ops.py", "step", project=fresh) == ["new.py", "use.py"]


def test_answers_do_not_depend_on_what_was_asked_before(tree: Tree) -> None:
    top = tree(
        {
            f"p{n}/m{k}.py": f"from p{(n + k) % 3}.m{k} import step\nclass C{n}(C{k}):\n    m{n} = 1"
            for n in range(3)
            for k in range(3)
        },
        "setup.py",
    )
    questions = [(f"p{n}/m{k}.py", f"m{n}") for n in range(3) for k in range(3)]
    alone = {q: (importers(top, q[0], "step"), classes(top, *q)) for q in questions}
    random.Random(0).shuffle(questions)
    project = Project()
    for q in questions:
        together = (
            importers(top, q[0], "step", project=project),
            classes(top, *q, project=project),
        )
        assert together == alone[q]


# --- between runs


def test_unchanged_files_are_not_read_again(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    top = tree({"ops.py": "", "use.py": "from ops import step", "nets.py": NETS})
    age(top)
    store = Store()
    first = Project(store=store)
    answers = importers(top, "ops.py", "step", project=first), classes(top, "x.py", "gen")
    read: list[str] = []
    second = Project(store=store)
    monkeypatch.setattr(second, "_read", lambda path: read.append(path))
    assert importers(top, "ops.py", "step", project=second) == answers[0]
    assert classes(top, "x.py", "gen", project=second) == answers[1]
    assert (read, store.saved) == ([], 1)


def test_a_changed_file_is_read_again(tree: Tree) -> None:
    top = tree({"ops.py": "", "use.py": "from ops import step"})
    age(top)
    store = Store()
    assert importers(top, "ops.py", "step", project=Project(store=store)) == ["use.py"]
    Path(top, "use.py").write_text("from ops import walk")
    os.unlink(f"{top}/ops.py")
    tree({"ops.py": "", "more.py": "from ops import step"})
    assert importers(top, "ops.py", "step", project=Project(store=store)) == ["more.py"]


def test_a_file_that_has_just_changed_is_not_remembered(tree: Tree) -> None:
    """Its next change may fall into the same tick of the clock, and have the same size."""
    top = tree({"ops.py": "", "use.py": "from ops import step"})
    store = Store()
    assert importers(top, "ops.py", "step", project=Project(store=store)) == ["use.py"]
    stamp = os.stat(f"{top}/use.py")
    Path(top, "use.py").write_text("from ops import pets")
    os.utime(f"{top}/use.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert importers(top, "ops.py", "step", project=Project(store=store)) == []


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\0",
        b"{}",
        b"[3]",
        b"[3, 3]",
        b"[3, [[]]]",
        b'[3, [["use.py", 0, 0, "a b", "x"]]]',
        b'[3, [["use.py", "x", 0, "", ""]]]',
        b'[3, {"a": 1}]',
        json.dumps([1, {"use.py": [[0, 0], [], {}]}]).encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_damaged_is_as_good_as_absent(damaged: bytes, tree: Tree) -> None:
    top = tree({"ops.py": "", "use.py": "from ops import step"})
    store = Store()
    store.kept[top] = damaged
    assert importers(top, "ops.py", "step", project=Project(store=store)) == ["use.py"]
