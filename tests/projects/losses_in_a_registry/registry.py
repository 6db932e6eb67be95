LOSSES = {}


def register(name):
    def wrap(fn):
        LOSSES[name] = fn
        return fn

    return wrap


def get_loss(name):
    if name not in LOSSES:
        raise KeyError(name)
    return LOSSES[name]
