import tensorflow as tf

from sim.forces import forces

positions = tf.constant([[0.0, 0.0], [1.2, 0.0], [1.2, 1.5]])
gradients = [forces(positions)]
