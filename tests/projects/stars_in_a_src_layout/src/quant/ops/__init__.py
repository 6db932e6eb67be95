from .rounding import *
from .scaling import *
