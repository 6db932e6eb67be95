import tensorflow as tf

__all__ = ["l1"]


def l1(y, p):
    return tf.reduce_mean(tf.abs(y - p))
