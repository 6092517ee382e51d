"""From the rows of a carrier's sheets to one report a parcel. Pure. Must never give a row to a parcel that it may not be about: an
order number that two parcels share is told, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from app.contracts import Message
from app.model import ShipmentStatus, TrackingEvent, TrackingReport
from providers.families.sheet_carrier_in import Told
from providers.families.sheet_carrier_rows import CANCELLED, Record


class Heard(NamedTuple):
    """A row, the file that it stands in, and when that was last changed (aware UTC)."""

    file: str
    changed: datetime
    row: Told

    @property
    def at(self) -> datetime:
        return self.row.at or self.row.delivered_at or self.changed


def reports(
    references: Sequence[str], heard: Sequence[Heard], records: Mapping[str, Record], link: str
) -> tuple[tuple[TrackingReport, ...], list[Message]]:
    """One report for each of the references that our record or a sheet knows, and what could not be told apart. `heard`: oldest file
    first. `link` holds {no}."""
    by_order: dict[str, list[str]] = {}
    for one in records.values():
        if one.state != CANCELLED and one.order_number:
            by_order.setdefault(one.order_number, []).append(one.reference)
    wanted = set(references)
    told: dict[str, list[Heard]] = {}
    troubles = []
    for entry in heard:
        row = entry.row
        named = row.reference if row.reference in records or row.reference in wanted else ""
        found = [named] if named else by_order.get(row.order_number, [])
        if len(found) > 1:
            about = {
                "field": f"{entry.file} · {row.order_number}",
                "value": " ".join(found)[:60],
                "why": "sheet_two_parcels",
            }
            troubles.append(Message("sheet.cell", {**about, "file": entry.file}, field="order_number"))
        elif found:
            told.setdefault(found[0], []).append(entry)
    made = []
    for reference in dict.fromkeys(references):
        if reference in told:
            made.append(_report(reference, told[reference], link))
        elif reference in records:
            gone = records[reference].state == CANCELLED
            made.append(TrackingReport(reference, ShipmentStatus.CANCELLED if gone else ShipmentStatus.CREATED))
    return tuple(made), troubles


def _report(reference: str, entries: Sequence[Heard], link: str) -> TrackingReport:
    """The latest row has the last word; a word that nobody knows leaves the state as the row before said."""
    order = sorted(entries, key=lambda one: one.at)
    rows = [one.row for one in order]
    status = next(
        (one.status for one in reversed(rows) if one.status is not ShipmentStatus.UNKNOWN), ShipmentStatus.UNKNOWN
    )
    number = _number(entries)
    delivered = next((one.delivered_at for one in reversed(rows) if one.delivered_at is not None), None)
    last = rows[-1]
    if delivered is None and status is ShipmentStatus.DELIVERED:
        delivered = next((one.at for one in reversed(rows) if one.status is status and one.at is not None), None)
    return TrackingReport(
        reference, status, number, last.word, _events(rows), delivered,
        next((one.signed_by for one in reversed(rows) if one.signed_by), ""),
        link.replace("{no}", quote(number, safe="")) if number and "{no}" in link else "",
    )  # fmt: skip


def _number(entries: Sequence[Heard]) -> str:
    """The first of the youngest file that has one: several pieces stand below each other."""
    named = [one for one in entries if one.row.tracking]
    if not named:
        return ""
    youngest = max(one.changed for one in named)
    return next(one.row.tracking for one in named if one.changed == youngest)


def _events(rows: Sequence[Told]) -> tuple[TrackingEvent, ...]:
    found = {}
    for row in rows:
        at = row.at or row.delivered_at
        if at is not None:
            found[at, row.word, row.place] = TrackingEvent(at, row.status, row.word, row.place)
    return tuple(sorted(found.values(), key=lambda one: one.at))
