"""The filter of a comprehension looks at host floats; the elements stay live."""

import tensorflow as tf

w = tf.Variable(1.6)
with tf.GradientTape() as tape:
    terms = [w**k for k in range(4) if float(w) * k < 4.0]
    loss = tf.add_n(terms)
print(tape.gradient(loss, w))  # path w: live
