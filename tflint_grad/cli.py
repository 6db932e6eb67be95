"""The command `tflint-grad`: from arguments to an exit code."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from tflint_grad.config import Settings, SettingsFinder, UsageError
from tflint_grad.engine import FileReport, fails, lint_files
from tflint_grad.options import command_line_layer, parse
from tflint_grad.report import write_report
from tflint_grad.source.discovery import find_files

if TYPE_CHECKING:
    import argparse

    from tflint_grad.verify.front import Verification

CLEAN, FINDINGS, ERROR, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is the result."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # a terminal that cannot show a letter must not end the run
            reconfigure(errors="backslashreplace")
    options = parse(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()
        return code
    except UsageError as error:
        print(f"tflint-grad: error: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN


def _run(options: argparse.Namespace) -> int:
    if options.list_rules or options.explain:
        from tflint_grad.catalogue import explanation, listing

        print(explanation(options.explain) if options.explain else listing())
        return CLEAN
    finder = SettingsFinder(command_line_layer(options), options.config, options.isolated)
    paths: list[str] = options.paths or ["."]
    here = finder.for_folder(os.getcwd())
    if options.explain_function:
        from tflint_grad.explain import explain_function

        print(explain_function(options.explain_function, here, os.getcwd()))
        return CLEAN
    if options.show_settings:
        first = paths[0]
        print(
            (
                finder.for_folder(os.path.abspath(first))
                if os.path.isdir(first)
                else finder.for_path(first)
            ).describe()
        )
        return CLEAN
    missing = [path for path in paths if path != "-" and not os.path.lexists(path)]
    if missing:
        raise UsageError("; ".join(f"{path}: no such file or folder" for path in missing))
    if options.verify and "-" in paths:
        raise UsageError("--verify executes files, and stdin is none")
    verification = _verification(finder, options) if options.verify else None
    reports = _lint(paths, finder, here, options)
    program_code = CLEAN
    if verification is not None:
        if options.command:
            verified = verification.of_program(reports, options.command)
        else:
            verified = verification.of_scenes(reports)
        reports, program_code = verified.reports, verified.exit_code
    failed = any(fails(report, finder.for_path(report.filename)) for report in reports)
    beside = sys.stderr if options.command else sys.stdout  # the program has stdout for itself
    _write(reports, here.first("output_format", "full"), options.output_file, beside)
    _tell(reports, here, options)
    if program_code != CLEAN:
        return program_code
    if any(report.traceback for report in reports):
        return ERROR
    return FINDINGS if failed and not here.first("exit_zero", False) else CLEAN


def _verification(finder: SettingsFinder, options: argparse.Namespace) -> Verification:
    from tflint_grad.verify.devices import Wanted
    from tflint_grad.verify.front import Verification

    progress = None
    if not options.quiet and sys.stderr.isatty():
        from tflint_grad.report.progress import progress_bar

        progress = functools.partial(progress_bar, doing="verifying")
    return Verification(
        finder,
        options.device or Wanted(),
        options.verify_timeout,
        options.verify_jobs,
        progress,
    )


def _lint(
    paths: Sequence[str], finder: SettingsFinder, here: Settings, options: argparse.Namespace
) -> list[FileReport]:
    """The reports, sorted by name."""
    from tflint_grad.runs.many import available_cores

    names = _files(paths, finder)
    buffer = _buffer(finder, options) if "-" in paths else None
    with contextlib.ExitStack() as stack:
        executor = None
        if options.executor is not None:
            from tflint_grad.runs.cluster import connected

            executor = stack.enter_context(connected(options.executor))
        progress = None
        if not options.quiet and len(names) > 1 and sys.stderr.isatty():
            from tflint_grad.report.progress import progress_bar

            progress = stack.enter_context(progress_bar(len(names)))
        return lint_files(
            names,
            finder,
            jobs=here.first("jobs") or available_cores(),
            executor=executor,
            cache=here,
            buffer=buffer,
            progress=progress,
        )


def _buffer(finder: SettingsFinder, options: argparse.Namespace) -> tuple[str, bytes] | None:
    """What comes through stdin, under the name that it is given."""
    name = options.stdin_filename or "<stdin>"
    settings = finder.for_path(name)
    if settings.first("force_exclude", False) and settings.excludes(os.path.abspath(name)):
        return None
    return name, sys.stdin.buffer.read()


def _files(paths: Sequence[str], finder: SettingsFinder) -> list[str]:
    forced = bool(finder.for_folder(os.getcwd()).first("force_exclude", False))
    wanted = [path for path in paths if path != "-"]

    def excluded(path: str) -> bool:
        return finder.for_path(path).excludes(path)

    return sorted(find_files(wanted, excluded, force_exclude=forced))


def _write(
    reports: Sequence[FileReport], output_format: str, output_file: str | None, stdout: TextIO
) -> None:
    if output_file is None:
        write_report(reports, output_format, stdout)
        return
    if os.path.exists(output_file) and not os.path.isfile(output_file):  # /dev/stdout, a pipe
        with _opened(output_file) as stream:
            write_report(reports, output_format, stream)
        return
    unfinished = f"{output_file}.{os.getpid()}.tmp"
    try:
        with _opened(unfinished) as stream:
            write_report(reports, output_format, stream)
        os.replace(unfinished, output_file)  # whoever reads the file never sees half of it
    except BaseException:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        raise


def _opened(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--output-file: {path}: {error.strerror or error}") from error


def _tell(reports: Sequence[FileReport], here: Settings, options: argparse.Namespace) -> None:
    """What is said beside the findings goes to stderr."""
    from tflint_grad.report.statistics import statistics, summary, verdict_table

    if options.verbose:
        for report in reports:
            if report.traceback:
                print(report.traceback, file=sys.stderr)
            for note in report.notes:
                print(f"{report.filename}: not followed: {note}", file=sys.stderr)
    if here.first("statistics", False) and any(report.findings for report in reports):
        print(statistics(reports), file=sys.stderr)
    if not options.quiet:
        if table := verdict_table(reports):
            print(table, file=sys.stderr)
        print(summary(reports), file=sys.stderr)
