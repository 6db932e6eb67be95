from .losses import critic_loss, generator_loss
from .nets import *

__all__ = ["Critic", "Generator", "critic_loss", "generator_loss"]
