"""Shared by all tests: the environment of TensorFlow runs, and pytest's own view of the tree."""

from __future__ import annotations

import os
import tempfile

# Before anything imports TensorFlow: no log chatter, no search for devices.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# What the runs of the tests remember goes away with them, and nothing of the user's is used.
_HOME = tempfile.TemporaryDirectory(prefix="tflint-grad-tests-", ignore_cleanup_errors=True)
os.environ["XDG_CACHE_HOME"] = os.path.join(_HOME.name, "cache")

# A worker of xdist ends without cleaning up, and AutoGraph's files stay: the first process clears
# away what it has lent to them all.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["TMPDIR"] = _HOME.name
    tempfile.tempdir = None


def pytest_unconfigure() -> None:
    """The folder of a worker lies in that of the first process."""
    _HOME.cleanup()
