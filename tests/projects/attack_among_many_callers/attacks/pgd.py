import tensorflow as tf

from attacks.common import input_gradient


def pgd(model, x, labels, eps=0.1, steps=5):
    adv = tf.identity(x)
    for _ in range(steps):
        adv = adv + eps / steps * tf.sign(input_gradient(model, adv, labels))
    return tf.clip_by_value(adv, x - eps, x + eps)
