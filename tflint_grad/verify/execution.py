"""Executes one entry of a job: the module, a function with arguments, a class or loss under `fit`."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import types
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tflint_grad.verify.fitting import fit, fit_with
from tflint_grad.verify.inputs.search import Arguments, NeedsInputs, State
from tflint_grad.verify.inputs.specification import seed_everything
from tflint_grad.verify.inputs.values import Values
from tflint_grad.verify.loading import Loader
from tflint_grad.verify.probe import Probe
from tflint_grad.verify.scene import CALL, LOSS, MAIN, Entry
from tflint_grad.verify.surroundings import absl_flags_parsed
from tflint_grad.verify.syntax import Definition, Program

#: Of a generator, so many values are taken.
_VALUES = 3
#: Functions that functions return, called in turn.
_DEEPEST = 2


def execute_module(loader: Loader, entry: Entry) -> types.ModuleType:
    """Load the module anew, as a script where the entry says so."""
    loader.main = entry.kind == MAIN
    try:
        loader.forget()
        return loader.load()
    finally:
        loader.main = False


@dataclass
class Execution:
    """One execution of an entry that takes arguments; `built` is what they became."""

    loader: Loader
    program: Program
    entry: Entry
    arguments: Arguments
    state: State
    seed: int
    built: Values

    def __post_init__(self) -> None:
        self._chooser = np.random.default_rng(self.seed)

    def run(self, probe: Probe) -> Any:
        """What the entry gives; raises what it raises, and NeedsInputs."""
        with probe.resting():
            module = self._loaded()
            absl_flags_parsed()
        self.arguments.refresh(vars(module))
        seed_everything(self.seed)
        if self.entry.kind == CALL:
            return self._call(module)
        if self.entry.kind == LOSS:
            return fit_with(getattr(module, self.entry.name))
        return fit_with(self._build(("self",)))

    def _loaded(self) -> types.ModuleType:
        try:
            return self.loader.load()
        except (Exception, SystemExit):
            # What was defined before it failed can still be called.
            module = self.loader.module
            if module is None or not hasattr(module, self.entry.name.partition(".")[0]):
                raise
            return module

    def _build(self, path: tuple[str, ...]) -> Any:
        return self.arguments.build(self.state, path, self._chooser, self.built)

    def _given(self, definition: Definition, prefix: tuple[str, ...]) -> tuple[Any, Any]:
        return self.arguments.call_arguments(
            self.state, definition, prefix, self._chooser, self.built
        )

    def _call(self, module: types.ModuleType) -> Any:
        definition = self.program.by_name[self.entry.name]
        owner: Any = None
        if definition.parent is not None and definition.parent.is_class:
            owner = self._build(("self",))
            function = getattr(owner, definition.name)
        else:
            function = getattr(module, definition.name)
        positional, named = self._given(definition, ())
        result = function(*positional, **named) if callable(function) else function  # a property
        return (owner, self._follow(result, 0))

    def _follow(self, result: Any, depth: int) -> Any:
        """What a call gives may be what is to be run: a function, a generator, a compiled model."""
        if depth > _DEEPEST:
            return result
        if inspect.iscoroutine(result):
            return self._follow(asyncio.run(result), depth + 1)
        if inspect.isgenerator(result):
            return result, list(itertools.islice(result, _VALUES))
        if isinstance(result, keras.Model):
            if getattr(result, "optimizer", None) is not None and getattr(result, "loss", None):
                with suppress(NeedsInputs):
                    fit(result)
            return result
        items = result if isinstance(result, tuple | list) and len(result) <= 4 else [result]
        for item in items:
            for definition in self._definitions(item):
                prefix = ("()" * (depth + 1), definition.name)
                for name in self.arguments.names(definition):
                    self.arguments.choose_first(self.state, (*prefix, name), definition, name)
                positional, named = self._given(definition, prefix)
                self._follow(item(*positional, **named), depth + 1)
        return result

    def _definitions(self, function: Any) -> Iterator[Definition]:
        """Where a function of the program, nested as it may be, is defined."""
        code = getattr(getattr(function, "python_function", function), "__code__", None)
        if code is not None and code.co_filename == self.loader.file:
            for one in self.program.definitions:
                if one.first <= code.co_firstlineno <= one.last and one.name == code.co_name:
                    yield one
