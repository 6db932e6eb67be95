import tensorflow as tf
from rl.agent import Agent
from rl.policies import GaussianPolicy

if __name__ == "__main__":
    gradients = Agent(GaussianPolicy(1)).improve(tf.ones([2, 3]))
