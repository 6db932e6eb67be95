"""predict leaves TensorFlow."""

import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(2)])
x = tf.constant([[0.1, 0.2], [0.3, -0.4]])
with tf.GradientTape() as tape:
    logits = model.predict(x, verbose=0)
    loss = tf.reduce_mean(tf.square(logits))
grads = tape.gradient(loss, model.trainable_variables)  # path model.trainable_variables: cut 8
