"""train_step under fit is an unconverted graph."""

import tensorflow as tf


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x, training=True) - y) ** 2)
        weights = self.trainable_variables
        grads = tape.gradient(loss, weights)  # path weights: live, in graph
        self.optimizer.apply_gradients(zip(grads, weights))
        return {"loss": loss}


net = Net()
net.compile(optimizer="sgd")
net.fit(tf.ones([4, 2]), tf.ones([4, 1]), epochs=1, verbose=0)
