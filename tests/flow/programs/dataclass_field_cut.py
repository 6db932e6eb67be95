"""A frozen dataclass is built from a value that has been cast to integers."""

from dataclasses import dataclass, replace

import tensorflow as tf


@dataclass(frozen=True)
class Step:
    level: tf.Tensor
    size: float


w = tf.Variable([0.3, 2.6])
with tf.GradientTape() as tape:
    step = Step(level=tf.cast(w * 10.0, tf.int32), size=0.1)
    finer = replace(step, size=0.01)
    loss = tf.reduce_sum(tf.cast(finer.level, tf.float32) * finer.size)
print(tape.gradient(loss, w))  # path w: cut 16
