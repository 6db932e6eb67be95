"""An attribute set in both arms of a branch carries the path."""

import tensorflow as tf


class Cell:
    def __init__(self):
        self.hidden = None


w = tf.Variable([0.5, -1.5])
cell = Cell()
with tf.GradientTape() as tape:
    if tf.reduce_sum(w) > 0.0:
        cell.hidden = w * 2.0
    else:
        cell.hidden = w * w
    loss = tf.reduce_sum(cell.hidden)
print(tape.gradient(loss, w))  # path w: live
