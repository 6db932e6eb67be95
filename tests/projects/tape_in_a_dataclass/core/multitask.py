import tensorflow as tf

from core.context import StepContext


def multitask_step(encoder, heads, x, ys):
    losses = []
    with tf.GradientTape() as tape:  # right: with tf.GradientTape(persistent=True) as tape:
        h = encoder(x)
        for head, y in zip(heads, ys):
            losses.append(tf.reduce_mean((head(h) - y) ** 2))
    context = StepContext(tape)
    grads = []
    for head, loss in zip(heads, losses):
        grads.append(context.backward(loss, head.trainable_variables))
    return grads
