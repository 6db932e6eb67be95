"""Finds a call for every public function that no specification describes.

    python tools/search_calls.py            search what has no call yet; keep what was found
    python tools/search_calls.py --anew     forget what was found, search all of it again

Writes specs/found.txt and specs/found_raw.txt (calls in the specifications' language, measured by
`measure_ops.py` like those written by hand) and specs/not_found.txt, specs/not_found_raw.txt (what
was tried in vain, and the last error).
"""

from __future__ import annotations

import argparse
import inspect
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).parent))

import keras
import raw_calls
import raw_seen
import tensorflow as tf
from api_walk import aliases, public_callables, raw_operations, tensor_free
from call_search import candidates
from declarations import declarations
from forks import in_child
from spec_lines import SPECS, operation_lines, rows_of, spelled

DRAWN = 400
LIMIT_S = 8.0
RAW = "tensorflow.raw_ops."


def texts_for(name: str, function: Any, seen: dict[str, list[str]]) -> list[str]:
    """The calls to try, the likeliest first: of raw operations those that were seen."""
    if name.startswith(RAW):
        short = name.removeprefix(RAW)
        known = [
            *_old("found_raw").values(),
            *(text for texts in seen.values() for text in texts[:2]),
        ]
        others = raw_calls.like_others(short, known)
        return [*seen.get(short, ()), *others, *raw_calls.candidates(short, DRAWN)]
    return list(candidates(spelled(name), inspect.signature(function), DRAWN))


def search(name: str, texts: list[str]) -> tuple[str, str, str]:
    """The best call found, how good it is ('flows', 'float', 'tensors', 'other'), the last error."""
    best = ("", "")
    problem = ""
    begin = 0
    for _ in range(6):

        def work(send: Callable[[Any], None], begin: int = begin) -> None:
            _try_all(name, texts, begin, send)

        messages, end = in_child(work, LIMIT_S)
        for message in messages:
            if "found" in message:
                best = (message["found"], message["grade"])
            if "error" in message:
                problem = message["error"]
        if end == "done" or not messages:
            break
        problem = f"{end}: {texts[messages[-1]['at']]}"
        begin = messages[-1]["at"] + 1
        if end == "over the time":
            break
    return (*best, problem)


_GRADES = ("", "other", "tensors", "float", "flows")
# How many more candidates to try for a better one, once a call of that grade is found.
_PATIENCE = {"other": 120, "tensors": 150, "float": 60, "flows": 0}


class _TookTooLong(Exception):
    pass


def _ring(*_: Any) -> None:
    raise _TookTooLong


def _try_all(name: str, texts: list[str], begin: int, send: Callable[[Any], None]) -> None:
    import warnings

    import measuring
    from spec_lines import Line

    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _ring)
    best = ""
    left = len(texts)
    for at in range(begin, len(texts)):
        if left <= 0:
            return
        left -= 1
        send({"at": at})
        signal.setitimer(signal.ITIMER_REAL, 5.0)
        try:
            grade = measuring.grade(Line(name, texts[at], "op"))
        except Exception as error:
            send({"at": at, "error": f"{type(error).__name__}: {error}"[:160]})
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        if _GRADES.index(grade) > _GRADES.index(best):
            best = grade
            send({"at": at, "found": texts[at], "grade": grade})
            left = min(left, _PATIENCE[grade])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--only", help="names that contain this")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    for file, todo in (("", _functions()), ("_raw", _raw())):
        found, missed = (_old(f"found{file}"), _old(f"not_found{file}"))
        if options.anew:
            found, missed = {}, {}
        for name in [name for name in found if name not in todo]:
            found.pop(name)
        for name in [name for name in missed if name not in todo]:
            missed.pop(name)
        lost = frozenset(name.removeprefix(RAW) for name in todo if name not in found)
        seen = raw_seen.seen(lost) if file else {}
        for name, function in sorted(todo.items()):
            again = (options.only and options.only in name) or name.removeprefix(RAW) in seen
            if (options.only and not again) or name in found or (name in missed and not again):
                continue
            if time.monotonic() > end:
                break
            call, grade, problem = search(name, texts_for(name, function, seen))
            missed.pop(name, None)
            if call and grade != "other":
                found[name] = call
            else:
                missed[name] = f"{'no tensor comes back: ' + call if call else problem}"
            print(f"{grade or 'MISSED':8}{name}: {call or problem}", flush=True)
            _write(found, missed, file)  # a long search may be cut off
        _write(found, missed, file)
    return 0


def _functions() -> dict[str, Any]:
    """The public functions that no specification describes."""
    other = aliases(tf, keras)
    written = {line.name for line in operation_lines(found=False)}
    written |= {one.name for one in declarations("declared")}
    written |= {other.get(name, name) for name in written}
    return {
        name: function
        for name, function in public_callables(tf, keras).items()
        if name not in written and not inspect.isclass(function) and not tensor_free(name)
    }


def _raw() -> dict[str, Any]:
    written = {line.name for line in operation_lines(found=False)}
    return {
        name: function
        for name, function in raw_operations(tf).items()
        if name not in written and not raw_calls.why_not(name.removeprefix(RAW))
    }


def _old(file: str) -> dict[str, str]:
    if not (SPECS / f"{file}.txt").exists():
        return {}
    pairs = (row.partition(": ") for row in rows_of(file))
    return {name: rest for name, _, rest in pairs}


def _write(found: dict[str, str], missed: dict[str, str], suffix: str) -> None:
    head = "# Written by search_calls.py. {0}\n"
    for file, rows, about in (
        ("found", found, "Calls that the search found, by name."),
        ("not_found", missed, "What the search tried in vain, with the last error."),
    ):
        lines = [f"{name}: {' '.join(rest.split())}\n" for name, rest in sorted(rows.items())]
        text = head.format(about) + "".join(lines)
        (SPECS / f"{file}{suffix}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
