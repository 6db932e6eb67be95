"""How long `--verify` takes for 50 scenes, TensorFlow's start included.

    python benchmarks/verify.py [--scenes 50] [--jobs N]

The scenes are those of the fixtures' bad files, one finding each, without the tails that drive them:
what is executed is found by the verifier itself. CPU seconds are told beside the wall clock's, as
the former do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tflint_grad.engine import lint_files
from tflint_grad.verify.scenes import WITHOUT_VERDICT

FIXTURES = Path(__file__).parent.parent / "fixtures"
TAIL = b"# --- run ---"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chosen = _prepared(Path(folder), options.scenes)
        command = [sys.executable, "-m", "tflint_grad", "--verify", "--output-format", "json"]
        command += [] if options.jobs is None else ["--verify-jobs", str(options.jobs)]
        began = time.monotonic()
        result = subprocess.run(
            [*command, "."], cwd=folder, capture_output=True, text=True, check=False
        )
        wall = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    verdicts = [one["verdict"] for one in json.loads(result.stdout) if one["verdict"]]
    words = Counter(verdict["status"] for verdict in verdicts)
    print(f"{chosen} files, {len(verdicts)} findings: {dict(words)}")
    print(f"{wall:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU seconds")


def _prepared(folder: Path, wanted: int) -> int:
    """Copy files until they hold as many findings as wanted, round robin over the rules."""
    rules = [sorted(rule.glob("bad_*.py")) for rule in sorted(FIXTURES.glob("TFG*"))]
    order = [files[n] for n in range(max(map(len, rules))) for files in rules if n < len(files)]
    found = files = 0
    for path in order:
        if found >= wanted:
            break
        text = path.read_bytes().partition(TAIL)[0]
        copy = folder / f"{path.parent.name}_{path.name}"
        copy.write_bytes(text)
        (report,) = lint_files([str(copy)])
        count = sum(str(one.consequence) not in WITHOUT_VERDICT for one in report.findings)
        if not count:
            copy.unlink()
            continue
        found += count
        files += 1
    return files


if __name__ == "__main__":
    main()
