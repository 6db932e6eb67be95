from framework.trainer import BaseTrainer
