import tensorflow as tf

import kit
from kit.registry import HEADS


def run(head, h):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(head(h))
    return tape.gradient(loss, head.trainable_variables)


gradients = run(HEADS.build("sign", width=2), tf.ones([3, 2]))
