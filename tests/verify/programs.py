"""Small programs, written to a file and executed with or without the probe."""

from __future__ import annotations

import gc
import textwrap
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

from tflint_grad.verify.inputs.specification import seed_everything
from tflint_grad.verify.loading import Loader
from tflint_grad.verify.observation import Place
from tflint_grad.verify.probe import Probe
from tflint_grad.verify.surroundings import fresh_tensorflow

HEAD = "import numpy as np\nimport tensorflow as tf\n"


class Written:
    """One program in a file of its own."""

    def __init__(self, folder: Path, text: str) -> None:
        gc.freeze()  # as in a worker: what is there already need not be looked at in each run
        self.text = HEAD + textwrap.dedent(text)
        self.path = folder / "program.py"
        self.path.write_text(self.text)
        self.loader = Loader(str(self.path), str(folder), "program")
        self.error: BaseException | None = None

    def row(self, words: str) -> int:
        """The first row that holds these words."""
        return next(
            number for number, line in enumerate(self.text.splitlines(), 1) if words in line
        )

    def place(self, words: str) -> Place:
        return (str(self.path), self.row(words))

    def run(self, probe: Probe | None = None) -> ModuleType | None:
        """The module as far as it came; what it raised is in `error`."""
        fresh_tensorflow()
        seed_everything(1)
        self.error = None
        self.loader.forget()
        with nullcontext() if probe is None else probe.watching():
            try:
                self.loader.load()
            except Exception as error:
                self.error = error
                if probe is not None:
                    probe.note_error(error, escaped=True)
        if probe is not None:
            probe.measure_what_is_kept()
        return self.loader.module

    def probed(self, marks: Sequence[str] = (), **options: object) -> Probe:
        """Run under a probe, which is given back with what it has seen."""
        probe = Probe([str(self.path)], [self.place(one) for one in marks], **options)  # type: ignore[arg-type]
        self.run(probe)
        return probe
