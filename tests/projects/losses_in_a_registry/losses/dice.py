import tensorflow as tf

from registry import register


@register("dice")
def dice_loss(y_true, y_pred):
    y_pred = tf.cast(y_pred > 0.5, tf.float32)  # expect: TFG204 gradient-none  # right: y_pred = tf.nn.sigmoid(y_pred)
    inter = tf.reduce_sum(y_true * y_pred)
    return 1.0 - (2.0 * inter + 1.0) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1.0)
