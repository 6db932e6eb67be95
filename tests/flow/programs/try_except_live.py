"""The handler is the fallback; both ways are live."""

import tensorflow as tf


def forward(v, table):
    try:
        scale = table["scale"]
    except KeyError:
        scale = 2.0
    else:
        scale = scale * 0.5
    return tf.reduce_sum(v * scale)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = forward(w, {}) + forward(w, {"scale": 3.0})
print(tape.gradient(loss, w))  # path w: live
