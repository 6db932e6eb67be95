"""Verdicts that still hold: by the file's bytes, TensorFlow's version, the harness and the oracles.

The rest of the verifier is not counted in: a change to its search for arguments would void them
all. What it changes, the daily part of the fixtures that is executed anyway will show.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from pathlib import Path

from tests.harness.fixture import Fixture

#: What a verdict depends on, besides the fixture and TensorFlow.
HARNESS = Path(__file__).parent
VERIFY = HARNESS.parents[1] / "tflint_grad" / "verify"
DECIDING = (
    *(HARNESS / f"{name}.py" for name in ("fixture", "judging", "tail")),
    *(VERIFY / f"{name}.py" for name in ("outcomes", "numeric", "shift")),
    *sorted((VERIFY / "oracles").glob("*.py")),
)
LEDGER = Path(__file__).with_name("results.json")


def tensorflow_version() -> str | None:
    """Without importing it: that costs seconds."""
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def key(fixture: Fixture) -> str:
    digest = hashlib.sha256(f"{tensorflow_version()}\n".encode())
    for path in DECIDING:
        digest.update(path.read_bytes())
    digest.update(fixture.path.read_bytes())
    return digest.hexdigest()[:24]


def held() -> dict[str, str]:
    """Fixture to the key under which it last passed."""
    if not LEDGER.exists():
        return {}
    stored: dict[str, str] = json.loads(LEDGER.read_text("utf-8"))
    return stored


def record(passed: dict[str, str]) -> None:
    LEDGER.write_text(json.dumps(dict(sorted(passed.items())), indent=1) + "\n", "utf-8")
