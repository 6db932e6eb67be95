import tensorflow as tf

from ..quantise import quantise


class Generator(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.kernel = tf.Variable(tf.random.normal([width, width]))

    def __call__(self, noise):
        return quantise(noise @ self.kernel)
