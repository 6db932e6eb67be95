import tensorflow as tf
from embed import Embedder


def step(model: "Embedder", a, b):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_sum(model.embed(a) * model.embed(b))
    return tape.gradient(loss, model.trainable_weights)


if __name__ == "__main__":
    gradients = step(Embedder(), tf.ones([1, 2]), tf.ones([1, 2]))
