"""The with block is left by the early return; the caller goes on outside."""

import tensorflow as tf


def forward(w):
    with tf.GradientTape() as tape:
        hidden = w * 2.0
        if tf.rank(w) == 1:
            return tape, hidden
        hidden = hidden * 3.0
    return tape, hidden


w = tf.Variable([0.3, 1.6])
tape, hidden = forward(w)
loss = tf.reduce_sum(hidden)
print(tape.gradient(loss, w))  # path w: unrecorded 17
