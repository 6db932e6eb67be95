import tensorflow as tf

from act import ACTIVATIONS, Kind


class Net:
    def __init__(self, kind=Kind.HARD):
        self.w = tf.Variable([[1.0], [2.0]])
        self.activation = ACTIVATIONS[kind]

    def forward(self, x):
        return self.activation(x @ self.w)
