import tensorflow as tf

__all__ = ["to_grid"]


def _levels(x, bits):
    return tf.cast(x * 2**bits, tf.int32)  # expect: TFG205 gradient-none  # right: return x * 2**bits


def to_grid(x, bits=4):
    return tf.cast(_levels(x, bits), tf.float32) / 2**bits
