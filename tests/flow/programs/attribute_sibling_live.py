"""One attribute is rounded, the target is made from the other."""

import tensorflow as tf


class State:
    pass


w = tf.Variable([0.5, 1.7])
state = State()
with tf.GradientTape() as tape:
    state.soft = w * 3.0
    state.hard = tf.round(state.soft)
    loss = tf.reduce_sum(state.soft**2)
print(tape.gradient(loss, w), state.hard)  # path w: live
