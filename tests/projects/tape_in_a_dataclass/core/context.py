from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass
class StepContext:
    tape: tf.GradientTape
    optimizer: Any = None

    def backward(self, loss, variables):
        return self.tape.gradient(loss, variables)  # expect: TFG301 raises
