"""The hook, tried by pre-commit itself on a scratch repository."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import CORRECT, PITFALL

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pre_commit") is None or shutil.which("git") is None,
    reason="pre-commit or git is missing",
)


def git(*arguments: str, cwd: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def hook(tmp_path: Path) -> Path:
    """The hook's repository as a user would clone it: what is installed, and the hooks' file."""
    clone = tmp_path / "hook"
    clone.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, clone)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tflint_grad", clone / "tflint_grad", ignore=ignored)
    git("init", "-q", cwd=clone)
    git("add", "-A", cwd=clone)
    git("commit", "-q", "-m", "the hook", cwd=clone)
    return clone


def test_the_hook_fails_on_a_pitfall_and_passes_its_correction(hook: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "build").mkdir(parents=True)
    train = project / "train.py"
    train.write_text(PITFALL)
    # pre-commit passes every file by name: what is excluded must stay out.
    (project / "build" / "generated.py").write_text(PITFALL)
    (project / "notes.txt").write_text(PITFALL)
    git("init", "-q", cwd=project)
    git("add", "-A", cwd=project)

    def try_repo() -> subprocess.CompletedProcess[str]:
        command = ["-m", "pre_commit", "try-repo", str(hook), "tflint-grad", "--all-files"]
        return subprocess.run(
            [sys.executable, *command],
            cwd=project,
            env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    found = try_repo()
    assert found.returncode == 1, found.stdout + found.stderr
    assert "train.py:8:24: TFG201" in found.stdout
    assert "generated.py" not in found.stdout
    train.write_text(CORRECT)
    git("add", "-A", cwd=project)
    passed = try_repo()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout
