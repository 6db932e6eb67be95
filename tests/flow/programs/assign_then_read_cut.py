"""The value goes into a variable's state and comes back by reading."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
store = tf.Variable([0.0, 0.0])
with tf.GradientTape() as tape:
    store.assign(w * 2.0)
    loss = tf.reduce_sum(store**2)
# differences: no, the second source is the state, not its first value
print(tape.gradient(loss, [w, store]))  # path w: cut 8; store: live
