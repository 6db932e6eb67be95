import tensorflow as tf


def gradient_penalty(critic, real, fake):
    alpha = tf.random.uniform([tf.shape(real)[0], 1])
    mixed = real + alpha * (fake - real)  # expect: TFG401 gradient-none
    with tf.GradientTape() as tape:
        pass  # right: tape.watch(mixed)
        score = critic(mixed)
    return tape.gradient(score, mixed)
