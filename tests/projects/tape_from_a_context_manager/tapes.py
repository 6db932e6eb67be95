import contextlib

import tensorflow as tf


@contextlib.contextmanager
def recording(*watched):
    with tf.GradientTape() as tape:
        for tensor in watched:
            tape.watch(tensor)
        yield tape
