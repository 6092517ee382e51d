"""Another carrier in the place of one that is down, when a person says so. What may have reached a carrier stays with it: only a
parcel that waits unsent, or that was refused, changes hands, and it is called off before another one is wished."""

from __future__ import annotations

from msgspec.structs import replace

from app.shipping.desk import Draft, Sent, ShippingDesk
from app.store import ParcelRow, Store


def movable(row: ParcelRow) -> bool:
    """Whether no carrier can know of it: never sent, or refused."""
    return row.state == "waiting" and row.write_kind == "create" and row.write_state in ("queued", "refused")


async def instead(desk: ShippingDesk, store: Store, draft: Draft) -> Sent:
    """A draft that is refused only because its orders are in a parcel: that parcel is called off where it is and the draft's carrier gets
    it. Refused with "stays" when the first carrier may know of it."""
    taken = await store.parcels.of_orders(draft.wanted.orders)
    living = {one.id: one for rows in taken.values() for one in rows if one.state not in ("cancelled", "returned")}
    if len(living) != 1:
        return Sent(draft, refusal="in_parcel")
    (row,) = living.values()
    if not movable(row):
        return Sent(draft, refusal="stays")
    (plan,) = await desk.drafts([replace(draft.wanted, second=True)])
    if not plan.ready:  # the first parcel is left alone unless the other carrier would take it
        return await desk.send(plan)
    if await desk.cancel(row) != "cancelled":
        return Sent(draft, refusal="stays")
    (plan,) = await desk.drafts([replace(draft.wanted, second=False)])
    return await desk.send(plan)
