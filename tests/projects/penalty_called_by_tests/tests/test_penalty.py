import tensorflow as tf
from wgan.nets import make_critic
from wgan.penalty import gradient_penalty


def test_it():
    slopes = gradient_penalty(make_critic(), tf.ones([2, 3]), tf.zeros([2, 3]))
    assert slopes is not None
