"""What is handed out: a wheel and an sdist that install and run."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.samples import PITFALL, PLACE
from tflint_grad import __version__

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel and an sdist, built as a release builds them."""
    if any(importlib.util.find_spec(name) is None for name in ("build", "hatchling")):
        pytest.skip("build or hatchling is missing")
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return {path.suffix: path for path in target.iterdir()}


def test_the_wheel_holds_the_package_and_its_data(archives: dict[str, Path]) -> None:
    names = set(zipfile.ZipFile(archives[".whl"]).namelist())
    assert {"tflint_grad/py.typed", "tflint_grad/cli.py"} <= names
    data = {path.name for path in (ROOT / "tflint_grad" / "knowledge").glob("*.json")}
    assert {f"tflint_grad/knowledge/{name}" for name in data} <= names
    assert not [name for name in names if name.startswith(("tests", "fixtures"))]


def test_the_sdist_holds_what_the_wheel_is_built_from(archives: dict[str, Path]) -> None:
    with tarfile.open(archives[".gz"]) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "tflint_grad/py.typed"} <= names


@pytest.mark.parametrize("kind", [".whl", ".gz"])
def test_an_archive_installs_and_runs(archives: dict[str, Path], kind: str, tmp_path: Path) -> None:
    # Dependencies come from the environment of the tests: no network is needed.
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--target", str(tmp_path / "installed"), str(archives[kind])]
    subprocess.run(command, check=True, capture_output=True)
    (tmp_path / "train.py").write_text(PITFALL)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n"
        "import tflint_grad; from tflint_grad.cli import main\n"
        f"assert tflint_grad.__file__.startswith({str(tmp_path)!r})\n"
        "sys.exit(main(['--output-format=concise', 'train.py']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, result.stderr
    assert result.stdout.startswith(f"train.py:{PLACE}: TFG201")


def test_dependencies_have_lower_bounds_only() -> None:
    for requirement in importlib.metadata.requires("tflint-grad") or ():
        assert not re.search(r"[<~]|==", requirement.split(";")[0]), requirement


def test_the_entry_points_are_ours() -> None:
    points = importlib.metadata.distribution("tflint-grad").entry_points
    assert {(point.group, point.name) for point in points} == {
        ("console_scripts", "tflint-grad"),
        ("flake8.extension", "TFG"),
    }


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
