"""The command line, run as users run it."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import ADVICE, CORRECT, PITFALL, PLACE, PLAIN
from tflint_grad import __version__


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with settings of its own that say nothing."""
    (tmp_path / "pyproject.toml").write_text("[tool.tflint-grad]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(
    *arguments: str, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tflint_grad", *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_findings_end_with_1_and_cleanness_with_0(project: Path) -> None:
    write("train.py", CORRECT)
    clean = run()
    assert (clean.returncode, clean.stdout) == (0, "")
    assert clean.stderr == "No gradient pitfalls found in 1 file.\n"
    write("train.py", PITFALL)
    found = run("--output-format", "concise")
    assert found.returncode == 1
    assert found.stdout.startswith(f"train.py:{PLACE}: TFG201 ")
    assert found.stderr == "Found 1 error in 1 of 1 file.\n"


def test_no_path_means_the_current_folder_and_names_are_as_given(project: Path) -> None:
    write("pkg/train.py", PITFALL)
    for given, shown in (
        ((), "pkg/train.py"),
        ((".",), "pkg/train.py"),
        (("pkg",), "pkg/train.py"),
        (("./pkg/train.py",), "./pkg/train.py"),
        ((str(project / "pkg"),), str(project / "pkg" / "train.py")),
    ):
        (found,) = json.loads(run(*given, "--output-format=json").stdout)
        assert found["filename"] == shown


def test_a_path_that_does_not_exist_is_an_error(project: Path) -> None:
    write("train.py", PITFALL)
    result = run("train.py", "gone.py")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "tflint-grad: error: gone.py: no such file or folder\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--selct=TFG2",),
        ("--select=E501",),
        ("--select=TFG999",),
        ("--fail-on=often",),
        ("--per-file-ignores=TFG2",),
        ("--explain=TFG999",),
        ("--config=gone.toml",),
        ("--output-file=gone/report.txt",),
        ("--quiet", "--verbose"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_reason(project: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "tflint-grad: error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_settings_end_with_2_and_a_suggestion(project: Path) -> None:
    write("pyproject.toml", "[tool.tflint-grad]\nselct = ['TFG2']\n")
    result = run()
    assert result.returncode == 2
    assert "pyproject.toml: unknown key 'selct'" in result.stderr
    assert "did you mean 'select'?" in result.stderr
    assert run("--isolated").returncode == 0


def test_findings_are_sorted_and_the_same_from_run_to_run(project: Path) -> None:
    for name in ("b.py", "a/z.py", "a.py", "a/b/c.py"):
        write(name, PITFALL + PITFALL)
    first, second = (run("--output-format=json", PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.stdout == second.stdout
    places = [(found["filename"], found["location"]["row"]) for found in json.loads(first.stdout)]
    assert places == sorted(places)
    assert len({name for name, _ in places}) == 4


def test_stdin_is_linted_under_the_name_it_is_given(project: Path) -> None:
    write("pyproject.toml", "[tool.tflint-grad.per-file-ignores]\n'quiet.py' = ['TFG']\n")
    result = run("-", "--stdin-filename=x/loud.py", "--output-format=concise", text=PITFALL)
    assert result.returncode == 1
    assert result.stdout.startswith(f"x/loud.py:{PLACE}: TFG201")
    assert run("-", "--stdin-filename=quiet.py", text=PITFALL).returncode == 0
    assert run("-", text=PITFALL).stdout.startswith("<stdin>:")


def test_selecting_ignoring_and_failing(project: Path) -> None:
    write("train.py", PITFALL)
    write("tests/advice.py", ADVICE)
    assert run("--ignore=TFG2").returncode == 0
    assert run("--select=TFG3").returncode == 0
    assert run("--select=TFG3", "--extend-select=TFG201").returncode == 1
    assert run("--per-file-ignores=train.py:TFG2,TFG3").returncode == 0
    assert run("--fail-on=never").returncode == run("--exit-zero").returncode == 0
    assert run("tests").returncode == 0
    assert run("tests", "--fail-on=advice").returncode == 1
    assert run("--extend-exclude=train.py").returncode == 0
    assert run("train.py", "--extend-exclude=train.py").returncode == 1
    assert run("train.py", "--extend-exclude=train.py", "--force-exclude").returncode == 0


def test_the_command_line_overrides_settings(project: Path) -> None:
    write("train.py", PITFALL)
    write(
        "pyproject.toml",
        "[tool.tflint-grad]\nignore = ['TFG201']\noutput-format = 'json'\nexit-zero = true\n",
    )
    assert run().stdout == "[]\n"
    overridden = run("--select=TFG201", "--output-format=concise")
    assert overridden.stdout.startswith("train.py:")
    assert overridden.returncode == 0


def test_settings_hold_for_the_files_below_them(project: Path) -> None:
    write("a/train.py", PITFALL)
    write("b/train.py", PITFALL)
    write("b/pyproject.toml", "[tool.tflint-grad]\nignore = ['TFG2']\n")
    (found,) = json.loads(run("--output-format=json").stdout)
    assert found["filename"] == "a/train.py"
    write("b/pyproject.toml", "[tool.tflint-grad]\nfail-on = 'never'\n")
    assert run("b").returncode == 0
    assert 'fail-on = "never"' in run("b", "--show-settings").stdout


def test_statistics_and_summary_leave_stdout_to_the_findings(project: Path) -> None:
    write("train.py", PITFALL)
    result = run("--statistics", "--output-format=json")
    assert len(json.loads(result.stdout)) == 1
    assert "     1  TFG201  numpy-on-path" in result.stderr
    assert run("--quiet").stderr == ""


def test_an_output_file_is_whole_or_not_there(project: Path) -> None:
    write("train.py", PITFALL)
    result = run("--output-format=json", "--output-file=report.json")
    assert (result.returncode, result.stdout) == (1, "")
    assert len(json.loads(Path("report.json").read_text())) == 1
    assert sorted(path.name for path in project.iterdir()) == [
        "pyproject.toml",
        "report.json",
        "train.py",
    ]
    assert run("--output-file=/dev/stdout", "--output-format=concise").stdout.startswith("train")


def test_rules_are_listed_and_explained() -> None:
    listed = run("--list-rules")
    assert listed.returncode == 0
    assert "TFG201  numpy-on-path" in listed.stdout
    by_code, by_name = run("--explain", "tfg201"), run("--explain", "numpy-on-path")
    assert by_code.stdout.startswith("TFG201 numpy-on-path\n====")
    assert by_code.stdout == by_name.stdout
    assert run("--version").stdout == f"tflint-grad {__version__}\n"


def test_an_internal_error_does_not_stop_the_run(project: Path) -> None:
    write("a.py", PITFALL)
    write("b.py", PITFALL)
    program = (
        "import sys; from tflint_grad import rules; from tflint_grad.cli import main\n"
        "real = rules.check\n"
        "def check(outline, *others):\n"
        "    if outline.filename.endswith('a.py'): raise KeyError('lost')\n"
        "    return real(outline, *others)\n"
        "rules.check = check\n"
        "sys.exit(main(['--output-format=concise', '--verbose']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "a.py:1:1: TFG000 internal error" in result.stdout
    assert f"b.py:{PLACE}: TFG201" in result.stdout
    assert "KeyError: 'lost'" in result.stderr


def test_a_closed_pipe_ends_quietly(project: Path) -> None:
    for number in range(40):
        write(f"train{number}.py", PITFALL * 20)
    command = f"'{sys.executable}' -m tflint_grad --quiet --select=TFG | head -n 1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.stdout.startswith("train0.py:")
    assert result.stderr == ""


def test_an_interrupted_run_ends_with_130(project: Path) -> None:
    program = (
        "import sys; from tflint_grad import cli\n"
        "def interrupt(*_, **__): raise KeyboardInterrupt\n"
        "cli.lint_files = interrupt\n"
        "sys.exit(cli.main([]))"
    )
    write("a.py", PITFALL)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (130, b"")


def test_strange_names_and_a_narrow_encoding_do_no_harm(project: Path) -> None:
    Path(os.fsdecode(b"tr\xff\x1bain.py")).write_text(PITFALL)
    Path("träin.py").write_text(PITFALL)
    for output_format in ("full", "concise", "json"):
        result = run(f"--output-format={output_format}", PYTHONIOENCODING="ascii")
        assert result.returncode == 1, result.stderr
        assert "\x1b" not in result.stdout


def test_start_up_is_lean(project: Path) -> None:
    """At most four times a bare interpreter's CPU time and 50 ms, on a tree without a tape."""
    for number in range(20):
        write(f"pkg/module{number}.py", PLAIN)

    def cost(*command: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    run()  # compile once
    pairs = [(cost("-c", "pass"), cost("-m", "tflint_grad", "-q")) for _ in range(7)]
    bare, ours = (statistics.median(costs) for costs in zip(*pairs, strict=True))
    assert ours <= 4 * bare + 0.05
