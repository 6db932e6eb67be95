import tensorflow as tf

import data
from sgd import descend

w = tf.Variable([[0.1], [0.2]])


def main():
    global w
    found = []
    for x, y in data.batches(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ w - y) ** 2)
        g = tape.gradient(loss, w)
        found.append(g)
        if g is None:
            return found
        w = descend(w, g)  # expect: TFG403 gradient-none
    return found


if __name__ == "__main__":
    gradients = main()
