from .gaussian import GaussianPolicy
