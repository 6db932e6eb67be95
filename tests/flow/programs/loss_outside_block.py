"""The usual slip: the loss is computed one indentation too far left."""

import tensorflow as tf


class Model:
    def __init__(self):
        self.w = tf.Variable([0.3, 1.6])

    def __call__(self, x):
        return self.w * x


model = Model()
x = tf.constant([1.0, 2.0])
with tf.GradientTape() as tape:
    prediction = model(x)
loss = tf.reduce_mean((prediction - 1.0) ** 2)
print(tape.gradient(loss, model.w))  # path model.w: unrecorded 18
