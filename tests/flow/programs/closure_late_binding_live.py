"""The closure is defined over a rounded value, but reads the live one bound before the call."""

import tensorflow as tf


def main():
    w = tf.Variable([0.4, 1.3])
    with tf.GradientTape() as tape:
        hidden = tf.round(w)

        def objective():
            return tf.reduce_sum(hidden * hidden)

        hidden = w * 2.0
        loss = objective()
    return tape.gradient(loss, w)  # path w: live


main()
