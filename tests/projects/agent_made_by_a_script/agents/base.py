import abc

import tensorflow as tf


class Agent(abc.ABC):
    def __init__(self, policy, optimizer):
        self.policy = policy
        self.optimizer = optimizer

    @abc.abstractmethod
    def loss(self, batch):
        """The loss of a batch."""

    def update(self, batch):
        with tf.GradientTape() as tape:
            loss = self.loss(batch)
        grads = tape.gradient(loss, self.policy.trainable_variables)
        grads, _ = tf.clip_by_global_norm(grads, 0.5)
        self.optimizer.apply_gradients(zip(grads, self.policy.trainable_variables))
        return grads
