"""tflint-grad: finds where a TensorFlow gradient gets lost, and says at which line."""

__version__ = "0.1.0"
