import tensorflow as tf

from registry import register


@register("bce")
def bce(y_true, y_pred):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred))
