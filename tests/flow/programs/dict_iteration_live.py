"""All values of a dictionary of losses are summed through .values() and .items()."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
weights = {"a": 0.5, "b": 2.0}
with tf.GradientTape() as tape:
    losses = {"a": tf.reduce_sum(w**2), "b": tf.reduce_mean(tf.exp(w))}
    total = 0.0
    for name, loss in losses.items():
        total += weights[name] * loss
    total = total + sum(losses.values())
print(tape.gradient(total, w))  # path w: live
