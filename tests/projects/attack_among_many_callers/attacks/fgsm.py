import tensorflow as tf

from attacks.common import input_gradient


def fgsm(model, x, labels, eps=0.1):
    return x + eps * tf.sign(input_gradient(model, x, labels))
