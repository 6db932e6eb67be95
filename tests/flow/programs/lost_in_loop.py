"""A scale from math.sqrt, updated in every round."""

import math

import tensorflow as tf

w = tf.Variable(1.6)
with tf.GradientTape() as tape:
    hidden = w * 2.0
    for _ in range(2):
        hidden = hidden / math.sqrt(w)
    loss = hidden * hidden
print(tape.gradient(loss, w))  # path w: lost 11
