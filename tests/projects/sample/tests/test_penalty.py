import tensorflow as tf

from gan.nets.critic import Critic
from gan.penalty import penalty, smooth_penalty


def test_penalty():
    sample = tf.ones([2, 3])
    assert penalty(Critic(3), sample) is not None
    assert smooth_penalty(Critic(3), sample) is not None
