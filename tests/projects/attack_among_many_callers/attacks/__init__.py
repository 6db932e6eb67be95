from functools import partial

from attacks.fgsm import fgsm
from attacks.pgd import pgd

ATTACKS = {
    "fgsm": fgsm,
    "pgd-10": partial(pgd, steps=10),
    "pgd-2": partial(pgd, steps=2),
}
