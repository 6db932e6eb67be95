import tensorflow as tf


def train_step(model, batch, criterion):
    x, y = batch
    with tf.GradientTape() as tape:
        prediction = model(x, training=True)
        value = criterion(y, prediction)
    return value, tape.gradient(value, model.trainable_variables)
