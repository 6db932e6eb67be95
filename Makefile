# make lint [PATHS=…]   lint the showcase, or what you name
# make verify [PATHS=…] the same, and run in TensorFlow what is flagged
# make test             the test suite, TensorFlow included
# make check            ruff and mypy --strict
# make test-all         every fixture executed, however old its results
# make knowledge        measure TensorFlow anew: evidence, tables and docs/knowledge.md
# make sweep            lint and run a program for each operation of the measured table

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PATHS ?= fixtures/showcase
# A file stays in one process: its tests share what is costly, such as one start of TensorFlow.
PARALLEL ?= -n auto --dist loadfile

.PHONY: lint verify test test-all check knowledge sweep clean

# The showcase has pitfalls to show: findings (1) are no failure of `make`, errors (2) are.
lint: .stamp-lint
	@$(BIN)/tflint-grad $(PATHS) || test $$? -eq 1

verify: .stamp-verify
	@$(BIN)/tflint-grad --verify $(PATHS) || test $$? -eq 1

test: .stamp-test
	$(BIN)/python -m pytest $(PARALLEL)

test-all: .stamp-test
	TFLINT_GRAD_RUN_ALL=1 $(BIN)/python -m pytest $(PARALLEL)

sweep: .stamp-test
	$(BIN)/python tools/sweep_ops.py

check: .stamp-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

# With the Python of another TensorFlow, `tools/measure_ops.py --no-edges` adds that version; where tf_keras
# is installed, `--keras2` adds Keras 2.
knowledge: .stamp-test
	$(BIN)/python tools/search_calls.py
	$(BIN)/python tools/measure_ops.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

.stamp-lint: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.stamp-verify: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[verify]'
	@touch $@ .stamp-lint

.stamp-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@# Its tests skip loudly where TensorFlow has no wheel for this Python.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[verify]' \
		|| echo "NO TENSORFLOW FOR THIS PYTHON: nothing will be executed" >&2
	@# Keras 2, alone: it asks for the package tensorflow beside tensorflow-cpu, which would be the same twice.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		"tf_keras~=$$($(BIN)/python -c 'import tensorflow; print(tensorflow.__version__)' 2>/dev/null)" \
		|| echo "NO TF_KERAS FOR THIS TENSORFLOW: Keras 2 will not be executed" >&2
	@touch $@ .stamp-lint

clean:
	rm -rf $(VENV) .stamp-* .mypy_cache .ruff_cache .pytest_cache build dist
