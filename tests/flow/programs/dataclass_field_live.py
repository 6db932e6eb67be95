"""A dataclass with a default factory carries the value."""

from dataclasses import dataclass, field

import tensorflow as tf


@dataclass
class Batch:
    inputs: object
    outputs: list = field(default_factory=list)
    scale: float = 2.0


w = tf.Variable([0.3, 2.6])
batch = Batch(tf.constant([1.0, 2.0]))
with tf.GradientTape() as tape:
    for _ in range(2):
        batch.outputs.append(w * batch.inputs * batch.scale)
    loss = tf.reduce_sum(tf.stack(batch.outputs))
print(tape.gradient(loss, w))  # path w: live
