import tensorflow as tf

from agents.distributions import Gaussian


class GaussianPolicy(tf.keras.Model):
    def __init__(self, act_dim):
        super().__init__()
        self.net = tf.keras.layers.Dense(act_dim)
        self.log_std = self.add_weight(shape=(act_dim,), initializer="zeros", name="log_std")

    def call(self, obs):
        return Gaussian(self.net(obs), self.log_std)
