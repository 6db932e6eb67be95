import tensorflow as tf

from svc.context import embedder


def rank_loss(pos, neg):
    e = embedder()
    return tf.reduce_mean(tf.nn.relu(1.0 - e.score(pos) + e.score(neg)))


with tf.GradientTape() as tape:
    loss = rank_loss(tf.constant([0, 1]), tf.constant([2, 3]))
gradients = [tape.gradient(loss, embedder().scale)]
