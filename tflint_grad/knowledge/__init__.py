"""Facts about names: what TensorFlow, Keras and host libraries do to a gradient."""
