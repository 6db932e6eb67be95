"""The tape lies on self: begun in one method, asked in another."""

import tensorflow as tf


class Recorder:
    def __init__(self, w):
        self.w = w
        self.tape = None

    def run(self):
        self.tape = tf.GradientTape()
        with self.tape:
            self.loss = tf.reduce_sum(self.w**2)

    def ask(self):
        return self.tape.gradient(self.loss, self.w)  # path self.w: live


recorder = Recorder(tf.Variable([0.3, 1.6]))
recorder.run()
recorder.ask()
