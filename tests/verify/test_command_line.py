"""`--verify` as users call it: options, exit codes, and what stays out of the linter's process."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import PITFALL
from tests.verify.hostile import in_step
from tflint_grad.cli import main
from tflint_grad.options import parse
from tflint_grad.verify.devices import Wanted

HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
executes = pytest.mark.skipif(not HAS_TENSORFLOW, reason="NO TENSORFLOW: nothing is executed")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_stands_after_two_dashes_is_the_program_to_run() -> None:
    options = parse(["src", "--verify", "--device=cpu:1", "--", "python", "train.py", "--steps=1"])
    assert options.paths == ["src"]
    assert options.command == ["python", "train.py", "--steps=1"]
    assert options.device == Wanted("cpu", 1)


def test_without_verify_two_dashes_mean_what_they_always_did() -> None:
    options = parse(["--", "train.py"])
    assert (options.paths, options.command, options.verify) == (["train.py"], [], False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--verify", "--"], "a program is wanted after --"),
        (["--device", "cpu"], "--device is of use with --verify only"),
        (["--verify-timeout", "3"], "--verify-timeout is of use with --verify only"),
        (["--verify", "--device", "tpu"], "'tpu' is none of auto, cpu, gpu, cpu:N and gpu:N"),
        (["--verify", "--verify-timeout", "0"], "'0' is no number of seconds"),
        (["--verify", "--verify-timeout", "nan"], "'nan' is no number of seconds"),
        (["--verify", "--verify-jobs", "0"], "'0' is no whole number from 1"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_without_tensorflow_one_line_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorflow" else find(name)
    )
    assert main(["--verify"]) == 2
    assert capsys.readouterr().err == (
        "tflint-grad: error: --verify needs TensorFlow: pip install 'tflint-grad[verify]'\n"
    )


@executes
def test_a_gpu_that_is_wanted_and_not_there_is_told_in_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert main(["--verify", "--device", "gpu"]) == 2
    told = capsys.readouterr().err
    assert told == "tflint-grad: error: --device gpu: TensorFlow sees no GPU\n"


def test_plain_linting_imports_nothing_of_the_verifier(project: Path) -> None:
    (project / "train.py").write_text(PITFALL)
    (project / "pyproject.toml").write_text(
        "[tool.tflint-grad.verify.inputs]\nstep = 'x=float32[8,3]'\n"
    )
    names = _modules_after(["-q"])
    assert "tflint_grad.rules.severed" in names
    assert [name for name in names if name.startswith("tflint_grad.verify.")] == []
    assert "tflint_grad.verify" not in names


@executes
def test_tensorflow_stays_out_of_the_linter_s_process(project: Path) -> None:
    (project / "train.py").write_text(PITFALL)
    names = _modules_after(["--verify", "-q"])
    assert "tflint_grad.verify.supervisor" in names
    assert not {"tensorflow", "keras", "numpy", "train"} & set(names)


def _modules_after(arguments: list[str]) -> list[str]:
    program = (
        "import json, sys; from tflint_grad.cli import main; "
        f"main({arguments!r}); print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    names: list[str] = json.loads(result.stderr.splitlines()[-1])
    return names


@executes
def test_verdicts_are_told_in_each_format_and_counted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "train.py").write_text(in_step("pass"))
    assert main(["--verify", "--device", "cpu", "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    (finding,) = json.loads(out)
    verdict = finding["verdict"]
    assert list(verdict)[:6] == [
        "status", "evidence", "reason", "device", "tensorflow", "seconds"
    ]  # fmt: skip
    assert verdict["status"] == "confirmed"
    assert verdict["evidence"].endswith("was None in 3 of 3 runs")
    assert (verdict["device"], verdict["reason"]) == ("CPU:0", None)
    assert verdict["seconds"] > 0
    assert "TFG204               1             -             -\n" in err


@executes
def test_inputs_come_from_the_configuration_and_from_comments(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = in_step("assert n == 3 and tuple(x.shape) == (8, 5)").replace("step()", "step(x, n)")
    (project / "train.py").write_text(text)
    (project / "pyproject.toml").write_text(
        "[tool.tflint-grad.verify.inputs]\nstep = 'x=float32[8,5], n=3'\n"
    )
    assert main(["--verify", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.endswith(" [confirmed]\n")


@executes
def test_a_notebook_is_executed_as_its_code_cells_one_after_the_other(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "beside.py").write_text("LEAST = 1\n")
    codes = ["%matplotlib inline\nimport beside", in_step("assert beside.LEAST == 1")]
    cells = [{"cell_type": "code", "source": code, "metadata": {}, "outputs": []} for code in codes]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (project / "train.ipynb").write_text(json.dumps(notebook))
    assert main(["--verify", "--output-format", "concise"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("train.ipynb:cell 2:9:")
    assert line.endswith(" [confirmed]")


def test_stdin_is_not_executed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--verify", "-"]) == 2
    assert capsys.readouterr().err == (
        "tflint-grad: error: --verify executes files, and stdin is none\n"
    )


@executes
def test_modules_are_found_where_the_analysis_finds_them(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, name in [("src", "losses"), ("vendored", "extras"), (".", "shared")]:
        (project / folder / name).mkdir(parents=True)
        (project / folder / name / "__init__.py").write_text("LEAST = 1\n")
    (project / "pyproject.toml").write_text("[tool.tflint-grad]\nsrc = ['vendored']\n")
    (project / "scripts" / "deep").mkdir(parents=True)
    (project / "scripts" / "deep" / "train.py").write_text(
        "import extras, losses, shared\n" + in_step("assert losses.LEAST == 1")
    )
    monkeypatch.chdir(project / "scripts")
    assert main(["--verify", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.endswith(" [confirmed]\n")
    assert [path.name for path in project.rglob("__pycache__")] == []


@executes
def test_what_cannot_be_built_is_named_with_the_comment_line_to_paste(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = in_step("x = env.observe(steps)").replace("step()", "step(env, steps)")
    (project / "train.py").write_text(text)
    assert main(["--verify", "--output-format", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    reason = finding["verdict"]["reason"]
    assert reason.startswith("needs inputs for 'env' (AttributeError: ")
    assert reason.endswith("; above step: # tflint-grad: inputs env=…")
    environment = "class Env:\n    def observe(self, steps):\n        return steps\n\n\n"
    hint = "# tflint-grad: inputs env=Env(), steps=2\ndef step"
    (project / "train.py").write_text(environment + text.replace("def step", hint))
    assert main(["--verify", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.endswith(" [confirmed]\n")


def test_a_tensorflow_that_does_not_start_is_told_in_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = project / "broken" / "tensorflow"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libcudart.so.12: no such file')\n")
    (project / "train.py").write_text(in_step("pass"))
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    monkeypatch.syspath_prepend(str(broken.parent))
    assert main(["--verify", "train.py"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "tflint-grad: error: TensorFlow does not start: ImportError: libcudart.so.12: no such file"
    )
