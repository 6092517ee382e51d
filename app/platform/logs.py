"""Log lines that can be read by eye and by a program: one record, one line, whatever a vendor wrote into it."""

from __future__ import annotations

import logging

MOST = 4_000  # characters of a message; of a traceback its end, where the error stands
_MOST_TRACE = 8_000


def one_line(text: str, most: int = MOST) -> str:
    """`text` with line breaks, control and direction marks and lone surrogates written as escapes, cut at `most`. A vendor's
    text must not be able to write a second line that looks like ours, nor to turn a terminal's colours."""
    cut = text if len(text) <= most else f"{text[:most]}… (+{len(text) - most})"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


class LineFormatter(logging.Formatter):
    """`2026-11-24 10:02:11,123 INFO app.jobs: text`; a traceback follows on lines of its own, each set in by four spaces."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        return _set_in(super().formatException(ei))  # type: ignore[arg-type]  # the base class's own tuple

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_text:  # made elsewhere (the redacting filter): the same rule
            record.exc_text = _set_in(record.exc_text)
        return super().format(record)


def _set_in(trace: str) -> str:
    lines = trace[-_MOST_TRACE:].splitlines()
    return "\n".join(
        line if line.startswith("    ") and line.isprintable() else f"    {one_line(line)}" for line in lines
    )
