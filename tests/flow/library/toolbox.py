"""A library that the linter cannot look into; some programs call it."""

import functools


def mix(value, scale):
    return value * scale + value * value


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper
