import tensorflow as tf

LEVELS = 16.0


def quantise(value):
    return tf.round(value * LEVELS) / LEVELS
