"""Which charts a merchant has pinned to Today: kept in the workspace's settings, in the order in which they were pinned. One that
cannot be read any more is left out, never a reason to fail."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.store import Store
from ui.charts.data import SPANS
from ui.pages.health_series import Subject

KEY = "today.pins"
MOST = 8


class Pin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chart and the span that Today shows of it."""

    subject: Subject
    span: str = "24h"


async def read_pins(store: Store) -> list[Pin]:
    """In their order; none twice."""
    kept = await store.settings.get(KEY, [])
    found: dict[Subject, Pin] = {}
    for one in kept if isinstance(kept, list) else ():
        try:
            pin = msgspec.convert(one, Pin)
        except msgspec.ValidationError:  # of another version of the program
            continue
        if pin.span in SPANS:
            found.setdefault(pin.subject, pin)
    return list(found.values())


async def write_pins(store: Store, pins: Sequence[Pin]) -> None:
    """All of them anew."""
    await store.settings.set(KEY, [msgspec.to_builtins(pin) for pin in pins] or None)


async def toggle_pin(store: Store, pin: Pin) -> bool | None:
    """Puts a chart onto Today, or takes it away; whether it is there now. None: there is no room for another."""
    pins = await read_pins(store)
    left = [one for one in pins if one.subject != pin.subject]
    if len(left) < len(pins):
        await write_pins(store, left)
        return False
    if len(left) >= MOST:
        return None
    await write_pins(store, [*left, pin])
    return True
