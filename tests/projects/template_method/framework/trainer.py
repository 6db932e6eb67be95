import abc

import tensorflow as tf


class BaseTrainer(abc.ABC):
    def __init__(self, config):
        self.config = config
        self.model = self.build()

    @abc.abstractmethod
    def build(self):
        raise NotImplementedError

    @abc.abstractmethod
    def loss(self, x, y):
        raise NotImplementedError

    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        gradients = tape.gradient(loss, self.model.trainable_variables)
        return loss, gradients
