"""match on a Python value chooses the live arm."""

import tensorflow as tf


def activate(v, kind):
    match kind:
        case "step":
            return tf.cast(v > 0.0, tf.float32)
        case "tanh" | "sigmoid":
            return tf.tanh(v)
        case _:
            raise ValueError(kind)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(activate(w, "tanh"))
print(tape.gradient(loss, w))  # path w: live
