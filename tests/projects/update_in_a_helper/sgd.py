def descend(w, g, rate=0.1):
    w = w - rate * g  # right: w.assign_sub(rate * g)
    return w
