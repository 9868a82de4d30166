# make run     sets everything up and opens the window
# make test    sets everything up and passes the tests; needs no screen, no GPU and no network but the package index
# make check   lint, format, types, layers
# make bench   measures the figures of the README's performance section on this machine
# make bundle  makes the self-contained program, dist/lithograph, reports its size and tests it (some 3 minutes)
# make clean   removes the virtual environment and every cache

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FILE ?=

.PHONY: run test check bench screenshot bundle clean
.DEFAULT_GOAL := run

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Lithograph needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made. Where Python's venv module is missing, on" >&2; \
		echo "Debian or Ubuntu: sudo apt-get install -y python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

run: $(READY)
	@packaging/system-libraries.sh window
	$(BIN)/python main.py $(if $(FILE),open "$(FILE)")

test: $(READY)
	@packaging/system-libraries.sh offscreen
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	@packaging/system-libraries.sh offscreen
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks

screenshot: $(READY)
	@packaging/system-libraries.sh offscreen
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.ui.screenshot docs/pictures

# The system libraries that a window needs are bundled, so they have to be here.
bundle: $(READY)
	@packaging/system-libraries.sh window
	@$(BIN)/python -c 'import PyInstaller' 2>/dev/null || $(BIN)/python -m pip install --quiet --editable '.[dev,bundle]'
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build packaging/lithograph.spec
	$(BIN)/python packaging/report_size.py dist/lithograph --limit-mb 900
	LITHOGRAPH_BUNDLE=required QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/packaging

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
