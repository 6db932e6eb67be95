"""clip, zip, apply_gradients: three rounds of an ordinary training step."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
b = tf.Variable(0.1)
optimizer = tf.keras.optimizers.SGD(0.1)
for x in tf.data.Dataset.from_tensor_slices([[1.0, 2.0], [0.5, 1.0]]):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((w * x + b - 1.0) ** 2)
    grads = tape.gradient(loss, [w, b])  # path w: live; b: live
    grads, _ = tf.clip_by_global_norm(grads, 1.0)
    optimizer.apply_gradients(zip(grads, [w, b]))
