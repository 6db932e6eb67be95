"""Linting reads files and does nothing else: watched by an audit hook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.samples import PITFALL

#: Reports on stderr what a run opens, starts, connects to and imports after its start.
WATCHER = """
import os, sys
project = os.getcwd()
watching = True
def watch(event, arguments):
    global watching
    if not watching:
        return
    watching = False
    try:
        if event == "open" and isinstance(arguments[0], str):
            path = os.path.abspath(arguments[0])
            flags = arguments[2] or 0
            if path.startswith(project + os.sep) or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                print("open", os.path.relpath(path, project), file=sys.stderr)
        elif event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn",
                               "os.fork", "os.spawn", "os.remove", "os.rename", "os.mkdir",
                               "shutil.", "urllib.", "ctypes.", "exec_of_the_project")):
            print(event, arguments, file=sys.stderr)
        elif event == "import" and arguments[0].split(".")[0] in (
            "train", "helpers", "tensorflow", "numpy", "keras", "multiprocessing"
        ):
            print("import", arguments[0], file=sys.stderr)
        elif event == "exec" and getattr(arguments[0], "co_filename", "").startswith(project):
            print("exec", arguments[0].co_filename, file=sys.stderr)
    finally:
        watching = True
sys.dont_write_bytecode = True
sys.path.insert(0, "")  # as in an interactive session: the project could be imported
sys.addaudithook(watch)
from tflint_grad.cli import main
code = main(["--quiet", *sys.argv[1:]])
sys.exit(code)
"""


def watched(project: Path, *arguments: str) -> list[str]:
    """What a run on the project opened, started and imported, a line each."""
    result = subprocess.run(
        [sys.executable, "-c", WATCHER, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "TFG201" in result.stdout
    return result.stderr.splitlines()


def test_a_run_reads_its_files_and_does_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    (tmp_path / "helpers.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "train.py").write_text("import helpers\n" + PITFALL + "print('run')\n")
    (tmp_path / "ignored.py").write_text(PITFALL)
    for name in ("data.txt", "secrets.json"):
        (tmp_path / name).write_text("tensorflow GradientTape")
    # A package of the project that shadows one of ours must not be run either.
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported')\n")
    for output_format in ("full", "concise", "json"):
        seen = watched(tmp_path, "--no-cache", f"--output-format={output_format}")
        opened = [line.removeprefix("open ") for line in seen]
        assert set(opened) == {".gitignore", "pyproject.toml", "helpers.py", "train.py", "numpy.py"}
        assert opened.count("train.py") == 1


def test_what_is_remembered_is_written_below_its_folder_only(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    project.mkdir()
    (project / "train.py").write_text(PITFALL)
    first = watched(project, f"--cache-dir={cache}", "--isolated")
    written = [line for line in first if line != "open train.py"]
    assert written
    assert all("/cache" in line for line in written)
    assert watched(project, f"--cache-dir={cache}", "--isolated") == ["open train.py"]
