"""match takes a pair apart; the captured name holds the floor."""

import tensorflow as tf


def forward(v):
    return "ok", tf.floor(v)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    match forward(w):
        case ("ok", result):
            loss = tf.reduce_sum(result)
        case _:
            loss = tf.constant(0.0)
print(tape.gradient(loss, w))  # path w: cut 7
