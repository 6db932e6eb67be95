"""What the measurements share: folders, environments, how often; and the lines of the table."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from places import Package, corpus, environment, unpacked


@dataclass(frozen=True)
class Result:
    """One line of the table; `limit` is the budget, where there is one: at most, or at least."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    detail: str = ""
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is within its budget, if it has one."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        budget = "" if self.limit is None else f"{sign} {self.limit:g}"
        verdict = "" if self.limit is None else "ok" if self.is_kept else "MISSED"
        value = f"{self.value:.4g} {self.unit}"
        return f"{self.what:<58} {value:>12}  {budget:<9} {verdict:<6} {self.detail}".rstrip()


class Bench:
    """What the measurements share: folders, environments, how often."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.cache: Path = options.cache
        self.sources: Path | None = options.sources
        self.rounds = 3 if options.quick else 7
        kinds = {"tensorflow", "large"} if options.large else {"tensorflow"}
        packages = corpus()
        self.packages = [one for one in packages if one.kind in kinds]
        if options.quick:
            self.packages = self.packages[:1]
        self.named = {one.name: one for one in packages}
        self.scratch = self.cache / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        # `python -m` looks in the current folder first, and there may lie another version of us.
        os.chdir(self.scratch)

    def python(self, name: str) -> str:
        return str(environment(self.cache, name))

    def folder(self, package: Package | str) -> Path:
        found = self.named[package] if isinstance(package, str) else package
        return unpacked(self.cache, found, self.sources)

    def flake8(self, name: str) -> list[str]:
        return [self.python(name), "-m", "flake8", "--isolated", "--select=F", "-j1"]

    def written(self, name: str, text: str) -> str:
        """A file in a folder of its own: beside others it would be one of a project."""
        path = self.scratch / Path(name).stem / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)
