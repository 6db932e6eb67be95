import tensorflow as tf

STIFFNESS = 2.0


def bond(positions):
    d = positions[1:] - positions[:-1]
    return 0.5 * STIFFNESS * tf.reduce_sum((tf.norm(d, axis=-1) - 1.0) ** 2)


def lennard_jones(positions, eps=1.0):
    r = tf.norm(positions[0] - positions[1])
    return 4.0 * eps * (r**-12 - r**-6)
