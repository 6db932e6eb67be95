"""The inner object of two takes its value out of TensorFlow; only its kernel is behind the cut."""

import numpy as np
import tensorflow as tf


class Layer:
    def __init__(self, start, host):
        self.kernel = tf.Variable(start)
        self.host = host

    def __call__(self, x):
        if self.host:
            return tf.constant(np.maximum(self.kernel * x, 0.0))
        return self.kernel * x


class Net:
    def __init__(self):
        self.first = Layer([0.3, 2.6], host=True)
        self.second = Layer([1.3, 0.6], host=False)

    def __call__(self, x):
        return self.second(self.first(x))


net = Net()
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(net(tf.constant([0.5, 0.25])) ** 2)
one, two = net.first, net.second
grads = tape.gradient(loss, [one.kernel, two.kernel])  # path one.kernel: cut 14; two.kernel: live
