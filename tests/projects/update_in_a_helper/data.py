import tensorflow as tf


def batches(n):
    for i in range(n):
        yield tf.constant([[1.0, float(i)]]), tf.constant([[2.0]])
