"""Two instances of one class: the loss is made from the other."""

import tensorflow as tf


class Net:
    def __init__(self, start):
        self.w = tf.Variable(start)

    def __call__(self, x):
        return self.w * x


online = Net([0.3, 1.6])
target = Net([1.3, 0.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(target(tf.constant([1.0, 2.0])) ** 2)
print(tape.gradient(loss, [online.w, target.w]))  # path online.w: absent; target.w: live
