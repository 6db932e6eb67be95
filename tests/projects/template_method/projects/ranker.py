import numpy as np
import tensorflow as tf
from framework import BaseTrainer


class RankTrainer(BaseTrainer):
    def build(self):
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.build((None, self.config["features"]))
        return model

    def loss(self, x, y):
        scores = self.model(x)
        gaps = np.subtract.outer(np.squeeze(scores), np.squeeze(scores))  # expect: TFG201 gradient-none  # right: gaps = scores - tf.transpose(scores)
        return tf.reduce_mean(tf.nn.relu(1.0 - gaps * tf.sign(y)))
