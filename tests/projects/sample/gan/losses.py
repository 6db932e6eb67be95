import numpy as np
import tensorflow as tf


def generator_loss(scores):
    return -tf.reduce_mean(scores)


def critic_loss(real, fake):
    return tf.reduce_mean(fake) - tf.reduce_mean(real) + spread(real)


def spread(scores):
    return np.std(scores)
