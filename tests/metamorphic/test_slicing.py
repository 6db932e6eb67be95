"""Nodes made of only what matters let us find the same as whole files that libcst has parsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.markers import programs
from tests.harness.fixture import every_fixture
from tflint_grad.outline import outline
from tflint_grad.rules import check
from tflint_grad.source import SourceText

TEXTS = {
    **{one.identity: one.source for one in every_fixture() if one.rule != "TFG000"},
    **{f"flow/{path.name}": path.read_text(encoding="utf-8") for path in programs()},
}


@pytest.mark.parametrize("name", TEXTS)
def test_slices_and_a_parsed_file_agree(name: str) -> None:
    source = SourceText.from_text(TEXTS[name], filename=Path(name).name)
    sliced = check(outline(source))
    parsed = check(outline(source, whole=True))
    assert sliced == parsed
