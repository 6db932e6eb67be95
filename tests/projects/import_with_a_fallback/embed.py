import tensorflow as tf

try:
    from fastmath.norms import unit
except ImportError:
    from slowmath import unit


class Embedder(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.project = tf.keras.layers.Dense(3)

    def embed(self, x):
        return unit(self.project(x))
