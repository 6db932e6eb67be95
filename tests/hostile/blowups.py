"""Programs that are short to write and long to execute abstractly, by name."""

from __future__ import annotations

import itertools
from textwrap import indent

HEAD = "import tensorflow as tf\n\n\n"
ASK = "    return tape.gradient(loss, w)\n\n\nstep(tf.Variable([1.5, 2.5]))\n"


def step(body: str, before: str = "") -> str:
    """A taped function with this body; `loss` is what is asked for, with respect to `w`."""
    block = indent(body.rstrip("\n"), " " * 8)
    return f"{HEAD}{before}\n\ndef step(w):\n    with tf.GradientTape() as tape:\n{block}\n{ASK}"


def nested_loops(depth: int) -> str:
    loops = "".join(f"{'    ' * n}for i{n} in range(3):\n" for n in range(depth))
    return step(f"loss = w\n{loops}{'    ' * depth}loss = loss * w + float(i0)")


def nested_tape_loops(depth: int) -> str:
    loops = "".join(f"{'    ' * n}for i{n} in range(3):\n" for n in range(depth))
    inner = (
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_sum(w * w)\n"
        "w.assign_sub(tape.gradient(loss, w))\n"
    )
    return f"{HEAD}w = tf.Variable([1.5, 2.5])\n{loops}{indent(inner, '    ' * depth)}"


def nested_whiles(depth: int) -> str:
    loops = "".join(f"{'    ' * n}while tf.reduce_sum(w) > {n}.0:\n" for n in range(depth))
    return step(f"loss = w\n{loops}{'    ' * depth}loss = loss * w")


def mutual_recursion(functions: int, arms: int) -> str:
    parts = []
    for number in range(functions):
        calls = "".join(
            f"    if n == {arm}:\n        return f{(number + arm) % functions}(v * {arm}.0, n)\n"
            for arm in range(arms)
        )
        parts.append(f"def f{number}(v, n):\n{calls}    return v\n")
    return step("loss = f0(w, tf.reduce_sum(w))", "\n\n".join(parts))


def many_tapes(count: int) -> str:
    part = (
        "with tf.GradientTape() as tape{n}:\n"
        "    loss{n} = tf.reduce_sum(tf.round(w) + w * {n}.0)\n"
        "grad{n} = tape{n}.gradient(loss{n}, w)\n"
    )
    return f"{HEAD}w = tf.Variable(1.5)\n" + "".join(part.format(n=n) for n in range(count))


def many_functions(count: int) -> str:
    part = (
        "def step{n}(net, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        loss = tf.reduce_sum(net(x))\n"
        "    return tape.gradient(loss, net.trainable_variables)\n\n\n"
    )
    return HEAD + "".join(part.format(n=n) for n in range(count))


def if_chain(arms: int) -> str:
    chain = "".join(f"if flag_{n}:\n    loss = loss * {n}.0\n" for n in range(arms))
    return step(f"loss = w\n{chain}")


def branch_pairs(count: int) -> str:
    """Each branch doubles the ways: 2 to the power of `count`."""
    pairs = "".join(
        f"if tf.reduce_sum(w) > {n}.0:\n    a, b = b, a * {n}.0\nelse:\n    a = a + b\n"
        for n in range(count)
    )
    return step(f"a, b = w, w * 2.0\n{pairs}loss = a + b")


def wide_class(attributes: int) -> str:
    sets = "".join(f"        self.a{n} = tf.Variable({n}.0)\n" for n in range(attributes))
    total = " + ".join(f"self.a{n}" for n in range(0, attributes, 25))
    return (
        f"{HEAD}class Net:\n    def __init__(self):\n{sets}\n"
        f"    def __call__(self, x):\n        return x * ({total})\n\n\nnet = Net()\n"
        "with tf.GradientTape() as tape:\n    loss = net(tf.constant(1.0))\n"
        "grads = tape.gradient(loss, [net.a0, net.a1])\n"
    )


def many_classes(count: int) -> str:
    parts = "".join(
        f"class C{n}:\n    def __init__(self):\n        self.inner = C{n + 1}()\n"
        f"        self.other = C{n + 1}()\n\n"
        f"    def __call__(self, x):\n        return self.inner(x) + self.other(x)\n\n\n"
        for n in range(count)
    )
    last = (
        f"class C{count}:\n    def __init__(self):\n        self.w = tf.Variable(1.0)\n\n"
        "    def __call__(self, x):\n        return x * self.w\n\n\n"
    )
    return (
        f"{HEAD}{parts}{last}net = C0()\n"
        "with tf.GradientTape() as tape:\n    loss = net(tf.constant(1.0))\n"
        "grads = tape.gradient(loss, net.inner.w)\n"
    )


def call_chain(depth: int, cut: bool) -> str:
    parts = [
        f"def f{n}(v):\n    return f{n + 1}(v * 1.0)\n\n\n" for n in range(depth)
    ]  # fmt: skip
    bottom = f"def f{depth}(v):\n    return {'tf.round(v)' if cut else 'tf.exp(v)'}\n"
    return step("loss = tf.reduce_sum(f0(w))", "".join(parts) + bottom)


def call_tree(depth: int) -> str:
    """Each function calls the next one twice: 2 to the power of `depth` executions."""
    parts = [
        f"def f{n}(v):\n    return f{n + 1}(v) + f{n + 1}(v * 2.0)\n\n\n" for n in range(depth)
    ]
    return step("loss = tf.reduce_sum(f0(w))", "".join(parts) + f"def f{depth}(v):\n    return v\n")


def self_application() -> str:
    return step("loss = twice(twice)(twice)(w)", "def twice(f):\n    return lambda v: f(f(v))\n")


def growing_containers() -> str:
    return step(
        "values = [w]\nfor i in range(1000):\n    values = values + values\n"
        "    values.append(values)\nloss = tf.reduce_sum(values[0])"
    )


def wide_unpacking() -> str:
    names = ", ".join(f"v{n}" for n in range(3000))
    return step(f"{names} = [w] * 3000\nloss = v0 + v2999")


def unknown_names(count: int) -> str:
    lines = "".join(f"loss = loss + unknown_{n}.part(other_{n}, loss)\n" for n in range(count))
    return step(f"loss = w\n{lines}")


def exceptions(depth: int) -> str:
    levels = "".join(f"{'    ' * n}try:\n" for n in range(depth))
    ends = "".join(
        f"{'    ' * n}except ValueError:\n{'    ' * (n + 1)}loss = loss * {n}.0\n"
        f"{'    ' * n}finally:\n{'    ' * (n + 1)}loss = loss + 1.0\n"
        for n in reversed(range(depth))
    )
    return step(f"loss = w\n{levels}{'    ' * depth}loss = f(w)\n{ends}")


def comprehensions(depth: int) -> str:
    loops = " ".join(f"for i{n} in range({n} + 2)" for n in range(depth))
    return step(f"values = [w * i0 {loops}]\nloss = tf.add_n(values)")


def inheritance(depth: int) -> str:
    parts = "".join(
        f"class C{n + 1}(C{n}):\n    def run(self, v):\n        return super().run(v) * 1.0\n\n\n"
        for n in range(depth)
    )
    first = "class C0:\n    def run(self, v):\n        return v\n\n\n"
    return step(f"loss = C{depth}().run(w)", first + parts)


#: Names of the language, of TensorFlow and of what an analysis might use for itself.
# fmt: off
CLASHING = (
    "items", "st", "self", "value", "values", "keys", "get", "set", "state", "store",
    "scope", "parent", "name", "kind", "path", "paths", "tapes", "cause", "node", "unit",
    "source", "target", "call", "calls", "frame", "result", "args", "kwargs", "key", "data",
    "none", "true", "model", "list_", "dict_", "_", "__", "___", "tf_", "tape_",
    "__class__", "__dict__", "__init__", "__call__", "__enter__", "__exit__", "_value",
    "content", "element", "length", "anything", "unknown",
)
# fmt: on


def clashing_names() -> str:
    defs = "".join(
        f"def {name}(v, st=None, **items):\n    return v * 1.0\n\n\n" for name in CLASHING
    )
    uses = "".join(f"loss = {name}(loss, items=st)\n" for name in CLASHING)
    return step(f"loss = w\nst = {{}}\n{uses}", defs)


def clashing_attributes() -> str:
    sets = "".join(f"        self.{name} = tf.Variable({n}.0)\n" for n, name in enumerate(CLASHING))
    uses = "".join(f"loss = loss + box.{name}\n" for name in CLASHING)
    keys = "".join(f"box.table[{name!r}] = loss\nloss = box.table[{name!r}]\n" for name in CLASHING)
    box = f"class Box:\n    def __init__(self):\n        self.table = {{}}\n{sets}\n\nbox = Box()\n"
    return step(f"loss = w\n{uses}{keys}", box)


def self_reference() -> str:
    return step(
        "box = []\nbox.append(box)\nbox[0].append(w)\ntable = {}\ntable['t'] = table\n"
        "table['t']['t']['w'] = w\nloss = tf.reduce_sum(box[1]) + table['w']\n"
        "class N: pass\nn = N()\nn.n = n\nn.n.n.v = w\nloss = loss + n.v"
    )


def odd_syntax() -> str:
    return step(
        "loss = [*[w, *(w,)]][-1]\n"
        "(loss), [a, *_, (b, c)] = loss, [w, 1, 2, (w, w)]\n"
        "x = y = z = loss = a\n"
        "loss = (lambda *a, k=w, **o: k)(1, 2, z=3)\n"
        "loss: 'tf.Tensor' = loss\n"
        "undefined_before: int\n"
        "for loss.attribute in []: pass\nelse: pass\n"
        "for table['k'], in []: pass\n"
        "with open('f') as (p, q), open('g') as box.f: pass\n"
        "del a, (b, [c])\n"
        "loss @= w\n"
        "loss = {**{'w': w}}['w']\n"
        "loss = w[..., None, ::2, 1:, :-1][()]\n"
        "loss = yes if (yes := w) is not None else (no := w)\n"
        "assert loss is not None, f'{loss!r:>{10}}'\n"
        "print(*[loss], sep='', **{})\n"
        "global outer_name\nouter_name = loss\n"
        "import os.path as osp, sys\nfrom . import sibling\nfrom .. import cousin\n"
        "class Meta(type, metaclass=type): x: int = w; y = x\n"
        "try:\n    raise ValueError from None\nexcept (ValueError, *errors) as e:\n    pass\n"
        "async def coroutine():\n    async with w as v:\n        async for i in v: await i\n"
        "match loss:\n"
        "    case [1, *rest] | {'k': rest, **more}: pass\n"
        "    case tf.Tensor(shape=(), dtype=d) as whole if whole: pass\n"
        "    case -1 | 'a' | None | True | 1 + 2j: pass\n"
        "    case _: pass\n"
    ).replace("case [1, *rest] | {'k': rest, **more}", "case [1, *rest] | [rest]")


BLOWUPS: dict[str, str] = {
    "8 nested loops": nested_loops(8),
    "15 nested loops": nested_loops(15),
    "6 nested loops around a tape": nested_tape_loops(6),
    "10 nested while loops": nested_whiles(10),
    "mutual recursion of 12 functions": mutual_recursion(12, 10),
    "mutual recursion of 40 functions": mutual_recursion(40, 40),
    "2,000 tapes": many_tapes(2000),
    "500 taped functions": many_functions(500),
    "a chain of 1,000 ifs": if_chain(1000),
    "40 branches in a row": branch_pairs(40),
    "a class of 500 attributes": wide_class(500),
    "a tower of 20 classes": many_classes(20),
    "a chain of 20 calls": call_chain(20, cut=True),
    "a chain of 150 calls": call_chain(150, cut=True),
    "a tree of calls of depth 20": call_tree(20),
    "functions applied to themselves": self_application(),
    "containers that double": growing_containers(),
    "3,000 names in an unpacking": wide_unpacking(),
    "1,000 unknown names": unknown_names(1000),
    "8 nested try blocks": exceptions(8),
    "10 loops in a comprehension": comprehensions(10),
    "50 levels of inheritance": inheritance(50),
    "names like our own": clashing_names(),
    "attributes like our own": clashing_attributes(),
    "containers that hold themselves": self_reference(),
    "odd syntax": odd_syntax(),
    "all of it": "\n".join(
        itertools.chain(
            (nested_loops(6), branch_pairs(20), call_tree(10)), (many_tapes(100), wide_class(100))
        )
    ),
}
