import tensorflow as tf

__all__ = ["rescale"]


def rescale(x):
    return x / tf.reduce_max(tf.abs(x))
