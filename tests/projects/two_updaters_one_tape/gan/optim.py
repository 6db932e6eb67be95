import tensorflow as tf


class Updater:
    def __init__(self, model, rate=1e-3):
        self.model = model
        self.optimizer = tf.keras.optimizers.Adam(rate)

    def update(self, tape, loss):
        grads = tape.gradient(loss, self.model.trainable_variables)  # expect: TFG301 raises
        self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
        return grads
