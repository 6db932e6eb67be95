import tensorflow as tf

from distil.steps import DistilStep


class Student(DistilStep, tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(3)

    def call(self, x, training=False):
        return self.dense(x)
