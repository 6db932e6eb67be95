"""The method of the base class is called through super(), its result is used."""

import tensorflow as tf


class Base:
    def __init__(self, start):
        self.w = tf.Variable(start)

    def forward(self, x):
        return self.w * x


class Derived(Base):
    def __init__(self, start):
        super().__init__(start)
        self.bias = tf.Variable([0.1, 0.2])

    def forward(self, x):
        return super().forward(x) + self.bias


net = Derived([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(net.forward(tf.constant([1.0, 2.0])) ** 2)
print(tape.gradient(loss, [net.w, net.bias]))  # path net.w: live; net.bias: live
