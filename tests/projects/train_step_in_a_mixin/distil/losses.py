import tensorflow as tf


def agreement(labels, student):
    winner = tf.argmax(student, -1)  # expect: TFG204 gradient-none  # right: winner = student[:, 0]
    return tf.reduce_mean(tf.square(labels[:, 0] - tf.cast(winner, tf.float32)))
