from . import dice, bce
