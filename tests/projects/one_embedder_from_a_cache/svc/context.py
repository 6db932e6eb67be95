import functools


@functools.lru_cache(maxsize=None)
def embedder():
    from svc.embed import Embedder

    return Embedder(3)
