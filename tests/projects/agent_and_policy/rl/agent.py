import tensorflow as tf

from rl.policies import GaussianPolicy
from rl.world import reward


class Agent:
    def __init__(self, policy: GaussianPolicy):
        self.policy = policy

    def improve(self, state):
        with tf.GradientTape() as tape:
            action = self.policy.sample(state)
            loss = -tf.reduce_mean(reward(state, action))
        return tape.gradient(loss, self.policy.variables)
