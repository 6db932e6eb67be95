from .binary import BinaryNet
from .plain import PlainNet

_NETS = {"binary": BinaryNet, "plain": PlainNet}


def build_model(kind, **options):
    return _NETS[kind](**options)
