import contextlib

import tensorflow as tf


@contextlib.contextmanager
def record(*tensors, persistent=False):
    with tf.GradientTape(persistent=persistent) as tape:
        for t in tensors:
            tape.watch(t)
        yield tape
