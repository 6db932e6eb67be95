import tensorflow as tf

import zoo


def main():
    model = zoo.build_model("binary", units=2)
    x = tf.constant([[1.0, -1.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x) ** 2)
    return tape.gradient(loss, model.trainable_variables)


if __name__ == "__main__":
    gradients = main()
