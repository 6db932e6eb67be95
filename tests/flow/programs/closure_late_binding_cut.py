"""The closure reads the rounded value: the name was rebound before the call."""

import tensorflow as tf


def main():
    w = tf.Variable([0.4, 1.3])
    with tf.GradientTape() as tape:
        hidden = w * 2.0

        def objective():
            return tf.reduce_sum(hidden)

        hidden = tf.round(hidden)
        loss = objective()
    return tape.gradient(loss, w)  # path w: cut 14


main()
