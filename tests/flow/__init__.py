"""Gradient paths on small programs, checked by running them in TensorFlow."""
