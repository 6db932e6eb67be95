import tensorflow as tf
from wgan.nets import make_critic
from wgan.penalty import gradient_penalty

if __name__ == "__main__":
    gradients = gradient_penalty(make_critic(), tf.ones([2, 3]), tf.zeros([2, 3]))
