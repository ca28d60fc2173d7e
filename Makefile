.PHONY: demo test lint lock
demo:
	./foreman demo
test:
	./foreman test
lint:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/basedpyright
# Pins every dependency with its hash; no index address is written, so any mirror works.
lock:
	.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 $(LOCK) pyproject.toml -o requirements.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 $(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 $(LOCK) --group lambda -c requirements.txt -o requirements-lambda.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 $(LOCK) --group lambda --group service -c requirements-dev.txt -o requirements-service.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 $(LOCK) local/requirements-emulator.in -o local/requirements-emulator.txt
