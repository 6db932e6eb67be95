from functools import partial

import tensorflow as tf
from lib import losses
from lib.step import train_step

criterion = partial(losses.focal, gamma=2.0)
model = tf.keras.Sequential([tf.keras.layers.Dense(3)])
model.build((None, 2))

if __name__ == "__main__":
    gradients = train_step(model, (tf.ones([2, 2]), tf.ones([2, 3])), criterion)[1]
