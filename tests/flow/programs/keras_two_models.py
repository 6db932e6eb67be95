"""The generator's loss is asked for the generator's variables, the other way round it is absent."""

import tensorflow as tf

layers = tf.keras.layers
maker = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(2)])
critic = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(1)])
noise = tf.constant([[0.1, 0.2]])
with tf.GradientTape(persistent=True) as tape:
    fake = maker(noise)
    g_loss = tf.reduce_mean(critic(fake))
    d_loss = tf.reduce_mean(critic(noise) ** 2)
g = tape.gradient(g_loss, maker.trainable_variables)  # path maker.trainable_variables: live
g = tape.gradient(d_loss, maker.trainable_variables)  # path maker.trainable_variables: absent
del tape
