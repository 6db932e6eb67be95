import tensorflow as tf

from .base import Policy


class GaussianPolicy(Policy):
    def __init__(self, actions):
        self.net = tf.keras.layers.Dense(actions)

    def sample(self, state):
        mean = self.net(state)
        noise = tf.random.normal(tf.shape(mean))
        return tf.stop_gradient(mean + noise)  # expect: TFG211 gradient-none  # right: return mean + noise

    @property
    def variables(self):
        return self.net.trainable_variables
