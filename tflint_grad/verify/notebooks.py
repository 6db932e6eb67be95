"""Notebooks are executed as scripts: their code cells one after the other, at the rows that findings have."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from tflint_grad.engine import FileReport

SUFFIX = ".ipynb"


@contextlib.contextmanager
def as_scripts(reports: Sequence[FileReport]) -> Iterator[Mapping[str, str]]:
    """For each notebook that findings speak of, by its name, a script that is there for a while."""
    texts = {
        name: source.text
        for report in reports
        for name, source in report.sources.items()
        if source.cells is not None
    }
    with tempfile.TemporaryDirectory(prefix="tflint-grad-notebooks-") as folder:
        scripts: dict[str, str] = {}
        for number, (name, text) in enumerate(sorted(texts.items())):
            stem = os.path.basename(name).removesuffix(SUFFIX)
            path = os.path.join(os.path.realpath(folder), str(number), f"{stem}.py")
            os.mkdir(os.path.dirname(path))
            with open(path, "w", encoding="utf-8", errors="surrogatepass") as stream:
                stream.write(text)
            scripts[name] = path
        yield scripts
