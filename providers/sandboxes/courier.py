"""What the fakes of carriers share above the kit: parcels that move on the sandbox clock, their fates, switches and truth rows.

Knows no carrier: codes, texts and shapes come from each fake. A reference that was used must never be free again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from providers.sandboxes.exact import HOUR, iso
from providers.sandboxes.kit import Sandbox, SandboxClock
from providers.sandboxes.shop import BaseShop

#: Seconds since the carrier knows of a parcel, for each step that the parcel reaches.
_ROAD = (("accepted", 4 * HOUR), ("left", 6 * HOUR), ("arrived", 18 * HOUR), ("out", 26 * HOUR))
ROADS: dict[str, tuple[tuple[str, int], ...]] = {
    "": (*_ROAD, ("delivered", 30 * HOUR)),
    "problem": (*_ROAD, ("failed", 30 * HOUR)),
    "return": (*_ROAD, ("failed", 30 * HOUR), ("returning", 36 * HOUR), ("returned", 54 * HOUR)),
    "lost": (*_ROAD[:2], ("lost", 18 * HOUR)),
}
#: Switches of every carrier; `return:<reference>`, `problem:…`, `lost:…` and `pickup:…` beside them.
SWITCHES = frozenset({"ip_refused", "account_closed", "never_accept", "ignore_writes", "no_label", "unexpected"})
#: The address that a carrier says it does not know (RFC 5737).
CALLER = "203.0.113.7"


@dataclass
class Parcel:
    """`born`: when the carrier began to expect it, epoch seconds, 0 while it only has an order. `sent`: what was told, in the
    carrier's own fields. `told`: the same for truth rows (receiver, address, city, district, phone, cod, payer, kg, desi)."""

    reference: str
    created: int
    number: str
    pieces: list[str]
    sent: dict[str, Any]
    told: dict[str, str]
    born: int = 0
    ahead: int = 0  # seconds by which it is early
    cancelled: int = 0
    fate: str = ""
    damaged: bool = False
    more: dict[str, Any] = field(default_factory=dict)


class Depot(BaseShop):
    """One contract at one carrier."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.parcels: dict[str, Parcel] = {}

    def digits(self, count: int) -> str:
        """A number of that many digits that does not start with 0."""
        return str(self.rng.randrange(10 ** (count - 1), 10**count))

    def keep(self, parcel: Parcel) -> None:
        self.parcels[parcel.reference] = parcel
        self.counts["shipments"] += 1
        self.counts[f"shipment:{parcel.reference}"] += 1

    def steps(self, parcel: Parcel) -> list[tuple[str, int]]:
        """What has happened to it, the oldest first: a step of ROADS, `registered` or `cancelled`, and when (epoch seconds)."""
        if parcel.cancelled:
            return [("registered", parcel.born or parcel.created), ("cancelled", parcel.cancelled)]
        if not parcel.born:
            return []
        found = [("registered", parcel.born)]
        if self.on("never_accept"):
            return found
        age = self.now() - parcel.born + parcel.ahead
        found += [(step, parcel.born + after - parcel.ahead) for step, after in ROADS[parcel.fate] if age >= after]
        return found

    def step(self, parcel: Parcel) -> str:
        """The last of them; `ordered` when there is none."""
        steps = self.steps(parcel)
        return steps[-1][0] if steps else "ordered"

    def reached(self, parcel: Parcel, step: str) -> int:
        """When, in epoch seconds; 0: not yet."""
        return next((at for name, at in self.steps(parcel) if name == step), 0)

    def scanned(self, parcel: Parcel) -> bool:
        """Whether the branch has it, and so nothing can be called off any more."""
        return bool(self.reached(parcel, "accepted"))

    def pick_up(self, parcel: Parcel) -> None:
        """The courier comes now."""
        parcel.born = parcel.born or self.now()
        parcel.ahead = max(parcel.ahead, ROADS[""][0][1] - (self.now() - parcel.born))

    def call_off(self, parcel: Parcel) -> None:
        """Acted on unless a switch says to forget it."""
        if self.may_apply():
            parcel.cancelled = self.now()
            self.counts["cancels"] += 1

    def found(self, **wanted: str) -> Iterator[Parcel]:
        """By `number` or by one of its `piece` barcodes."""
        for parcel in self.parcels.values():
            if parcel.number == wanted.get("number") or wanted.get("piece") in parcel.pieces:
                yield parcel


class CarrierRoom(Sandbox):
    """The control room of a carrier. It has no orders and no listings; truth rows: see `truth_shipments`."""

    switches: ClassVar[frozenset[str]] = SWITCHES
    shop: Depot

    def cancel_order(self, remote_id: str) -> None:
        """The seller calls a parcel off by telephone. KeyError: no such reference."""
        parcel = self.shop.parcels[remote_id]
        parcel.cancelled = self.shop.now()

    def damage_order(self, remote_id: str) -> None:
        """Its tracking record gets a word where a number belongs."""
        self.shop.parcels[remote_id].damaged = True

    def switch(self, feature: str, on: bool) -> None:
        fate, _, reference = feature.partition(":")
        if feature in self.switches or feature.startswith("apply_"):
            self.shop.switches[feature] = on
        elif fate == "pickup":
            self.shop.pick_up(self.shop.parcels[reference])
        elif fate in ROADS:
            self.shop.parcels[reference].fate = fate if on else ""
        else:
            raise KeyError(feature)

    def state_of(self, parcel: Parcel) -> str:
        """The carrier's own code for where it is."""
        raise KeyError(parcel.reference)

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": one.reference, "tracking_number": one.number, "status": self.state_of(one), "step": self.shop.step(one),
                "picked_up": self.shop.scanned(one), "cancelled": bool(one.cancelled), "pieces": list(one.pieces), "count": len(one.pieces),
                "events": [{"step": step, "at": iso(at)} for step, at in self.shop.steps(one)], **one.told,
            }
            for one in self.shop.parcels.values()
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return {"shipments": 0, **self.shop.counts}
