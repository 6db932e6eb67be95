import tensorflow as tf


def focal_loss(y, p, gamma, threshold=0.5):
    p = tf.sigmoid(p)
    chosen = tf.cast(p > threshold, tf.float32)  # expect: TFG204 gradient-none  # right: chosen = p - threshold
    weight = (1.0 - chosen) ** gamma
    return tf.reduce_mean(weight * y)
