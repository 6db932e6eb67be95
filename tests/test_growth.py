"""Work grows with a project as its size does: counted in calls of functions, which vary with nothing."""

from __future__ import annotations

import cProfile
import importlib.util
import math
from pathlib import Path
from types import ModuleType

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files

#: Files, tapes and depth of calls, by what grows: small first.
GROWTH = {
    "files": [(500, 20, 20), (4_000, 20, 20)],
    "tapes": [(1_600, 20, 20), (1_600, 160, 20)],
    "depth": [(400, 40, 5), (400, 40, 20)],
}


def generator() -> ModuleType:
    """The module of the benchmark that writes projects."""
    path = Path(__file__).parents[1] / "benchmarks" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def calls(root: Path, files: int, tapes: int, depth: int) -> int:
    """Function calls of a run over a generated project, which must end in its only finding."""
    generator().write_project(root, files, tapes, depth)
    (root / ".git").mkdir()
    paths = sorted(str(path) for path in root.rglob("*.py"))
    assert len(paths) == files
    profile = cProfile.Profile()
    profile.enable()
    reports = lint_files(paths, SettingsFinder(isolated=True))
    profile.disable()
    found = [finding for report in reports for finding in report.findings]
    assert [(one.code, Path(one.filename).name) for one in found] == [("TFG204", "link_4.py")]
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("what", GROWTH)
def test_work_is_linear_in(what: str, tmp_path: Path) -> None:
    place = list(GROWTH).index(what)
    small, large = GROWTH[what]
    calls(tmp_path / "warm", 10, 1, 20)  # what is imported or compiled once
    counts = [calls(tmp_path / str(size[place]), *size) for size in (small, large)]
    slope = math.log(counts[1] / counts[0]) / math.log(large[place] / small[place])
    assert slope <= 1.1, counts
