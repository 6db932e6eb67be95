import tensorflow as tf

from .optim import Updater


class Step:
    def __init__(self, generator, critic):
        self.generator, self.critic = generator, critic
        self.of_generator = Updater(generator)
        self.of_critic = Updater(critic)

    def __call__(self, noise, real):
        with tf.GradientTape() as tape:  # right: with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(noise)
            bad = tf.reduce_mean(self.critic(fake))
            good = tf.reduce_mean(self.critic(real))
            fooled, caught = -bad, bad - good
        first = self.of_generator.update(tape, fooled)
        return first + self.of_critic.update(tape, caught)
