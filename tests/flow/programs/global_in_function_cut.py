"""A function overwrites the module's global by a host copy of it."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
hidden = None


def forward(x):
    global hidden
    hidden = w * x
    report()


def report():
    global hidden
    hidden = hidden.numpy()


with tf.GradientTape() as tape:
    forward(tf.constant([1.0, 2.0]))
    loss = tf.reduce_sum(tf.square(hidden))
print(tape.gradient(loss, w))  # path w: cut 17
