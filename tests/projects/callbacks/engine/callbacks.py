import tensorflow as tf


class Callback:
    def on_loss(self, loss):
        return loss

    def on_end(self):
        pass


class Scale(Callback):
    def __init__(self, factor):
        self.factor = factor

    def on_loss(self, loss):
        return loss * self.factor


class Quantise(Callback):
    def __init__(self, levels):
        self.levels = levels

    def on_loss(self, loss):
        return tf.round(loss * self.levels) / self.levels  # expect: TFG204 gradient-none  # right: return loss * self.levels / self.levels
