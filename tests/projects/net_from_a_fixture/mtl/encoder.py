import tensorflow as tf


class Encoder(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.kernel = tf.Variable(tf.ones([2, width]))

    def __call__(self, x):
        return tf.math.ceil(x @ self.kernel)  # expect: TFG204 gradient-none  # right: return tf.math.tanh(x @ self.kernel)


class Decoder(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.kernel = tf.Variable(tf.ones([width, 2]))

    def __call__(self, x):
        return x @ self.kernel
