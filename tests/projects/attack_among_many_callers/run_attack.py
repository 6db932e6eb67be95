import tensorflow as tf

from attacks import ATTACKS
from attacks.common import input_gradient


class Linear(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.random.normal([4, 3]))

    def __call__(self, x):
        return tf.tanh(x) @ self.w


if __name__ == "__main__":
    net = Linear()
    x, y = tf.random.normal([2, 4]), tf.constant([0, 2])
    gradients = [input_gradient(net, x, y)]
    print(sorted(ATTACKS))
