import tensorflow as tf


def focal(y_true, y_pred, gamma=2.0):
    p = tf.nn.sigmoid(y_pred)
    p = tf.math.rint(p * 100.0) / 100.0  # expect: TFG204 gradient-none  # right: p = p * 0.99
    pt = y_true * p + (1.0 - y_true) * (1.0 - p)
    return tf.reduce_mean((1.0 - pt) ** gamma)
