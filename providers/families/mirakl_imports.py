"""What became of a price or stock file: the import's state and the report on its lines, as one outcome an item. Pure. Must never
tell an item done while the import runs, or while it counts lines in error that no report names.

Source of the facts: Mirakl's seller OpenAPI document, PRI02, PRI03, STO02, STO03. The names of a report's columns are not
documented beyond "the first holds the line's number, the second the reason, and the file can be imported again".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import msgspec

from app.contracts import Message, Outcome, OutcomeState
from app.kit import Reply, decode_json
from app.model import PriceChange, StockChange, clean, fold

Changes = Sequence[PriceChange] | Sequence[StockChange]
ENDED = frozenset({"COMPLETE", "FAILED"})


class TicketWire(msgspec.Struct):
    import_id: str


class ImportWire(msgspec.Struct):
    import_id: str
    status: str
    has_error_report: bool
    lines_in_error: int | None = None
    lines_in_success: int | None = None
    reason_status: str | None = None


class _ListWire(msgspec.Struct):
    data: list[ImportWire]


def ticket_of(reply: Reply, kind: str, lines: int) -> str:
    """Kind, number of lines and id of the import: each kind is asked for at an address of its own."""
    return f"{kind}:{lines}:{decode_json(reply, TicketWire).import_id}"


def read_ticket(ticket: str) -> tuple[str, int, str]:
    kind, _, rest = ticket.partition(":")
    lines, _, import_id = rest.partition(":")
    return kind, int(lines) if lines.isascii() and lines.isdigit() else 0, import_id


def parse_import(reply: Reply, kind: str, import_id: str) -> ImportWire | None:
    """The import, None when Mirakl knows none of that id. Prices come as a list, stock as one record."""
    found = decode_json(reply, _ListWire).data if kind == "price" else [decode_json(reply, ImportWire)]
    return next((one for one in found if one.import_id == import_id), None)


def parse_report(reply: Reply) -> dict[str, str] | None:
    """SKU → reason. None when the report names no SKU: then it cannot be told whose lines they are."""
    text = reply.body.decode("utf-8-sig", "replace")
    head = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ","))
    if not rows:
        return None
    names = [fold(one).replace("_", "-").strip() for one in rows[0]]
    column = next((n for n, name in enumerate(names) if name in ("offer-sku", "sku", "shop-sku")), -1)
    # The reason is the second column; one that says so by its name wins.
    why = next((n for n, name in enumerate(names) if "error" in name and ("reason" in name or "message" in name)), 1)
    if column < 0 or column == why:
        return None
    found: dict[str, str] = {}
    for row in rows[1:]:
        if len(row) <= max(column, why):
            continue
        sku, reason = row[column], clean(row[why], 300)
        if (
            sku and reason
        ) or sku not in found:  # an offer has as many lines as prices; those without a fault have no reason
            found[sku] = reason
    return found


def outcomes_of(
    found: ImportWire | None, refused: Mapping[str, str] | None, lines: int, changes: Changes
) -> list[Outcome]:
    """One outcome a change. `refused`: what the report says, None without one. `lines`: how many the file had, 0 when unknown."""
    if found is None:
        return [_unknown(one.key, Message("item.not_found")) for one in changes]
    if found.status not in ENDED:
        return [Outcome(one.key, OutcomeState.PENDING) for one in changes]
    named = refused or {}
    rest = _rest(found, named, lines, {one.listing.remote_id for one in changes})
    return [
        Outcome(one.key, OutcomeState.REFUSED, refusal(named[one.listing.remote_id]))
        if one.listing.remote_id in named
        else msgspec.structs.replace(rest, key=one.key)
        for one in changes
    ]


def _rest(found: ImportWire, named: Mapping[str, str], lines: int, ours: set[str]) -> Outcome:
    """What goes for items that no report names."""
    if found.status == "FAILED":
        why = clean(found.reason_status or "", 300)
        return Outcome("", OutcomeState.REFUSED, Message("item.refused", vendor_code="FAILED", vendor_text=why))
    stray = bool(set(named) - ours) or ((found.has_error_report or bool(found.lines_in_error)) and not named)
    counted = (found.lines_in_success or 0) + (found.lines_in_error or 0)
    if stray or (lines and found.lines_in_success is not None and counted < lines):
        return _unknown(
            "", Message("answer.unexpected", {"operation": "batch_result", "reason": "lines that no report names"})
        )
    return Outcome("", OutcomeState.DONE)


def _unknown(key: str, message: Message) -> Outcome:
    return Outcome(key, OutcomeState.UNKNOWN, message)


def refusal(reason: str) -> Message:
    """The reason as Mirakl words it; an offer that is not there says so."""
    folded = fold(reason)
    missing = "not found" in folded or "does not exist" in folded or "unknown offer" in folded or "bulunamad" in folded
    return Message("item.not_found" if missing else "item.refused", vendor_text=reason)
