"""Shared by all tests: the environment of TensorFlow runs, and pytest's own view of the tree."""

from __future__ import annotations

import os
import tempfile

# Before anything imports TensorFlow: no log chatter, no search for devices.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# What the runs of the tests remember goes away with them, and nothing of the user's is used.
_CACHE = tempfile.TemporaryDirectory(prefix="tflint-grad-tests-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name
