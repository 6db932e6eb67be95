import tensorflow as tf

from .losses import spread


def penalty(critic: "Critic", sample):
    with tf.GradientTape() as tape:
        tape.watch(sample)
        score = tf.reduce_mean(critic(sample)) + spread(critic(sample))
    return tape.gradient(score, sample)


def smooth_penalty(critic, sample):
    with tf.GradientTape() as tape:
        tape.watch(sample)
        score = tf.reduce_mean(critic(sample))
    return tape.gradient(score, sample)
