"""A function that is called with nothing known but its use."""

import tensorflow as tf


def step(net, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((net(x) - y) ** 2)
    return tape.gradient(loss, net.trainable_variables)  # path net.trainable_variables: live


step(tf.keras.layers.Dense(1), tf.ones([2, 2]), tf.ones([2, 1]))
