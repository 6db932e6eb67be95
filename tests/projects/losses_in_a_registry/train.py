import argparse

import tensorflow as tf

import losses
from net import build
from registry import get_loss


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    return parser.parse_known_args()[0]


def main(args):
    net = build()
    loss_fn = get_loss("dice")
    x, y = tf.random.normal([5, 4]), tf.ones([5, 2])
    with tf.GradientTape() as tape:
        loss = loss_fn(y, net(x, training=True))
    return tape.gradient(loss, net.trainable_weights)


if __name__ == "__main__":
    gradients = main(parse())
