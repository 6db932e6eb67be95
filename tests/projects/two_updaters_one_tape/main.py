import tensorflow as tf
from gan.step import Step

g = tf.keras.Sequential([tf.keras.layers.Dense(2)])
c = tf.keras.Sequential([tf.keras.layers.Dense(1)])
if __name__ == "__main__":
    gradients = Step(g, c)(tf.ones([2, 3]), tf.ones([2, 2]))
