"""partial over a bound method, called in a loop."""

from functools import partial

import tensorflow as tf


class Net:
    def __init__(self):
        self.w = tf.Variable([0.4, -1.3])

    def score(self, x, scale):
        return tf.reduce_sum(self.w * x) * scale


net = Net()
score = partial(net.score, scale=2.0)
with tf.GradientTape() as tape:
    loss = 0.0
    for x in (tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])):
        loss += score(x)
print(tape.gradient(loss, net.w))  # path net.w: live
