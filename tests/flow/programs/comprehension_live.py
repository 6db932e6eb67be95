"""A comprehension over a zip of weights and inputs, reduced by sum()."""

import tensorflow as tf

weights = [tf.Variable(0.3), tf.Variable(1.6)]
inputs = [tf.constant(2.0), tf.constant(3.0)]
with tf.GradientTape() as tape:
    terms = [w * x for w, x in zip(weights, inputs)]
    loss = sum(t**2 for t in terms)
print(tape.gradient(loss, weights))  # path weights: live
