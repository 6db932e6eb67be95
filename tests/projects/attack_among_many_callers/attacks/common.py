import tensorflow as tf


def input_gradient(model, x, labels):
    with tf.GradientTape() as tape:
        logits = model(x)  # right: tape.watch(x); logits = model(x)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        tape.watch(x)  # expect: TFG402 gradient-none  # right: pass
    return tape.gradient(loss, x)
