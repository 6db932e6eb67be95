"""Measurements of whole projects: trees without tapes, peers, processes, memory, growth."""

from __future__ import annotations

import math
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from bench import Bench, Result
from generate import write_project
from pairs import compared, cost
from places import python_files, rows_of

#: Rows of tape code that two processes share.
TAPE_ROWS = 20_000
READ = "import sys\nfor name in sys.stdin.read().splitlines():\n    open(name, 'rb').read()\n"
HASH = READ.replace("import sys\n", "import hashlib, sys\n").replace(
    "open(name, 'rb').read()", "hashlib.blake2b(open(name, 'rb').read()).digest()"
)
#: Files, tapes and depth of the generated projects, by what grows.
GROWTH = {
    "files": [(2_500, 100, 20), (5_000, 100, 20), (10_000, 100, 20)],
    "tapes": [(10_000, 250, 20), (10_000, 500, 20), (10_000, 1_000, 20)],
    "depth of calls": [(10_000, 500, 5), (10_000, 500, 10), (10_000, 500, 20)],
}


def _lint(bench: Bench, *arguments: str) -> list[str]:
    return [bench.python("ours"), "-m", "tflint_grad", "--isolated", *arguments]


def reading(bench: Bench) -> Iterator[Result]:
    """Trees without a tape: lines a second, beside the bare reading of the same bytes."""
    for name in ("django", "sympy"):
        folder = bench.folder(name)
        files = python_files(folder)
        names = bench.written("names.txt", "\n".join(map(str, files)))
        read = ["sh", "-c", f'{bench.python("ours")} -c "{READ}" < {names}']
        pair = compared(_lint(bench, "--jobs=1", str(folder)), read, bench.rounds)
        kilo = rows_of(files) / 1000
        detail = f"{kilo:.0f} KLOC in {pair.first:.2f} s, {pair.ratio:.1f} times reading them"
        yield Result(f"lines of {name}", kilo / pair.first, "KLOC/s", 300, detail, at_least=True)


def against_torchfix(bench: Bench) -> Iterator[Result]:
    """TorchFix, made to look at every file by its marker in copies; we are given the same copies."""
    for name in ("tf-agents", "tf-models-official"):
        copies = bench.scratch / f"marked-{name}"
        shutil.rmtree(copies, ignore_errors=True)
        source = bench.folder(name).resolve()
        for path in python_files(source):
            copy = copies / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes() + b"\n# torch\n")
        torchfix = [bench.python("torchfix"), "-m", "torchfix", "--select=ALL", str(copies)]
        # TorchFix takes minutes: once; ours before and after it.
        ours = [cost(_lint(bench, "--jobs=1", str(copies))).seconds]
        theirs = cost(torchfix).seconds
        ours.append(cost(_lint(bench, "--jobs=1", str(copies))).seconds)
        detail = f"{theirs:.1f} against {statistics.mean(ours):.2f} s"
        ratio = theirs / statistics.mean(ours)
        yield Result(f"TorchFix on {name}", ratio, "x our CPU", 50, detail, at_least=True)


def _tape_code(bench: Bench) -> list[str]:
    """Files that open tapes, each once, until there are enough rows."""
    found: list[Path] = []
    rows = 0
    for package in bench.packages:
        for path in python_files(bench.folder(package)):
            if b"GradientTape(" in path.read_bytes():
                found.append(path)
                rows += rows_of([path])
                if rows >= TAPE_ROWS:
                    return [str(one) for one in found]
    return [str(one) for one in found]


def two_processes(bench: Bench) -> Iterator[Result]:
    """The time that passes with one process and with two; needs two idle cores."""
    files = _tape_code(bench)
    one, two = (_lint(bench, f"--jobs={jobs}", *files) for jobs in (1, 2))
    pair = compared(one, two, bench.rounds)
    detail = f"{len(files)} files, {pair.first:.1f} against {pair.second:.1f} s of CPU"
    yield Result(
        "20 KLOC of tape code: two processes",
        pair.passed_ratio,
        "x one",
        1.5,
        detail,
        at_least=True,
    )


def remembered(bench: Bench) -> Iterator[Result]:
    """A second run over what has not changed, beside the hashing of its bytes."""
    folder = bench.folder("tf-agents")
    files = python_files(folder)
    names = bench.written("names.txt", "\n".join(map(str, files)))
    cache = bench.scratch / "findings"
    shutil.rmtree(cache, ignore_errors=True)
    again = _lint(bench, "--jobs=1", f"--cache-dir={cache}", str(folder))
    first = cost(again)
    hashing = ["sh", "-c", f'{bench.python("ours")} -c "{HASH}" < {names}']
    pair = compared(again, hashing, bench.rounds)
    detail = f"{pair.first:.2f} s; the first run {first.seconds:.2f} s"
    yield Result("a second run over tf-agents", pair.ratio, "x hashing", None, detail)


def peak_memory(bench: Bench) -> Iterator[Result]:
    """The largest process of a run over all packages together."""
    folders = [str(bench.folder(package).resolve()) for package in bench.packages]
    run = cost(_lint(bench, "--jobs=2", *folders))
    detail = f"{len(folders)} packages, {run.seconds:.0f} s of CPU"
    yield Result("a run over the corpus: the largest process", run.mebibytes, "MiB", 250, detail)


def generated(bench: Bench) -> Iterator[Result]:
    """A project of 10,000 files: how CPU time grows with its files, its tapes, and its calls."""
    for what, sizes in GROWTH.items():
        seconds = []
        for files, tapes, depth in sizes:
            root = bench.scratch / "generated"
            shutil.rmtree(root, ignore_errors=True)
            write_project(root, files, tapes, depth)
            command = _lint(bench, "--jobs=1", str(root))
            seconds.append(min(cost(command).seconds for _ in range(2)))
        index = list(GROWTH).index(what)
        slope = math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1][index] / sizes[0][index])
        told = ", ".join(f"{time:.1f} s" for time in seconds)
        detail = f"{told} for {', '.join(f'{size[index]:,}' for size in sizes)}"
        yield Result(f"a generated project: growth with its {what}", slope, "slope", 1.1, detail)
