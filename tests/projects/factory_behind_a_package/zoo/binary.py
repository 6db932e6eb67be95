import tensorflow as tf


class BinaryNet(tf.keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense = tf.keras.layers.Dense(units)

    def call(self, x):
        return tf.sign(self.dense(x))  # expect: TFG206 gradient-zero  # right: return tf.tanh(self.dense(x))
