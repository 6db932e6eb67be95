"""Where scenes run: what is asked for, what there is, and how a process is held to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest

from tests.verify.hostile import in_step
from tflint_grad.engine import lint_files
from tflint_grad.verify import scenes, supervisor
from tflint_grad.verify.devices import (
    Device,
    Gauges,
    NoSuchDevice,
    Wanted,
    look_for,
    settle,
    spread,
)
from tflint_grad.verify.supervisor import supervise
from tflint_grad.verify.verdict import Status

tf = pytest.importorskip("tensorflow")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("auto", Wanted()),
        ("cpu", Wanted("cpu")),
        ("GPU", Wanted("gpu")),
        ("cpu:1", Wanted("cpu", 1)),
        ("gpu:0", Wanted("gpu", 0)),
    ],
)
def test_devices_are_asked_for_by_kind_and_number(text: str, wanted: Wanted) -> None:
    assert Wanted.parse(text) == wanted
    assert Wanted.parse(str(wanted)) == wanted


@pytest.mark.parametrize("text", ["", "tpu", "auto:1", "gpu:", "gpu:x", "gpu:-1", "cpu 1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none of auto, cpu, gpu"):
        Wanted.parse(text)


def _config(gpus: int) -> Any:
    """TensorFlow's own device API, as a machine with so many GPUs has it."""
    config = create_autospec(tf.config, spec_set=True)
    devices = {
        "GPU": [tf.config.PhysicalDevice(f"/physical_device:GPU:{n}", "GPU") for n in range(gpus)],
        "CPU": [tf.config.PhysicalDevice("/physical_device:CPU:0", "CPU")],
    }
    config.list_physical_devices.side_effect = devices.__getitem__
    config.experimental.get_device_details.return_value = {"device_name": "NVIDIA H100"}
    return config


def test_auto_takes_a_gpu_where_there_is_one_and_says_which() -> None:
    assert str(settle(Wanted(), _config(0))) == "CPU:0"
    assert str(settle(Wanted(), _config(1))) == "GPU:0 (NVIDIA H100)"
    assert str(settle(Wanted("cpu"), _config(1))) == "CPU:0"


def test_a_process_sees_its_own_gpu_alone_and_does_not_take_it_whole() -> None:
    config = _config(3)
    device = settle(Wanted("gpu", 2), config)
    assert (str(device), device.gpus) == ("GPU:2 (NVIDIA H100)", 3)
    gpu = config.list_physical_devices("GPU")[2]
    config.set_visible_devices.assert_called_once_with(gpu, "GPU")
    config.experimental.set_memory_growth.assert_called_once_with(gpu, True)


def test_on_a_cpu_no_gpu_is_touched() -> None:
    config = _config(2)
    settle(Wanted("cpu"), config)
    config.set_visible_devices.assert_called_once_with([], "GPU")
    assert Wanted("cpu").environment()["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "CUDA_VISIBLE_DEVICES" not in Wanted("gpu").environment()


@pytest.mark.parametrize(
    ("wanted", "gpus", "told"),
    [
        (Wanted("gpu"), 0, "--device gpu: TensorFlow sees no GPU"),
        (Wanted("gpu", 1), 1, "--device gpu:1: TensorFlow sees one GPU, gpu:0"),
        (Wanted("gpu", 7), 2, "--device gpu:7: TensorFlow sees 2 GPUs, gpu:0 to gpu:1"),
    ],
)
def test_a_gpu_that_is_not_there_is_told_in_a_line(wanted: Wanted, gpus: int, told: str) -> None:
    with pytest.raises(NoSuchDevice) as caught:
        settle(wanted, _config(gpus))
    assert str(caught.value) == told


def test_a_program_is_held_to_what_is_wanted_of_what_the_user_has_left_visible() -> None:
    shown = {"CUDA_VISIBLE_DEVICES": "2,3"}
    assert Wanted().confining(shown) == Wanted("gpu").confining(shown) == {}
    assert Wanted("cpu").confining(shown) == {"CUDA_VISIBLE_DEVICES": "-1"}
    assert Wanted("gpu", 1).confining(shown) == {"CUDA_VISIBLE_DEVICES": "3"}
    assert Wanted("gpu", 1).confining({}) == {"CUDA_VISIBLE_DEVICES": "1"}


def test_a_program_s_own_python_is_asked_for_its_gpus(tmp_path: Path) -> None:
    """One that sees two, though our own TensorFlow sees none."""
    python = tmp_path / "python3.99"
    python.write_text("#!/bin/sh\necho 2024 I/tensorflow; echo GPUs: 2\n")
    python.chmod(0o755)
    look_for(Wanted("gpu"), [str(python), "train.py"])
    look_for(Wanted("gpu", 1), [str(python), "train.py"])
    with pytest.raises(NoSuchDevice, match="sees 2 GPUs, gpu:0 to gpu:1"):
        look_for(Wanted("gpu", 2), [str(python), "train.py"])


def test_the_cpus_of_a_program_are_its_own_to_choose() -> None:
    look_for(Wanted("cpu"), ["python", "train.py"])
    with pytest.raises(NoSuchDevice, match="--device cpu:1: a program chooses"):
        look_for(Wanted("cpu", 1), ["python", "train.py"])


def test_scenes_are_spread_over_all_gpus_unless_one_is_named() -> None:
    first = Device("gpu", 0, gpus=3)
    assert spread(Wanted(), first, 4) == [Wanted("gpu", 1), Wanted("gpu", 2), Wanted("gpu", 0)]
    assert spread(Wanted("gpu", 1), Device("gpu", 1, gpus=3), 3) == [Wanted("gpu", 1)] * 2
    assert spread(Wanted(), Device("cpu", 0), 2) == [Wanted("cpu", None)]


def test_a_scene_runs_on_the_second_of_two_logical_cpus(tmp_path: Path) -> None:
    """The whole way: a worker makes two devices, and what the program makes lies on the second."""
    checks = "assert w.device.endswith('CPU:1'), w.device\nassert 'CPU:1' in (w * 2.0).device"
    (tmp_path / "placed.py").write_text(in_step(checks))
    (report,) = lint_files([str(tmp_path / "placed.py")])
    jobs = scenes.jobs(report.findings, [], {}, 60.0)
    (verdict,) = supervise(jobs, Wanted("cpu", 1)).values()
    assert (verdict.status, verdict.device) == (Status.CONFIRMED, "CPU:1"), verdict.reason


def test_workers_on_two_logical_cpus_share_the_scenes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As workers on several GPUs do: who is on which device is all that `spread` says."""
    shown = tmp_path / "shown"
    shown.mkdir()
    wait = (
        "import os, time\n"
        f"open(os.path.join({str(shown)!r}, w.device[-1]), 'w').close()\n"
        f"while len(os.listdir({str(shown)!r})) < 2:\n    time.sleep(0.1)"
    )
    for number in range(2):
        (tmp_path / f"train{number}.py").write_text(in_step(wait))
    reports = lint_files([str(path) for path in sorted(tmp_path.glob("*.py"))])
    findings = [finding for report in reports for finding in report.findings]
    monkeypatch.setattr(supervisor, "spread", lambda wanted, first, workers: [Wanted("cpu", 1)])
    verdicts = supervise(scenes.jobs(findings, [], {}, 120.0), Wanted("cpu", 0), workers=2)
    assert [one.status for one in verdicts.values()] == [Status.CONFIRMED] * 2
    assert {one.device for one in verdicts.values()} == {"CPU:0", "CPU:1"}
    assert sorted(os.listdir(shown)) == ["0", "1"], "and what they made lay there"


MEMORY = """\
import tensorflow as tf

w = tf.Variable(tf.ones([256, 1024]))
with tf.GradientTape(persistent=True) as tape:
    loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
tape.gradient(loss, w)
"""
SLOW = """\
import tensorflow as tf

w = tf.Variable(tf.ones([256, 1024]))


def step():
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
        grads = tape.gradient(loss, w)
    w.assign_sub(grads)


step()
"""


def evidence(folder: Path, text: str, code: str, wanted: Wanted) -> str:
    (folder / "program.py").write_text(text)
    (report,) = lint_files([str(folder / "program.py")])
    findings = [finding for finding in report.findings if finding.code == code]
    (verdict,) = supervise(scenes.jobs(findings, [], {}, 60.0), wanted).values()
    assert verdict.status is Status.CONFIRMED, verdict
    return verdict.evidence


@pytest.mark.parametrize("index", [0, 1])
def test_the_allocator_tells_what_a_tape_holds(index: int, tmp_path: Path) -> None:
    """TensorFlow keeps its figures for a logical CPU as for a GPU."""
    told = evidence(tmp_path, MEMORY, "TFG303", Wanted("cpu", index))
    size = re.search(r"values \(([\d.]+) MiB by the device's allocator\)", told)
    assert size is not None, told
    # Two values of one MiB each at least, and what is saved of them for the way back.
    assert 1.9 < float(size[1]) < 8.0


def test_what_cannot_be_read_off_a_device_is_not_told() -> None:
    assert Gauges().allocated() is None
    assert Gauges(tf, "GPU:7").allocated() is None, "TensorFlow raises ValueError"
    assert Gauges().now() <= Gauges(tf, "CPU:0").now()


on_gpu = pytest.mark.skipif(not os.path.exists("/dev/nvidiactl"), reason="NO GPU: not run on one")


@on_gpu
def test_on_a_gpu_its_allocator_and_its_clock_are_asked(tmp_path: Path) -> None:
    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU, and this TensorFlow is built without")
    assert "MiB by the device's allocator" in evidence(tmp_path, MEMORY, "TFG303", Wanted("gpu"))
    assert "(median of 5 pairs)" in evidence(tmp_path, SLOW, "TFG304", Wanted("gpu"))


@on_gpu
def test_on_a_gpu_the_verdict_says_which(tmp_path: Path) -> None:
    (tmp_path / "placed.py").write_text(in_step("assert 'GPU:0' in w.device"))
    environment = {key: one for key, one in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    command = "-m tflint_grad --verify --device gpu --output-format json placed.py"
    result = subprocess.run(
        [sys.executable, *command.split()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if "TensorFlow sees no GPU" in result.stderr:
        pytest.skip("there is a GPU, and this TensorFlow is built without")
    (finding,) = json.loads(result.stdout)
    assert finding["verdict"]["status"] == "confirmed"
    assert finding["verdict"]["device"].startswith("GPU:0 (")
