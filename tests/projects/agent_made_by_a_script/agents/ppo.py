import tensorflow as tf

from agents.base import Agent


class PPO(Agent):
    def __init__(self, policy, optimizer, clip=0.2, ent_coef=0.01):
        super().__init__(policy, optimizer)
        self.clip = clip
        self.ent_coef = ent_coef

    def loss(self, batch):
        dist = self.policy.call(batch["obs"])
        ratio = tf.exp(dist.log_prob(batch["act"]) - batch["logp"])
        clipped = tf.clip_by_value(ratio, 1 - self.clip, 1 + self.clip)
        pg = -tf.reduce_mean(tf.minimum(ratio * batch["adv"], clipped * batch["adv"]))
        return pg - self.ent_coef * dist.entropy()
