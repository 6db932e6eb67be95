import tensorflow as tf


def unit(x):
    return x / tf.convert_to_tensor(tf.norm(x).numpy())  # expect: TFG202 gradient-wrong  # right: return x / tf.norm(x)
