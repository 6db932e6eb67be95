"""Two tapes in a dictionary, each with its own loss."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
tapes = {"a": tf.GradientTape(), "b": tf.GradientTape()}
losses = {}
with tapes["a"]:
    losses["a"] = tf.reduce_sum(w)
with tapes["b"]:
    losses["b"] = tf.reduce_sum(w * w)
print(tapes["a"].gradient(losses["a"], w))  # path w: live
print(tapes["b"].gradient(losses["b"], w))  # path w: live
