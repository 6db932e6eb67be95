"""A function mutates the object that it is given."""

import tensorflow as tf


class State:
    def __init__(self):
        self.total = tf.constant(0.0)


def add(state, value):
    state.total += tf.reduce_sum(value)


w = tf.Variable([0.3, 1.6])
state = State()
with tf.GradientTape() as tape:
    add(state, w)
    add(state, w * w)
print(tape.gradient(state.total, w))  # path w: live
