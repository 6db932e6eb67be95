"""The benchmark's own folder: environments with the tools, and packages to lint."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent

#: Each tool alone, so that none pays for another's plugin; all have the same flake8.
ENVIRONMENTS = {
    "plain": ["flake8"],
    "ours": ["flake8", str(REPOSITORY)],
    "torchfix": ["flake8", "torchfix"],
    "fixit": ["fixit"],
}


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tflint-grad-benchmarks"


@dataclass(frozen=True)
class Package:
    """A package of the corpus; `kind` is tensorflow, large or other."""

    requirement: str
    kind: str

    @property
    def name(self) -> str:
        return self.requirement.partition("==")[0]


def corpus() -> list[Package]:
    lines = (HERE / "corpus.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [Package(requirement, kind) for requirement, kind in rows]


def environment(cache: Path, name: str) -> Path:
    """The Python of an environment, made on the first call."""
    folder = cache / "environments" / name
    python = folder / "bin" / "python"
    if not python.exists():
        say(f"making the environment {name!r}")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    wanted = ENVIRONMENTS[name]
    # Our own code may have changed since the last run.
    if name == "ours" or not (folder / "installed").exists():
        pip(python, "install", "-qq", "--upgrade", *wanted)
        (folder / "installed").write_text("\n".join(wanted) + "\n", encoding="utf-8")
    return python


def pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def unpacked(cache: Path, package: Package, sources: Path | None) -> Path:
    """The folder with a package's files, downloaded by name where it is not there yet."""
    if sources is not None and (sources / package.name).is_dir():
        return sources / package.name
    folder = cache / "sources" / package.name
    if folder.is_dir():
        return folder
    say(f"downloading {package.requirement}")
    wheels = cache / "downloads" / package.name
    wheels.mkdir(parents=True, exist_ok=True)
    pip(sys.executable, "download", "--no-deps", "-qq", "-d", str(wheels), package.requirement)
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for archive in sorted(wheels.iterdir()):
        _unpack(archive, partial)
    partial.rename(folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            names = [name for name in wheel.namelist() if name.endswith(".py")]
            wheel.extractall(folder, names)
    else:
        with tarfile.open(archive) as sdist:
            members = [one for one in sdist.getmembers() if one.name.endswith(".py")]
            if hasattr(tarfile, "data_filter"):
                sdist.extractall(folder, members, filter="data")
            else:
                sdist.extractall(folder, members)


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if path.is_file())


def rows_of(files: list[Path]) -> int:
    return sum(path.read_bytes().count(b"\n") for path in files)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
