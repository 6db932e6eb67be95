import tensorflow as tf
import distil.losses as L


class DistilStep:
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            student = self(x, training=True)
            loss = L.agreement(y, student)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return {"loss": loss}
