import tensorflow as tf


def step(net, batch):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(batch))
    return tape.gradient(loss, net.trainable_variables)
