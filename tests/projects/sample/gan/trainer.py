import tensorflow as tf

import gan
from gan import losses as objective


class Trainer:
    def __init__(self, generator, critic):
        self.generator = generator
        self.critic = critic

    def critic_step(self, real, noise):
        with tf.GradientTape() as tape:
            fake = tf.stop_gradient(self.generator(noise))
            loss = objective.critic_loss(self.critic(real), self.critic(fake))
        return tape.gradient(loss, self.critic.trainable_variables)

    def generator_step(self, noise):
        with tf.GradientTape() as tape:
            loss = gan.generator_loss(self.critic(self.generator(noise)))
        return tape.gradient(loss, self.generator.trainable_variables)
