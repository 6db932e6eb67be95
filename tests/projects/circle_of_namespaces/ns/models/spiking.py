import tensorflow as tf


def heaviside(x):
    return tf.where(x > 0, tf.ones_like(x), tf.zeros_like(x))  # expect: TFG204 gradient-none  # right: return tf.where(x > 0, x, tf.zeros_like(x))


class Spiking(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3))

    def call(self, x):
        return heaviside(x @ self.w)

    def fit_once(self, x):
        from ns.training import train

        return train(self, x)
