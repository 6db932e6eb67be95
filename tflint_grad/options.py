"""The command line: its options, and what they set."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tflint_grad import __version__
from tflint_grad.config import (
    FAIL_ON,
    OUTPUT_FORMATS,
    Layer,
    UsageError,
    code_prefixes,
    job_count,
    strings,
)

if TYPE_CHECKING:
    from tflint_grad.verify.devices import Wanted

_DAY = 24 * 3600.0
_DESCRIPTION = "Finds where a TensorFlow gradient gets lost, and says at which line."
_EPILOG = """exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or internal error.
settings: the same names in [tool.tflint-grad] of the nearest pyproject.toml."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments; argparse itself ends the program with 2 where they are wrong.

    `command` holds what stands after `--verify … --`, the program to run.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    command: list[str] = []
    parser = _parser()
    if "--" in given and "--verify" in given[: given.index("--")]:
        given, command = given[: given.index("--")], given[given.index("--") + 1 :]
        if not command:
            parser.error("a program is wanted after --")
    options = parser.parse_intermixed_args(given)
    options.command = command
    for name in ("device", "verify_timeout", "verify_jobs"):
        if getattr(options, name) is not None and not options.verify:
            parser.error(f"--{name.replace('_', '-')} is of use with --verify only")
    return options


def command_line_layer(options: argparse.Namespace) -> Layer:
    """The settings that the command line gives; they stand above every configuration file."""
    return Layer(
        root=os.getcwd(),
        origin="the command line",
        select=_codes(options, "select"),
        ignore=_codes(options, "ignore"),
        extend_select=_codes(options, "extend_select"),
        per_file_ignores=_per_file_ignores(options.per_file_ignores),
        fail_on=options.fail_on,
        output_format=options.output_format,
        exclude=_joined(options.exclude),
        extend_exclude=_joined(options.extend_exclude),
        force_exclude=options.force_exclude,
        exit_zero=options.exit_zero,
        statistics=options.statistics,
        jobs=options.jobs,
        cache_dir=options.cache_dir,
        cache=options.cache,
    )


def _codes(options: argparse.Namespace, name: str) -> tuple[str, ...] | None:
    given: list[str] | None = getattr(options, name)
    if given is None:
        return None
    try:
        return code_prefixes(",".join(given))
    except UsageError as error:
        raise UsageError(f"--{name.replace('_', '-')}: {error}") from None


def _jobs(text: str) -> int:
    try:
        return job_count(int(text))
    except (ValueError, UsageError):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _device(text: str) -> Wanted:
    from tflint_grad.verify.devices import Wanted

    try:
        return Wanted.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _joined(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else strings(",".join(given))


def _per_file_ignores(
    given: list[str] | None,
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """`PATTERN:CODE,CODE`, as often as wanted."""
    if given is None:
        return None
    entries = []
    for text in given:
        pattern, colon, codes = text.rpartition(":")
        if not colon:
            raise UsageError(f"--per-file-ignores: {text!r} is not of the form PATTERN:CODE,CODE")
        try:
            entries.append((pattern.strip(), code_prefixes(codes)))
        except UsageError as error:
            raise UsageError(f"--per-file-ignores: {error}") from None
    return tuple(entries)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tflint-grad",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="files and folders; - is stdin (default: .)")
    add("--version", action="version", version=f"tflint-grad {__version__}")

    rules = parser.add_argument_group("rules")
    add = rules.add_argument
    add("--select", action="append", metavar="CODES", help="report these codes or prefixes only")
    add("--ignore", action="append", metavar="CODES", help="do not report these codes or prefixes")
    add("--extend-select", action="append", metavar="CODES", help="report these as well")
    add(
        "--per-file-ignores",
        action="append",
        metavar="PATTERN:CODES",
        help="do not report these in files that match",
    )
    add("--fail-on", choices=FAIL_ON, help="the least severity that fails (default: warning)")
    add("--exit-zero", action="store_true", default=None, help="exit with 0 even with findings")
    add("--explain", metavar="CODE", help="print what a rule is about")
    add("--list-rules", action="store_true", help="print all rules")
    add(
        "--explain-function", metavar="NAME", help="print what is believed of a function: pkg.mod.f"
    )

    files = parser.add_argument_group("files")
    add = files.add_argument
    add("--exclude", action="append", metavar="PATTERNS", help="leave out, instead of the defaults")
    add("--extend-exclude", action="append", metavar="PATTERNS", help="leave out as well")
    add(
        "--force-exclude",
        action="store_true",
        default=None,
        help="leave out excluded files even when they are given by name",
    )
    add("--stdin-filename", metavar="NAME", help="what to call the text from stdin")

    output = parser.add_argument_group("output")
    add = output.add_argument
    add("--output-format", choices=OUTPUT_FORMATS, help="default: full")
    add("--output-file", metavar="FILE", help="write the findings here")
    add("--statistics", action="store_true", default=None, help="count the findings by rule")
    loudness = output.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="findings only, no summary")
    loudness.add_argument(
        "-v", "--verbose", action="store_true", help="say what was read, and what was cut short"
    )

    verify = parser.add_argument_group("verify", "Run the flagged code in TensorFlow, and see.")
    add = verify.add_argument
    add(
        "--verify",
        action="store_true",
        help="give each finding a verdict; after -- a program to run: --verify -- python train.py",
    )
    add("--device", type=_device, metavar="DEVICE", help="auto, cpu, gpu, cpu:N or gpu:N")
    add(
        "--verify-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="for each scene that is run (default: 30)",
    )
    add(
        "--verify-jobs",
        type=_jobs,
        metavar="N",
        help="processes with TensorFlow at most (default: one a GPU, or the cores there are)",
    )

    speed = parser.add_argument_group("speed")
    add = speed.add_argument
    add("-j", "--jobs", type=_jobs, metavar="N", help="processes (default: the cores there are)")
    add("--cache-dir", metavar="FOLDER", help="where findings are remembered")
    add(
        "--no-cache",
        action="store_const",
        const=False,
        dest="cache",
        help="neither use what is remembered nor remember",
    )
    add("--executor", metavar="dask://HOST:PORT", help="have a Dask cluster analyse the files")

    settings = parser.add_argument_group("settings")
    add = settings.add_argument
    add("--config", metavar="FILE", help="read the settings from here only")
    add("--isolated", action="store_true", help="read no settings from files")
    add("--show-settings", action="store_true", help="print the settings that hold for PATH")
    return parser
