"""Encoder and decoder in a subclass: the code between them is rounded."""

import tensorflow as tf


class Coder(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = tf.keras.layers.Dense(3)
        self.decoder = tf.keras.layers.Dense(2)

    def call(self, x):
        code = tf.round(self.encoder(x))
        return self.decoder(code)


model = Coder()
x = tf.constant([[0.1, 0.2], [0.3, -0.4]])
with tf.GradientTape(persistent=True) as tape:
    loss = tf.reduce_mean((model(x) - x) ** 2)
coder = model.encoder
g = tape.gradient(loss, coder.trainable_weights)  # path coder.trainable_weights: cut 13
coder = model.decoder
g = tape.gradient(loss, coder.trainable_weights)  # path coder.trainable_weights: live
del tape
