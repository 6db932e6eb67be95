"""Early return in the nested function, nonlocal accumulator, live."""

import tensorflow as tf


def main():
    w = tf.Variable([0.4, 1.3])
    total = tf.constant(0.0)

    def add(value, skip):
        nonlocal total
        if skip:
            return
        total = total + tf.reduce_sum(value)

    with tf.GradientTape() as tape:
        add(tf.round(w), skip=True)
        add(w * w, skip=False)
    return tape.gradient(total, w)  # path w: live


main()
