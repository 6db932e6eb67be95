"""Values handed out by an iterator and by enumerate, reversed and sorted keys."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    pool = iter([w * 2.0, tf.round(w)])
    first = next(pool)
    total = tf.reduce_sum(first)
    for place, part in enumerate(reversed([w, first])):
        total += tf.reduce_sum(part) * (place + 1.0)
print(tape.gradient(total, w))  # path w: live
