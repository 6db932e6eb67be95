"""What a file tells before it is executed, to itself and to the files that import it."""

from __future__ import annotations

import pytest

from tflint_grad.outline import Outline, shallow_outline
from tflint_grad.source import SourceText


def outlined(text: str) -> Outline:
    return shallow_outline(SourceText.from_text(text, filename="pkg/module.py"))


def test_a_file_is_looked_over_once_whoever_asks() -> None:
    outline = outlined("tape.watch(x)\ngradients = tape.gradient(loss, net.kernel)\n")
    assert outline.survey is outline.survey is outline.survey_for_others
    assert outline.survey.watched_names == {"x"}
    assert outline.survey.source_names == {"x", "net", "kernel"}


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("tape.watch(x)", True),
        ("g = tape.gradient(y, x)", True),
        ("a = values.numpy()", True),
        ("a = np.asarray(values)", True),
        ("model.compile('adam')", False),
    ],
)
def test_only_what_names_sources_or_arrays_tells_other_files_something(
    line: str, tells: bool
) -> None:
    assert (outlined(f"import this\n{line}\n").survey_for_others is not None) == tells


def test_what_only_models_have_makes_a_model() -> None:
    survey = outlined(
        "net.compile('adam', run_eagerly=True)\nlayer(x, training=True)\nheld.trainable_weights\n"
    ).survey
    assert survey.fits
    assert survey.runs_eagerly
    assert [survey.is_model(name) for name in ("net", "layer", "held", "x")] == [
        *(True, True, True),
        False,
    ]
