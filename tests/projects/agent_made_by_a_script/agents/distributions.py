import numpy as np
import tensorflow as tf


class Gaussian:
    def __init__(self, mean, log_std):
        self.mean = mean
        self.log_std = log_std

    def log_prob(self, action):
        std = tf.exp(self.log_std)
        z = (action - self.mean) / std
        return -0.5 * tf.reduce_sum(z**2 + 2.0 * self.log_std + np.log(2.0 * np.pi), axis=-1)

    def entropy(self):
        return np.sum(self.log_std + 0.5 * float(np.log(2.0 * np.pi * np.e)))  # expect: TFG201 gradient-wrong  # right: return tf.reduce_sum(self.log_std + 0.5 * float(np.log(2.0 * np.pi * np.e)))
