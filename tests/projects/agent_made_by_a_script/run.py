import tensorflow as tf

from agents import PPO
from agents.policy import GaussianPolicy

policy = GaussianPolicy(2)
agent = PPO(policy, tf.keras.optimizers.Adam(1e-3), ent_coef=0.5)
batch = {
    "obs": tf.random.normal([6, 3]),
    "act": tf.random.normal([6, 2]) * 0.1,
    "adv": tf.random.normal([6]),
    "logp": tf.zeros([6]) - 2.0,
}
gradients = agent.update(batch)
