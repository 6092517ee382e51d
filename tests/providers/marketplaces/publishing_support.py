"""What the publishing tests of Trendyol, Hepsiburada and N11 share: a full draft, ends by key, and a run against the fake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Receipt
from app.kit import Call
from app.model import AttributeValue, Choice, Money, ProductDraft

BARCODE = "8690000000777"
PICTURES = ("https://cdn.example/1.jpg", "https://cdn.example/2.jpg")
DRAFT = ProductDraft(
    "k1", "PX-YENİ-1", " Işıklı Çaydanlık ", Money.of("199.9", "TRY"), 7, barcode=BARCODE, description="<p>Güzel</p>",
    brand=Choice("1791", "Örnek"), category_id="411", images=PICTURES, list_price=Money.of("249.90", "TRY"),
    vat_rate=Decimal("20.00"), desi=Decimal("1.50"), group="GRUP-1",
    attributes=(AttributeValue("47", text="Şeker Pembe"), AttributeValue("14", "101"), AttributeValue("14", "102")),
)  # fmt: skip


def draft(**changes: Any) -> ProductDraft:
    return msgspec.structs.replace(DRAFT, **changes)


def sent(call: Call) -> Any:
    assert call.body is not None
    return json.loads(call.body, parse_float=Decimal)


def ends(receipt: Receipt) -> dict[str, str]:
    """Each key's state, with the code of a message."""
    return {one.key: one.state.value + (f" {one.message.code}" if one.message else "") for one in receipt.outcomes}


def message(one: Outcome) -> Message:
    assert one.message is not None
    return one.message


async def published(world: Any, drafts: Sequence[ProductDraft]) -> Receipt:
    """Published at the fake, and asked for until nothing is pending; its clock is moved on instead of waiting."""
    receipt: Receipt = await world.client.publish_products(drafts)
    done = {one.key: one for one in receipt.outcomes}
    for _ in range(40):
        left = [one for one in drafts if done[one.key].state is OutcomeState.PENDING]
        if not left:
            return Receipt(tuple(done.values()), receipt.ticket)
        world.post("clock", {"advance": 60})
        done |= {one.key: one for one in (await world.client.publish_result(receipt.ticket, left)).outcomes}
    raise AssertionError(f"never settled: {done}")
