from .focal import focal_loss as focal
from .plain import *
