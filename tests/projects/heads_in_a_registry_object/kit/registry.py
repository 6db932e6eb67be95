class Registry:
    def __init__(self, name):
        self.name = name
        self._items = {}

    def register(self, key=None):
        def wrap(obj):
            self._items[key or obj.__name__] = obj
            return obj

        return wrap

    def build(self, key, **options):
        return self._items[key](**options)


HEADS = Registry("heads")
