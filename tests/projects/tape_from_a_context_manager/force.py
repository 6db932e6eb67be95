import tensorflow as tf
from field import potential
from tapes import recording


def force(x):
    with recording(x) as tape:
        pass  # right: u = potential(x)
    u = potential(x)  # expect: TFG305 gradient-none  # right: pass
    return tape.gradient(u, x)


if __name__ == "__main__":
    gradients = force(tf.constant([[1.0, 2.0]]))
