"""Measures the budgets of speed as ratios, in pairs, in one run.

python benchmarks/run.py [--quick] [--sources FOLDER] [--only WHAT …] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import projects
from bench import Bench, Result
from pairs import compared, cost
from places import HERE, default_cache, python_files, rows_of, say

#: Part of tf-agents, for the tools that would take minutes on all of it.
AGENTS = ("dqn", "ppo", "sac")
STEP = """\
import tensorflow as tf


def step(model, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    return tape.gradient(loss, model.trainable_variables)
"""


def analysed_files(bench: Bench) -> Iterator[Result]:
    """Our lint of each file that the prefilter lets pass, in parses of the same whole file."""
    files = [
        str(path) for package in bench.packages for path in python_files(bench.folder(package))
    ]
    rounds = "1" if len(files) > 3000 else "3"
    done = subprocess.run(
        [bench.python("ours"), str(HERE / "per_file.py"), rounds],
        input="\n".join(files),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    results = json.loads(done.stdout)
    for title, chosen, limit in (
        ("files that ask for a gradient", [r for r in results if r["asks"]], 2.0),
        ("… without findings", [r for r in results if r["asks"] and not r["findings"]], 1.6),
        (
            "files with Keras hooks or graph functions only",
            [r for r in results if not r["asks"]],
            None,
        ),
    ):
        ours, parse = (sum(r[key] for r in chosen) for key in ("ours", "parse"))
        rows = sum(r["rows"] for r in chosen)
        detail = f"{len(chosen)} files, {rows / 1000:.0f} KLOC, {ours:.1f} s"
        yield Result(title, ours / max(parse, 1e-9), "parses", limit, detail)
    times = sorted(r["ours"] for r in results)
    slow = sum(time > 1.0 for time in times) / len(times) * 100
    slowest = max(results, key=lambda r: float(r["ours"]))
    name = "/".join(Path(slowest["path"]).parts[-3:])
    detail = f"median {times[len(times) // 2] * 1000:.0f} ms; {slowest['ours']:.2f} s for {name}"
    yield Result("files that take more than 1 s", slow, "%", 1.0, detail)


def start_up(bench: Bench) -> Iterator[Result]:
    """What a pre-commit user waits for, whatever is in the file."""
    python = bench.python("ours")
    nothing = bench.written("nothing.py", "print('no tape')\n")
    step = bench.written("step.py", STEP)
    lint = [python, "-m", "tflint_grad", "--isolated"]
    rounds = bench.rounds * 3
    pair = compared([*lint, nothing], [python, "-c", "pass"], rounds)
    beyond = (pair.first - 4 * pair.second) * 1000
    detail = f"{pair.first * 1000:.0f} against {pair.second * 1000:.0f} ms"
    yield Result("start-up, no tape: against python -c pass", pair.ratio, "x", None, detail)
    yield Result("start-up, no tape: beyond 4 times python -c pass", beyond, "ms", 50)
    pair = compared([*lint, step], [python, "-c", "import libcst"], rounds)
    detail = f"{pair.first * 1000:.0f} against {pair.second * 1000:.0f} ms"
    yield Result(
        "one file with a tape: beyond import libcst", pair.difference * 1000, "ms", 70, detail
    )


def flake8_plugin(bench: Bench) -> Iterator[Result]:
    """flake8 --select=F with our plugin installed, against the same without."""
    with_us, without = bench.flake8("ours"), bench.flake8("plain")
    for title, folder, limit in (
        ("flake8 F on part of django", bench.folder("django") / "django" / "db", 1.0),
        ("flake8 F on tf-agents", bench.folder("tf-agents"), 20.0),
        ("flake8 F on tf-models-official", bench.folder("tf-models-official"), 20.0),
    ):
        # The warming run of a pair fills the cache, as a user's last run has done.
        cache = bench.scratch / "remembered"
        shutil.rmtree(cache, ignore_errors=True)
        again = ["env", f"XDG_CACHE_HOME={cache}", *with_us]
        for how, command in (("", with_us), (", run again", again)):
            pair = compared([*command, str(folder)], [*without, str(folder)], bench.rounds)
            detail = f"{pair.first:.2f} against {pair.second:.2f} s"
            added = (pair.ratio - 1) * 100
            yield Result(f"{title}{how}: added by us", added, "%", limit, detail)
    nothing = bench.written("nothing.py", "print('no tape')\n")
    pair = compared([*with_us, nothing], [*without, nothing], bench.rounds * 3)
    yield Result(
        "flake8 F on one file without a tape: added by us", pair.difference * 1000, "ms", 5
    )


def peers(bench: Bench) -> Iterator[Result]:
    """The same files through each tool, in seconds of flake8 --select=F."""
    agents = bench.folder("tf-agents") / "tf_agents" / "agents"
    files = [path for part in AGENTS for path in python_files(agents / part)]
    marked = bench.scratch / "marked"
    marked.mkdir(exist_ok=True)
    copies = []
    for number, path in enumerate(files):
        copy = marked / f"{number}_{path.name}"
        # TorchFix passes over files without the word; we are given the same copies.
        copy.write_bytes(path.read_bytes() + b"\n# torch\n")
        copies.append(str(copy))
    tools = {
        "tflint-grad": [bench.python("ours"), "-m", "tflint_grad", "--isolated", *copies],
        "flake8 with TorchFix": [*bench.flake8("torchfix")[:-2], "--select=F,TOR", "-j1", *copies],
        "TorchFix": [bench.python("torchfix"), "-m", "torchfix", "--select=ALL", *copies],
        "Fixit": [bench.python("fixit"), "-m", "fixit", "lint", *copies],
    }
    plain = [*bench.flake8("plain"), *copies]
    kilo = rows_of(files) / 1000
    for name, command in tools.items():
        try:
            pair = compared(command, plain, max(1, bench.rounds // 3))
        except RuntimeError as error:
            say(f"{name} cannot be measured: {error}")
            continue
        detail = f"{pair.first / kilo:.2f} s/KLOC, {pair.first_mebibytes:.0f} MiB"
        yield Result(
            f"{name} on {len(copies)} files of tf-agents", pair.ratio, "x flake8", None, detail
        )


def many_tapes(count: int) -> str:
    part = (
        "with tf.GradientTape() as tape{n}:\n"
        "    loss{n} = tf.reduce_sum(w * {n}.0)\n"
        "grad{n} = tape{n}.gradient(loss{n}, w)\n"
    )
    head = "import tensorflow as tf\nw = tf.Variable(1.5)\n"
    return head + "".join(part.format(n=number) for number in range(count))


def scaling(bench: Bench) -> Iterator[Result]:
    """A generated file of many tapes, and the peak memory against a bare parse."""
    python = bench.python("ours")
    lint = [python, "-m", "tflint_grad", "--isolated"]
    parse = "import sys, libcst; libcst.parse_module(open(sys.argv[1], 'rb').read())"
    start = cost([*lint, bench.written("tapes_1.py", many_tapes(1))]).seconds
    bare = cost([python, "-c", "import libcst"]).seconds
    seconds = {}
    for count in (500, 1000, 2000):
        path = bench.written(f"tapes_{count}.py", many_tapes(count))
        pair = compared([*lint, path], [python, "-c", parse, path], max(1, bench.rounds // 2))
        seconds[count] = (pair.first - start, pair.second - bare)
        if count == 2000:
            ratio = seconds[count][0] / seconds[count][1]
            memory = pair.first_mebibytes / pair.second_mebibytes
            yield Result("a file of 2,000 tapes", ratio, "parses", 3.0, f"{pair.first:.1f} s")
            detail = f"{pair.first_mebibytes:.0f} against {pair.second_mebibytes:.0f} MiB"
            yield Result("its peak memory against a bare parse", memory, "x", None, detail)
    growth = seconds[2000][0] / seconds[500][0] / 4
    yield Result("500 to 2,000 tapes: time a tape grows by", growth, "x", 1.2)


MEASUREMENTS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "start": start_up,
    "files": analysed_files,
    "flake8": flake8_plugin,
    "scaling": scaling,
    "peers": peers,
    "reading": projects.reading,
    "torchfix": projects.against_torchfix,
    "jobs": projects.two_processes,
    "remembered": projects.remembered,
    "memory": projects.peak_memory,
    "generated": projects.generated,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--sources", type=Path, help="packages unpacked before, one folder each")
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="one package, few rounds")
    parser.add_argument("--large", action="store_true", help="the largest packages too")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    for name in ("cache", "sources", "json"):
        if (path := getattr(options, name)) is not None:
            setattr(options, name, path.resolve())
    bench = Bench(options)
    results: list[dict[str, Any]] = []
    for name in options.only:
        for result in MEASUREMENTS[name](bench):
            print(result, flush=True)
            results.append(asdict(result))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
