import tensorflow as tf


class Embedder(tf.Module):
    def __init__(self, n):
        super().__init__()
        self.table = tf.Variable(tf.random.normal([5, n]))
        self.scale = tf.Variable(1.5)

    def lookup(self, ids):
        return tf.gather(self.table, ids)

    def score(self, ids):
        v = self.lookup(ids)
        gain = tf.constant(self.scale)  # expect: TFG203 gradient-none  # right: gain = tf.identity(self.scale)
        return tf.reduce_sum(v * gain, -1)
