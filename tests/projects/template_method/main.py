import tensorflow as tf
from projects.ranker import RankTrainer

if __name__ == "__main__":
    trainer = RankTrainer({"features": 2})
    gradients = trainer.train_step(tf.constant([[1.0, 2.0], [2.0, 5.0]]), tf.ones([2, 2]))[1]
