import tensorflow as tf
from quant.layer import QuantDense

layer = QuantDense(2, 2)
with tf.GradientTape() as tape:
    out = tf.reduce_sum(layer(tf.ones([1, 2])))
gradients = tape.gradient(out, layer.trainable_variables)
