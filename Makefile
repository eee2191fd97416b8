# make demo        the whole path on the seed document, then a new document translated
# make test        every test
# make lint        ruff and mypy
# make bench       every benchmark, briefly
# make docs        the documentation site, in site/
# make dist        wheels of the package and the starter and an sdist, in dist/
# make check-dist  installs the wheels into a new environment and translates there
# Each makes .venv itself; nothing is installed outside it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench docs dist check-dist install clean

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs,tracking]'
	@touch $@

demo: $(READY)
	@$(BIN)/zhen-mt run configs/demo.yaml
	@$(BIN)/zhen-mt translate --input seeds/next.zh.txt --output runs/demo/next.en.txt --model runs/demo/model \
		--glossary seeds/glossary.tsv --report runs/demo/next.terms.jsonl
	@$(BIN)/zhen-mt translate --input seeds/next.zh.txt --output runs/demo/next.base.txt --glossary seeds/glossary.tsv
	@$(BIN)/zhen-mt evaluate --source seeds/next.zh.txt --reference seeds/next.en.txt --glossary seeds/glossary.tsv \
		--system base=runs/demo/next.base.txt --system fine-tuned=runs/demo/next.en.txt --output runs/demo/next-report
	@echo
	@echo "A document the model has never seen, translated with the glossary (runs/demo/next.en.txt):"
	@echo
	@cat runs/demo/next.en.txt
	@echo
	@echo "Open the report: $(CURDIR)/runs/demo/report/report.html"

test: $(READY)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY)
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file --quick || exit 1; done

docs: $(READY)
	@$(BIN)/mkdocs build --strict --quiet
	@echo "Open the documentation: $(CURDIR)/site/index.html"

dist: $(READY)
	@rm -rf dist build models/build
	@$(BIN)/python -m build --no-isolation --outdir dist .
	@$(BIN)/python -m build --no-isolation --outdir dist --wheel models

check-dist: dist
	@$(BIN)/python -m pytest -m slow tests/packaging

clean:
	rm -rf $(VENV) runs site dist build models/build *.egg-info models/*.egg-info
