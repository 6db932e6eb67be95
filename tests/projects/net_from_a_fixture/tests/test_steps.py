import pytest
import tensorflow as tf

from mtl.steps import step


@pytest.fixture
def batch():
    return tf.ones([4, 2])


def test_step(net, batch):
    assert len(step(net, batch)) == 1
