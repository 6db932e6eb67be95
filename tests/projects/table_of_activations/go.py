import tensorflow as tf

from net import Net

net = Net()
with tf.GradientTape() as t:
    y = net.forward(tf.constant([[0.2, -0.1]]))
gradients = t.gradient(y, net.w)
