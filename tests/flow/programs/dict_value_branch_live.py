"""A value in a dictionary, replaced in one arm by another live value."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
outputs = {}
deep = True
with tf.GradientTape() as tape:
    outputs["hidden"] = w * 2.0
    if deep:
        outputs["hidden"] = tf.tanh(outputs["hidden"])
    outputs["label"] = tf.argmax(outputs["hidden"])
    loss = tf.reduce_sum(outputs["hidden"])
print(tape.gradient(loss, w))  # path w: live
