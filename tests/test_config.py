"""Settings: where they are found, what is refused, and what stands above what."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tflint_grad.config import KEYS, Layer, SettingsFinder, UsageError, layer_from_table, matches
from tflint_grad.findings import Severity


def configure(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)


def test_every_key_has_its_place_in_a_layer() -> None:
    assert {key.replace("-", "_") for key in KEYS} == {entry.name for entry in fields(Layer)[2:]}


def test_the_nearest_file_with_our_table_counts(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.tflint-grad]\nignore = ['TFG201']\n")
    configure(tmp_path / "a", "[tool.other]\nx = 'tflint-grad'\n")
    configure(tmp_path / "a" / "b", "[tool.tflint-grad]\nfail-on = 'never'\n")
    finder = SettingsFinder()
    above = finder.for_path(str(tmp_path / "a" / "x.py"))
    below = finder.for_path(str(tmp_path / "a" / "b" / "c" / "x.py"))
    assert not above.selects("TFG201", "x.py")
    assert above.fail_on is Severity.WARNING
    assert below.selects("TFG201", "x.py")
    assert below.fail_on is None


def test_a_broken_file_of_others_is_not_our_business(tmp_path: Path) -> None:
    configure(tmp_path, "this is no TOML")
    assert SettingsFinder().for_path(str(tmp_path / "x.py")).first("select") is None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"selct": ["TFG2"]}, "unknown key 'selct' in [tool.tflint-grad]; did you mean 'select'?"),
        ({"select": ["E501"]}, "'E501' is no code of ours"),
        ({"select": ["TFG999"]}, "no rule has a code that begins with 'TFG999'"),
        ({"select": 3}, "must be a list of strings"),
        ({"fail-on": "warnings"}, "did you mean 'warning'?"),
        ({"advice": "yes"}, "must be true or false"),
        ({"per-file-ignores": ["a.py"]}, "must be a table"),
    ],
)
def test_what_a_table_must_not_hold_is_refused(table: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        layer_from_table(table, "/project", "pyproject.toml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("pyproject.toml: ")


def test_codes_may_be_written_in_small_letters_and_all_means_all() -> None:
    layer = layer_from_table({"select": ["tfg201", "ALL"]}, "/project", "pyproject.toml")
    assert layer.select == ("TFG201", "TFG")


def test_an_invalid_file_of_ours_is_told(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.tflint-grad\n")
    with pytest.raises(UsageError, match="not valid TOML"):
        SettingsFinder().for_path(str(tmp_path / "x.py"))


def test_a_named_file_counts_for_every_path_and_must_have_the_table(tmp_path: Path) -> None:
    configure(tmp_path / "a", "[tool.tflint-grad]\nselect = ['TFG3']\n")
    configure(tmp_path / "b", "[tool.tflint-grad]\nselect = ['TFG2']\n")
    configure(tmp_path / "c", "")
    finder = SettingsFinder(config=str(tmp_path / "a" / "pyproject.toml"))
    assert finder.for_path(str(tmp_path / "b" / "x.py")).first("select") == ("TFG3",)
    with pytest.raises(UsageError, match="has no table"):
        SettingsFinder(config=str(tmp_path / "c" / "pyproject.toml"))
    with pytest.raises(UsageError, match="No such file"):
        SettingsFinder(config=str(tmp_path / "gone.toml"))


def test_isolated_reads_no_file(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.tflint-grad]\nselect = ['TFG3']\n")
    finder = SettingsFinder(isolated=True)
    assert finder.for_path(str(tmp_path / "x.py")).first("select") is None


def test_codes_are_ignored_by_file(tmp_path: Path) -> None:
    configure(
        tmp_path,
        "[tool.tflint-grad.per-file-ignores]\n'tests/*' = ['TFG2']\n'*_old.py' = ['TFG']\n",
    )
    finder = SettingsFinder()

    def reported(code: str, name: str) -> bool:
        path = str(tmp_path / name)
        return finder.for_path(path).selects(code, path)

    assert not reported("TFG201", "tests/deep/x.py")
    assert reported("TFG301", "tests/x.py")
    assert not reported("TFG301", "pkg/net_old.py")
    assert reported("TFG201", "pkg/net.py")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a.py", "/p/x/a.py", True),
        ("x", "/p/x/a.py", True),
        ("x/", "/p/x/a.py", True),
        ("x/*.py", "/p/x/a.py", True),
        ("x/a", "/p/x/a.py", False),
        ("./x/a.py", "/p/x/a.py", True),
        ("**/a.py", "/p/x/a.py", True),
        ("y/a.py", "/p/x/y/a.py", True),
        ("y/a.py", "/p/x/xy/a.py", False),
        ("/p/x", "/p/x/a.py", True),
        ("*.py", "/p/x/a.pyw", False),
    ],
)
def test_a_pattern_names_a_path_or_a_folder_above_it(
    pattern: str, path: str, expected: bool
) -> None:
    assert matches(pattern, path, "/p") is expected


def test_exclude_replaces_the_defaults_and_extend_exclude_adds(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.tflint-grad]\nexclude = ['old']\nextend-exclude = ['gen_*.py']\n")
    settings = SettingsFinder().for_folder(str(tmp_path))
    assert settings.excludes(str(tmp_path / "old"))
    assert settings.excludes(str(tmp_path / "gen_a.py"))
    assert not settings.excludes(str(tmp_path / "build"))


def test_settings_are_described_as_one_could_write_them(tmp_path: Path) -> None:
    configure(
        tmp_path,
        "[tool.tflint-grad]\nselect = ['TFG2']\nper-file-ignores = { 'a.py' = ['TFG201'] }\n",
    )
    described = SettingsFinder().for_folder(str(tmp_path)).describe()
    again = tmp_path / "again"
    configure(again, described)
    settings = SettingsFinder().for_folder(str(again))
    assert settings.first("select") == ("TFG2",)
    assert settings.first("per_file_ignores") == (("a.py", ("TFG201",)),)


def test_inputs_for_verify_are_read_and_described(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.tflint-grad.verify.inputs]\n'pkg.step' = 'x=float32[8,3], n=3'\n")
    settings = SettingsFinder().for_folder(str(tmp_path))
    assert settings.first("verify").inputs == (("pkg.step", "x=float32[8,3], n=3"),)
    configure(tmp_path / "again", settings.describe())
    again = SettingsFinder().for_folder(str(tmp_path / "again"))
    assert again.first("verify") == settings.first("verify")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("verify = 3", "verify: must be a table"),
        ("[tool.tflint-grad.verify]\ninput = {}", "unknown key 'input'; did you mean 'inputs'?"),
        ("[tool.tflint-grad.verify]\ninputs = 'x=3'", "inputs: must be a table of functions"),
        ("[tool.tflint-grad.verify.inputs]\nstep = 3", "inputs: step: must be a text such as"),
        ("[tool.tflint-grad.verify.inputs]\npkg.step = 'x=3'", "put the name in quotes"),
    ],
)
def test_a_mistake_in_the_table_of_verify_is_told(tmp_path: Path, text: str, told: str) -> None:
    configure(tmp_path, f"[tool.tflint-grad]\n{text}\n")
    with pytest.raises(UsageError) as caught:
        SettingsFinder().for_folder(str(tmp_path))
    assert told in str(caught.value)
