"""Settings: `[tool.tflint-grad]` of the nearest `pyproject.toml` that has it, and the command line.

Each file is linted with the settings nearest to it; what the command line says stands above them.
"""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tflint_grad.findings import Severity
from tflint_grad.selection import Selection, is_selected
from tflint_grad.source.discovery import DEFAULT_EXCLUDE, relative

if TYPE_CHECKING:
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.verify_settings import VerifySettings

TABLE = "tool.tflint-grad"
OUTPUT_FORMATS = ("full", "concise", "json")
FAIL_ON = ("error", "warning", "advice", "never")
_PREFIX = re.compile(r"TFG\d{0,3}")


class UsageError(Exception):
    """A mistake of the user's, told in one line; the run ends with 2."""


@dataclass(frozen=True)
class Layer:
    """The settings of one place: a configuration file, or the command line. None: not given.

    `root` is the folder that its path patterns are relative to.
    """

    root: str
    origin: str
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    fail_on: str | None = None
    output_format: str | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] | None = None
    force_exclude: bool | None = None
    advice: bool | None = None
    exit_zero: bool | None = None
    statistics: bool | None = None
    functions: Taught | None = None
    tensorflow_version: str | None = None
    src: tuple[str, ...] | None = None
    jobs: int | None = None
    cache_dir: str | None = None
    cache: bool | None = None
    verify: VerifySettings | None = None

    @property
    def selection(self) -> Selection:
        return Selection(self.select, self.extend_select or (), self.ignore or ())


@dataclass(frozen=True)
class Settings:
    """What holds for a file: the layers, the strongest first."""

    layers: tuple[Layer, ...]

    def first(self, name: str, default: Any = None) -> Any:
        """What the strongest layer that speaks of the setting `name` says."""
        given = (getattr(layer, name) for layer in self.layers)
        return next((value for value in given if value is not None), default)

    @cached_property
    def _selections(self) -> tuple[Selection, ...]:
        return tuple(layer.selection for layer in self.layers)

    @property
    def fail_on(self) -> Severity | None:
        """The least severity that makes a run fail; None: nothing does."""
        name = self.first("fail_on", "warning")
        return None if name == "never" else Severity[name.upper()]

    @property
    def src(self) -> tuple[str, ...]:
        """The folders that modules are imported from, as the configuration names them; absolute."""
        for layer in self.layers:
            if layer.src is not None:
                return tuple(os.path.abspath(os.path.join(layer.root, path)) for path in layer.src)
        return ()

    @property
    def cache_dir(self) -> str | None:
        """Where findings are remembered, absolute; None: in the platform's cache folder."""
        for layer in self.layers:
            if layer.cache_dir is not None:
                return os.path.abspath(
                    os.path.join(layer.root, os.path.expanduser(layer.cache_dir))
                )
        return None

    @property
    def tape_openers(self) -> frozenset[str]:
        """Names of functions that open a tape, by what the configuration says; nearly always none."""
        taught: Taught | None = self.first("functions")
        return frozenset() if taught is None else taught.roots

    @property
    def taught(self) -> Taught:
        """What the configuration tells of functions and of TensorFlow's version."""
        from tflint_grad.knowledge.taught import NOTHING_TAUGHT

        taught: Taught = self.first("functions", NOTHING_TAUGHT)
        version = self.first("tensorflow_version", "")
        return replace(taught, tensorflow=version) if version else taught

    def selects(self, code: str, filename: str) -> bool:
        """Whether findings of `code` in the file are reported."""
        return is_selected(code, self._selections) and not self.ignored_in_file(code, filename)

    def selected(self, codes: Sequence[str], filename: str) -> frozenset[str]:
        return frozenset(code for code in codes if self.selects(code, filename))

    def excludes(self, path: str) -> bool:
        """Whether the walk leaves out a file or folder, given by its absolute path."""
        for layer in self.layers:
            if layer.exclude is not None:
                if _any_matches(layer.exclude, path, layer.root):
                    return True
                break
        else:
            if os.path.basename(path) in DEFAULT_EXCLUDE:
                return True
        return any(
            _any_matches(layer.extend_exclude, path, layer.root)
            for layer in self.layers
            if layer.extend_exclude
        )

    def ignored_in_file(self, code: str, filename: str) -> bool:
        """Whether `per-file-ignores` leaves out findings of `code` in the file."""
        for layer in self.layers:
            if layer.per_file_ignores is not None:
                path = os.path.abspath(filename)
                return any(
                    code.startswith(prefixes) and matches(pattern, path, layer.root)
                    for pattern, prefixes in layer.per_file_ignores
                )
        return False

    def describe(self) -> str:
        """All settings as one could write them into `pyproject.toml`."""
        lines = [f"# from {layer.origin}" for layer in self.layers] + [f"[{TABLE}]"]
        defaults = {
            "select": ("TFG",),
            "fail_on": "warning",
            "output_format": "full",
            "exclude": DEFAULT_EXCLUDE,
        }
        for key in KEYS:
            value = self.first(_attribute(key), defaults.get(_attribute(key)))
            lines.append(f"# {key} is not set" if value is None else f"{key} = {_toml(value)}")
        return "\n".join(lines)


def matches(pattern: str, path: str, root: str) -> bool:
    """Whether a path pattern names `path` or a folder it lies in; `*` crosses slashes.

    A pattern without a slash may match any one part of the path below `root`.
    """
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    pattern = pattern.replace(os.sep, "/").removeprefix("./").rstrip("/")
    if os.path.isabs(pattern):
        relative = path.replace(os.sep, "/")
    parts = relative.split("/")
    if "/" not in pattern:
        return any(fnmatch.fnmatchcase(part, pattern) for part in parts)
    pattern = pattern.removeprefix("**/")
    return any(
        fnmatch.fnmatchcase("/".join(parts[:end]), pattern)
        or fnmatch.fnmatchcase("/".join(parts[:end]), "*/" + pattern)
        for end in range(1, len(parts) + 1)
    )


def _any_matches(patterns: Sequence[str], path: str, root: str) -> bool:
    return any(matches(pattern, path, root) for pattern in patterns)


class SettingsFinder:
    """Finds the settings of each file; remembers what it found by folder."""

    def __init__(
        self, command_line: Layer | None = None, config: str | None = None, isolated: bool = False
    ) -> None:
        self._above = () if command_line is None else (command_line,)
        self._fixed: Layer | None = None
        self._isolated = isolated
        self._found: dict[str, Layer | None] = {}
        if config is not None and not isolated:
            self._fixed = read_layer(config, required=True)

    def for_path(self, path: str) -> Settings:
        """The settings of a file, whether it exists or not."""
        return self.for_folder(os.path.dirname(os.path.abspath(path)))

    def for_folder(self, folder: str) -> Settings:
        layer = self._fixed
        if layer is None and not self._isolated:
            layer = self._nearest(folder)
        return Settings(self._above if layer is None else (*self._above, layer))

    def _nearest(self, folder: str) -> Layer | None:
        if folder not in self._found:
            layer = read_layer(os.path.join(folder, "pyproject.toml"))
            above = os.path.dirname(folder)
            if layer is None and above != folder:
                layer = self._nearest(above)
            self._found[folder] = layer
        return self._found[folder]


def read_layer(path: str, required: bool = False) -> Layer | None:
    """The settings of a TOML file; None where it has no table of ours.

    Raises:
        UsageError: the table holds what it should not, or `required` and there is no file.
    """
    shown = relative(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        if required:
            raise UsageError(f"{shown}: {error.strerror or error}") from error
        return None
    if b"tflint-grad" not in data:  # reading TOML costs more than a whole run on a small tree
        return _required_table(shown) if required else None
    tomllib = _tomllib()
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: not valid TOML: {error}") from error
    tool = content.get("tool", {})
    table = tool.get("tflint-grad") if isinstance(tool, dict) else None
    if table is None:
        return _required_table(shown) if required else None
    if not isinstance(table, dict):
        raise UsageError(f"{shown}: {TABLE} must be a table")
    return layer_from_table(table, os.path.dirname(os.path.abspath(path)), shown)


def _required_table(shown: str) -> Layer:
    raise UsageError(f"{shown}: has no table [{TABLE}]")


def _tomllib() -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib


def layer_from_table(table: Mapping[str, Any], root: str, origin: str) -> Layer:
    """Check a table of settings, key by key."""
    layer = Layer(root, origin)
    for key, value in table.items():
        check = KEYS.get(key)
        if check is None:
            raise UsageError(f"{origin}: unknown key {key!r} in [{TABLE}]{suggestion(key, KEYS)}")
        try:
            checked: dict[str, Any] = {_attribute(key): check(value)}
            layer = replace(layer, **checked)
        except UsageError as error:
            raise UsageError(f"{origin}: {key}: {error}") from None
    return layer


def suggestion(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """`; did you mean 'x'?`, or nothing."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def code_prefixes(value: object) -> tuple[str, ...]:
    """Check a list of codes or prefixes of codes; `ALL` stands for every code."""
    prefixes = tuple("TFG" if text.upper() == "ALL" else text.upper() for text in strings(value))
    for prefix in prefixes:
        if not _PREFIX.fullmatch(prefix):
            raise UsageError(f"{prefix!r} is no code of ours (TFG201, or a prefix such as TFG2)")
        if not _is_known(prefix):
            raise UsageError(f"no rule has a code that begins with {prefix!r}")
    return prefixes


def _is_known(prefix: str) -> bool:
    from tflint_grad.catalogue import codes

    return any(code.startswith(prefix) for code in codes())


def strings(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise UsageError("must be a list of strings")


def per_file_ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        raise UsageError("must be a table of patterns with their codes")
    return tuple((str(pattern), code_prefixes(codes)) for pattern, codes in value.items())


def _one_of(choices: Sequence[str]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in choices:
            hint = suggestion(str(value), choices)
            raise UsageError(f"must be one of {', '.join(choices)}, not {value!r}{hint}")
        return str(value)

    return check


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError("must be true or false")
    return value


def job_count(value: object) -> int:
    """Check a number of processes."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"must be a whole number from 1, not {value!r}")
    return value


def _path(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise UsageError("must be a path")
    return value


def _version(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+(\.\w+)*", value):
        raise UsageError(f"must be a version of TensorFlow such as '2.16', not {value!r}")
    return value


def _functions(value: object) -> Taught:
    from tflint_grad.teaching import taught_functions

    return taught_functions(value)


def _verify(value: object) -> VerifySettings:
    from tflint_grad.verify_settings import verify_settings

    return verify_settings(value)


#: The keys of the table, and what checks their values.
KEYS: dict[str, Callable[[object], object]] = {
    "select": code_prefixes,
    "ignore": code_prefixes,
    "extend-select": code_prefixes,
    "per-file-ignores": per_file_ignores,
    "fail-on": _one_of(FAIL_ON),
    "output-format": _one_of(OUTPUT_FORMATS),
    "exclude": strings,
    "extend-exclude": strings,
    "force-exclude": _boolean,
    "advice": _boolean,
    "exit-zero": _boolean,
    "statistics": _boolean,
    "functions": _functions,
    "tensorflow-version": _version,
    "src": strings,
    "jobs": job_count,
    "cache-dir": _path,
    "cache": _boolean,
    "verify": _verify,
}


def _attribute(key: str) -> str:
    return key.replace("-", "_")


def _toml(value: object) -> str:
    import json

    if hasattr(value, "toml"):
        return str(value.toml())
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        pairs = (f"{json.dumps(pattern)} = {_toml(codes)}" for pattern, codes in value)
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)
