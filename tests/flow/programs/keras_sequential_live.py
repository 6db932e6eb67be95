"""A Keras model and a Keras loss; the accuracy beside them is a metric only."""

import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation="tanh"), tf.keras.layers.Dense(2)])
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
x = tf.constant([[0.1, 0.2], [0.3, -0.4]])
y = tf.constant([0, 1])
with tf.GradientTape() as tape:
    logits = model(x, training=True)
    loss = loss_fn(y, logits)
    accuracy.update_state(y, logits)
grads = tape.gradient(loss, model.trainable_variables)  # path model.trainable_variables: live
