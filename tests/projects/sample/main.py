import tensorflow as tf

from gan import Critic, Generator
from gan.trainer import Trainer


def main():
    trainer = Trainer(Generator(4), Critic(4))
    noise = tf.random.normal([8, 4])
    for _ in range(10):
        trainer.critic_step(noise, noise)
        trainer.generator_step(noise)


if __name__ == "__main__":
    main()
