"""The loss was recorded by the other tape of the dictionary."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
tapes = {"a": tf.GradientTape(), "b": tf.GradientTape()}
with tapes["a"]:
    first = tf.reduce_sum(w)
with tapes["b"]:
    second = tf.reduce_sum(w * w)
print(tapes["a"].gradient(second, w), first)  # path w: unrecorded 10
