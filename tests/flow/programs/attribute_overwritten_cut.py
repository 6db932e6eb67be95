"""The attribute is live first, then overwritten by its own rounded value."""

import tensorflow as tf


class Cell:
    def __init__(self):
        self.hidden = None


w = tf.Variable([0.5, 1.7])
cell = Cell()
with tf.GradientTape() as tape:
    cell.hidden = w * 3.0
    cell.hidden = tf.round(cell.hidden)
    loss = tf.reduce_sum(cell.hidden)
print(tape.gradient(loss, w))  # path w: cut 15
