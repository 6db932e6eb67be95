import tensorflow as tf


class Loop:
    def __init__(self, model, loss_fn, callbacks=()):
        self.model = model
        self.loss_fn = loss_fn
        self.callbacks = list(callbacks)

    def run_batch(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss_fn(y, self.model(x))
            for callback in self.callbacks:
                loss = callback.on_loss(loss)
        return tape.gradient(loss, self.model.trainable_variables)
