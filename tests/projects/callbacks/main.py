import tensorflow as tf

from engine.callbacks import Quantise, Scale
from engine.loop import Loop

if __name__ == "__main__":
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.build((None, 2))
    loop = Loop(model, tf.keras.losses.MeanSquaredError(), [Scale(0.5), Quantise(16.0)])
    gradients = loop.run_batch(tf.ones([2, 2]), tf.zeros([2, 1]))
