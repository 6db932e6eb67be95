"""Where scenes run: which device is wanted, which there are, and how a process is held to one.

Everything that is special to GPUs is here.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AUTO, CPU, GPU = "auto", "cpu", "gpu"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
#: TensorFlow's start, on a busy machine.
_PATIENCE = 240.0
_FORM = re.compile(r"(auto)|(cpu|gpu)(?::(\d{1,3}))?", re.IGNORECASE)


class NoSuchDevice(Exception):
    """TensorFlow does not see what is wanted; told in one line."""


@dataclass(frozen=True)
class Wanted:
    """What `--device` says. `index` is None where any will do."""

    kind: str = AUTO
    index: int | None = None

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Raises ValueError for what is none of `auto`, `cpu`, `gpu`, `cpu:N` and `gpu:N`."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is none of auto, cpu, gpu, cpu:N and gpu:N")
        kind = (match[1] or match[2]).lower()
        return cls(kind, int(match[3]) if match[3] else None)

    def __str__(self) -> str:
        return self.kind if self.index is None else f"{self.kind}:{self.index}"

    def environment(self) -> Mapping[str, str]:
        """What must be set before TensorFlow is imported."""
        variables = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}  # a shared card is not taken whole
        if self.kind == CPU:
            variables[_VISIBLE] = "-1"
        return variables

    def confining(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """What holds a program of the user's to the device, given the environment that it has."""
        if self.kind == CPU:
            return {_VISIBLE: "-1"}
        if self.kind == GPU and self.index is not None:
            # Numbers count what the user has left visible.
            visible = [one.strip() for one in environment.get(_VISIBLE, "").split(",") if one]
            known = self.index < len(visible)
            return {_VISIBLE: visible[self.index] if known else str(self.index)}
        return {}


@dataclass(frozen=True)
class Gauges:
    """What a device tells of itself, beyond what is counted on any: its allocator, and its clock.

    `clocked`: work goes on there while the host does other things, so that waiting for it takes time.
    Eager operations on a CPU are done when they return.
    """

    tensorflow: Any = None
    name: str = ""
    clocked: bool = False

    def allocated(self) -> int | None:
        """Bytes that TensorFlow holds there now; None where its allocator keeps no figures."""
        if self.tensorflow is None:
            return None
        try:
            told = self.tensorflow.config.experimental.get_memory_info(self.name)
        except (ValueError, self.tensorflow.errors.OpError):
            return None
        # TF 2.21 keeps them for CPUs too; zero of everything: nothing was ever given out there.
        return int(told["current"]) if told["peak"] else None

    def now(self) -> float:
        """Seconds, once all that was begun on the device is done."""
        if self.tensorflow is not None:
            self.tensorflow.test.experimental.sync_devices()
        return time.perf_counter()


@dataclass(frozen=True)
class Device:
    """The one device of a worker. `gpus`: how many TensorFlow sees in all."""

    kind: str
    index: int
    model: str = ""
    gpus: int = 0

    def __str__(self) -> str:
        name = f"{self.kind.upper()}:{self.index}"
        return f"{name} ({self.model})" if self.model else name

    @contextlib.contextmanager
    def placed(self) -> Iterator[None]:
        """Within, what names no device of its own is done on this one."""
        if self.kind == GPU or not self.index:
            yield  # the only one that the process sees: what TensorFlow chooses by itself
            return
        import tensorflow as tf

        with tf.device(f"/CPU:{self.index}"):
            yield

    def gauges(self, tensorflow: Any) -> Gauges:
        """What can be read off it. A GPU is the only one that the process sees."""
        index = 0 if self.kind == GPU else self.index
        return Gauges(tensorflow, f"{self.kind.upper()}:{index}", clocked=self.kind == GPU)

    @property
    def bounds_data(self) -> bool:
        """Whether the size of a process' data can be limited: a driver maps as it likes."""
        return self.kind == CPU


def settle(wanted: Wanted, config: Any) -> Device:
    """Hold this process to one device, before TensorFlow has used any.

    Args:
        config: `tf.config`.

    Raises:
        NoSuchDevice: there is none of that kind or number.
    """
    gpus = config.list_physical_devices("GPU")
    if wanted.kind == GPU or (wanted.kind == AUTO and gpus):
        _expect(wanted, len(gpus))
        index = wanted.index or 0
        gpu = gpus[index]
        config.set_visible_devices(gpu, "GPU")
        config.experimental.set_memory_growth(gpu, True)
        details = config.experimental.get_device_details(gpu)
        return Device(GPU, index, str(details.get("device_name", "")), len(gpus))
    config.set_visible_devices([], "GPU")
    index = wanted.index or 0
    if index:
        cpu = config.list_physical_devices("CPU")[0]
        one = config.LogicalDeviceConfiguration()
        config.set_logical_device_configuration(cpu, [one] * (index + 1))
    return Device(CPU, index, gpus=len(gpus))


def look_for(wanted: Wanted, command: Sequence[str]) -> None:
    """Whether a command can be held to what is wanted, before it runs. A GPU that it must have is
    looked for in a process apart: with the command's own Python where that shows, else with ours.

    Raises:
        NoSuchDevice: it cannot.
    """
    if wanted.kind == CPU and wanted.index:
        raise NoSuchDevice(f"--device {wanted}: a program chooses among its CPUs itself")
    if wanted.kind != GPU:
        return
    pythons = [command[0], sys.executable] if _is_python(command[0]) else [sys.executable]
    for python in pythons:
        gpus = _gpus_of(python)
        if gpus is not None:
            _expect(wanted, gpus)
            return


def _is_python(program: str) -> bool:
    return re.fullmatch(r"python[\d.]*", os.path.basename(program)) is not None


def _gpus_of(python: str) -> int | None:
    """How many a Python's TensorFlow sees; None where it does not say."""
    code = "import tensorflow as tf; print('GPUs:', len(tf.config.list_physical_devices('GPU')))"
    try:
        done = subprocess.run(
            [python, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = re.search(r"^GPUs: (\d+)$", done.stdout, re.MULTILINE)
    return int(told[1]) if told else None


def _expect(wanted: Wanted, gpus: int) -> None:
    if (wanted.index or 0) >= gpus:
        raise NoSuchDevice(f"--device {wanted}: TensorFlow sees {_count(gpus)}")


def _count(gpus: int) -> str:
    if not gpus:
        return "no GPU"
    return "one GPU, gpu:0" if gpus == 1 else f"{gpus} GPUs, gpu:0 to gpu:{gpus - 1}"


def spread(wanted: Wanted, first: Device, workers: int) -> list[Wanted]:
    """The devices of the workers that follow the first: the other GPUs in turn, or as wanted."""
    if first.kind == GPU and wanted.index is None:
        return [Wanted(GPU, number % first.gpus) for number in range(1, workers)]
    return [Wanted(first.kind, wanted.index)] * (workers - 1)
