"""How a Mirakl instance speaks: exact decimals, UTC instants, its error bodies, offset and seek pages, CSV files.

Sources: the seller OpenAPI document (August 2026) and reference/marketplaces-tr.md, "Mirakl Marketplace seller API". Money is an
integer of kuruş inside and a JSON number outside; no binary fraction may ever stand between the two.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import HTTP
from typing import Any, TypeGuard

from providers.sandboxes import exact
from providers.sandboxes.exact import is_int

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")


def iso(at: int) -> str:
    """Epoch seconds -> "2026-11-20T07:15:00Z"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe(at: int | None) -> str | None:
    return None if at is None else iso(at)


def instant(text: str) -> int | None:
    """Epoch seconds of an ISO 8601 date-time with a zone; None when it is not one."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def is_number(value: Any) -> TypeGuard[int | Decimal]:
    return is_int(value) or isinstance(value, Decimal)


def kurus_of(value: int | Decimal) -> int | None:
    """A number with at most two decimals in kuruş; None for a finer one."""
    amount = Decimal(value) * 100
    return int(amount) if amount == amount.to_integral_value() else None


def kurus_text(text: str) -> int | None:
    """ "12.34" of a CSV cell in kuruş: a dot, at most two decimals, not below zero; None for anything else."""
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", text, re.ASCII):
        return None
    return kurus_of(Decimal(text))


@dataclass(frozen=True)
class Fault:
    """One complaint of an `errors` list. `field` may be composed: `order_lines[0].id`."""

    code: str
    message: str
    field: str = ""


class Refusal(Exception):
    """An answer that is an error: `{"status", "message"}`, or with faults `{"errors": [{code, field, message}]}`."""

    def __init__(
        self, status: int, message: str, faults: Sequence[Fault] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.faults, self.headers = status, message, list(faults), headers or {}

    def body(self) -> dict[str, Any]:
        if not self.faults:
            return {"status": self.status, "message": self.message}
        errors = [{"code": one.code, "field": one.field, "message": one.message} for one in self.faults]
        return {"errors": errors}


def bad(message: str) -> Refusal:
    return Refusal(400, message)


def coded(status: int, code: str, message: str, where: str = "") -> Refusal:
    return Refusal(status, message, [Fault(code, message, where)])


def missing(what: str, key: object) -> Refusal:
    return Refusal(404, f"{what} with id [{key}] not found")


@dataclass(frozen=True)
class Answer:
    """What a handler gives: JSON data, or raw bytes of another media type; None is an empty body."""

    data: Any = None
    status: int = 200
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One part of a multipart form."""

    name: str
    file_name: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `args` are the checked query parameters; `now` is epoch seconds."""

    operation: str
    path: dict[str, str]
    args: dict[str, Any]
    body: bytes
    content_type: str
    now: int

    def json(self) -> Any:
        """The body; fractions become Decimal."""
        if self.content_type.partition(";")[0].strip() != "application/json":
            raise Refusal(415, "Unsupported Media Type")
        return parsed(self.body)

    def form(self) -> list[Part]:
        """The parts of a multipart/form-data body."""
        if self.content_type.partition(";")[0].strip() != "multipart/form-data":
            raise Refusal(415, "Unsupported Media Type")
        head = b"content-type: " + self.content_type.encode() + b"\r\n\r\n"
        message = message_from_bytes(head + self.body, policy=HTTP)
        if not message.is_multipart():
            raise bad("The multipart body cannot be read")
        parts: list[Part] = []
        for one in message.iter_parts():
            name = one.get_param("name", header="content-disposition")
            data = one.get_payload(decode=True)
            if not isinstance(name, str) or not isinstance(data, bytes):
                raise bad("A part of the form has no name")
            parts.append(Part(name, one.get_filename() or "", data))
        return parts


def parsed(body: bytes) -> Any:
    try:
        return exact.parsed(body)
    except ValueError:
        raise bad("The request body is not valid JSON") from None


# -- pages -------------------------------------------------------------------------------------------------------------
def offset_page(call: Call, rows: Sequence[Any]) -> list[Any]:
    """`max` is 10 when it is not said."""
    start: int = call.args.get("offset", 0)
    most: int = call.args.get("max", 10)
    return list(rows[start : start + most])


def seek_page(
    call: Call, rows: Sequence[Any], keys: Sequence[str], most: int = 100
) -> tuple[list[Any], dict[str, str]]:
    """(the page, the tokens for the answer). A token names the last key of the page before it; records that came in between
    do not shift it. A token for a key that is gone ends the list."""
    limit: int = call.args.get("limit", min(50, most))
    if limit > most:
        raise bad(f"limit must be less than or equal to {most}")
    start = 0
    token = call.args.get("page_token", "")
    if token:
        start = _after(token, keys, call.operation)
    page = list(rows[start : start + limit])
    tokens: dict[str, str] = {}
    if start + limit < len(rows):
        tokens["next_page_token"] = _token(call.operation, keys[start + limit - 1])
    if start:
        before = start - limit
        tokens["previous_page_token"] = _token(call.operation, keys[before - 1] if before > 0 else "")
    return page, tokens


def _token(operation: str, key: str) -> str:
    return base64.urlsafe_b64encode(f"{operation}:{key}".encode()).decode()


def _after(token: str, keys: Sequence[str], operation: str) -> int:
    try:
        of, _, key = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, ValueError):
        raise bad("page_token is not valid") from None
    if of != operation:
        raise bad("page_token is not valid")
    if not key:
        return 0
    return keys.index(key) + 1 if key in keys else len(keys)


# -- CSV ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """One line of an import file: its number in the file (the header is line 1) and its cells by column."""

    line: int
    cells: dict[str, str]


def read_csv(data: bytes) -> tuple[list[str], list[Row]]:
    """(columns, rows) of a `;` file in UTF-8. Raises ValueError with the reason for a file that cannot be read at all."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("The file is not encoded in UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise ValueError(f"The file cannot be parsed: {error}") from None
    if not lines:
        raise ValueError("The file is empty")
    columns = [one.strip() for one in lines[0][1]]
    if len(set(columns)) != len(columns):
        raise ValueError("A column appears twice")
    rows = []
    for line, cells in lines[1:]:
        if len(cells) != len(columns):
            raise ValueError(f"Incorrect number of fields on line {line}")
        rows.append(Row(line, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}))
    return columns, rows


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()
