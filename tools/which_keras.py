"""The Keras that is measured: Keras 3, or Keras 2 (tf_keras) where TensorFlow is told to use it."""

from __future__ import annotations

import importlib
import os
from typing import Any

IS_KERAS_2 = os.environ.get("TF_USE_LEGACY_KERAS") == "1"
keras: Any = importlib.import_module("tf_keras" if IS_KERAS_2 else "keras")
