import tensorflow as tf

from kit.registry import HEADS


@HEADS.register("sign")
class SignHead(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.w = tf.Variable(tf.ones([width, 1]) * 0.3)

    def __call__(self, h):
        return tf.math.floor(h @ self.w)  # expect: TFG204 gradient-none  # right: return tf.math.tanh(h @ self.w)


@HEADS.register("linear")
class LinearHead(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.w = tf.Variable(tf.ones([width, 1]))

    def __call__(self, h):
        return h @ self.w
