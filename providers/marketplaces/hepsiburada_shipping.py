"""Hepsiburada's packages as a shipment confirmation meets them: which lines are in which, and whether it has left. Pure.
Must never read a package that we do not know as one that has left.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Confirm, Tracking).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.contracts import Message, fail
from app.kit import Reply, decode_json
from app.model import OrderStatus, ShipmentNotice, fold
from providers.marketplaces.hepsiburada_wire import status_of

LEFT = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED})


class PackedWire(msgspec.Struct, rename="camel"):
    package_number: str | int


class PackageWire(msgspec.Struct, rename="camel"):
    status: str | None = None
    tracking_info_code: str | None = None


def parse_packed(reply: Reply) -> str:
    """The new package's number."""
    return str(decode_json(reply, PackedWire).package_number)


def parse_package(reply: Reply) -> PackageWire:
    """The package of a detail answer; some documents show it as the only one of an array."""
    if reply.body.lstrip()[:1] != b"[":
        return decode_json(reply, PackageWire)
    found = decode_json(reply, list[PackageWire])
    if not found:
        raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": "no package"}))
    return found[0]


def is_told(package: PackageWire, number: str) -> bool:
    """The channel knows of this tracking number, or that the package is on its way."""
    return package.tracking_info_code == number or status_of(package.status or "") in LEFT


def is_open(package: PackageWire) -> bool:
    """Packed, and waiting for its carrier. A package that was undone is not."""
    word = fold(package.status or "")
    return word != "unpacked" and status_of(word) is OrderStatus.OPEN


def pairs(text: str) -> dict[str, str]:
    """`line:pieces,line:pieces` or `line:package,…` out of an order's `extra`."""
    return dict(one.split(":", 1) for one in text.split(",") if ":" in one)


def to_pack(notice: ShipmentNotice, extra: Mapping[str, str]) -> list[tuple[str, int]]:
    """(line, pieces) that the notice is about and that are in no package yet."""
    unpacked = pairs(extra.get("lines", ""))
    if notice.lines:
        return [(one.remote_id, one.quantity) for one in notice.lines if one.remote_id in unpacked]
    return [(line, int(pieces)) for line, pieces in unpacked.items()]


def packages_of(notice: ShipmentNotice, extra: Mapping[str, str]) -> list[str]:
    """Packages that hold lines of the notice."""
    packed = pairs(extra.get("packed", ""))
    wanted = {one.remote_id for one in notice.lines} or packed.keys()
    return list(dict.fromkeys(package for line, package in packed.items() if line in wanted))


def own_carrier(notice: ShipmentNotice, extra: Mapping[str, str]) -> bool:
    """Whether there is something to tell: a tracking number of a carrier that is not the one Hepsiburada chose."""
    return bool(notice.tracking_number) and fold(notice.carrier) != fold(extra.get("cargoCompany", ""))
