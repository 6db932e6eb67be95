import pytest
import tensorflow as tf

from mtl.encoder import Encoder


@pytest.fixture(scope="module")
def width():
    return 3


@pytest.fixture
def net(width):
    yield Encoder(width)
