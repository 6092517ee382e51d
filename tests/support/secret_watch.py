"""The suite's own secret scan, on with PAXZAR_SCAN_SECRETS=1: all loggers at DEBUG, and no test may have written a `Secret` that it
made into a log record, plain, escaped, URL-coded or base64.

What is scanned is the record as the code wrote it, before any filter of the program's: a secret that only the redactor would
have caught is a hit too. `@pytest.mark.logs_secrets` is for the tests of that redactor itself.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from app.contracts import Secret

#: Shorter ones, and plain words, stand in any log by chance.
LEAST = 8


class _Taken(logging.Handler):
    """Keeps what is written, formatted with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("httpcore"):  # the wire of the tests' own clients; Paxzar's is another
            return
        self.texts.append(f"{record.name}: {self.format(record)}")


taken = _Taken()
made: set[str] = set()
totals = {"tests": 0, "records": 0, "secrets": 0}


def pytest_configure(config: pytest.Config) -> None:
    root = logging.getLogger()
    root.addHandler(taken)
    root.setLevel(logging.DEBUG)
    plain = Secret.__init__

    @functools.wraps(plain)
    def noted(self: Secret, value: str) -> None:
        plain(self, value)
        if isinstance(value, str) and len(value) >= LEAST and not value.isalpha():
            made.add(value)

    Secret.__init__ = noted  # type: ignore[method-assign]


def forms(value: str) -> Iterator[str]:
    yield value
    yield from (json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe=""))
    yield base64.b64encode(value.encode()).decode().rstrip("=")


def hits() -> list[str]:
    """The records with a secret in them, cut; the secret itself is in the test, not in here."""
    patterns = {form for value in made for form in forms(value)}
    return [text[:300] for text in taken.texts if any(form in text for form in patterns)]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    found = [] if item.get_closest_marker("logs_secrets") else hits()
    totals["tests"] += 1
    totals["records"] += len(taken.texts)
    totals["secrets"] += len(made)
    taken.texts.clear()
    made.clear()
    assert not found, f"secrets in {len(found)} log records: {found[:3]}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["secret_scan"] = dict(totals)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """In the process that asked xdist's workers: what they counted."""
    counted = getattr(node, "workeroutput", {}).get("secret_scan", {})
    for name, count in counted.items():
        totals[name] += count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(
        f"secret scan: {totals['tests']} tests, {totals['records']} log records, {totals['secrets']} secrets looked for"
    )
