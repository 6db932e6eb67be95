"""A nested function rebinds the outer name through nonlocal."""

import tensorflow as tf


def main():
    w = tf.Variable([0.4, 1.3])
    total = tf.constant(0.0)

    def add(value):
        nonlocal total
        total = total + tf.reduce_sum(tf.floor(value))

    with tf.GradientTape() as tape:
        add(w * 3.0)
        add(w + 1.0)
    return tape.gradient(total, w)  # path w: cut


main()
