"""TNT's ASCII: what of an order is written with other letters there, for everybody to see. Pure.

Must never change a text silently: whatever is sent otherwise than the merchant wrote it is told as before → after, and what has no
likeness in ASCII at all is refused. Source: TNT's guide "ExpressConnect Shipping v3.8", "does NOT support non-ASCII characters".
"""

from __future__ import annotations

from collections.abc import Mapping

from app.contracts import Message
from app.kit.parcels import address_refused, ascii_text
from app.model import Address, clean

FIELDS = ("name", "company", "street", "district", "city", "postcode")


def plain(text: str, limit: int = 500) -> str:
    return ascii_text(clean(text, limit))


def plain_address(address: Address) -> Address:
    """The same address in ASCII."""
    return Address(
        **{name: plain(getattr(address, name)) for name in FIELDS}, country=address.country or "TR", phone=address.phone
    )


def changes(address: Address, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """`Çağrı → Cagri` by field of the address (and of `more`), those only that change."""
    told = {name: getattr(address, name) for name in FIELDS} | dict(more or {})
    pairs = {name: (clean(text, 500), plain(text)) for name, text in told.items()}
    return {name: f"{before} → {after}" for name, (before, after) in pairs.items() if before != after}


def unwritable(address: Address) -> Message | None:
    """The first field with a letter that has no likeness in ASCII (Arabic, an emoji): '?' would be a hole in an address."""
    for name in FIELDS:
        before = clean(getattr(address, name), 500)
        if plain(before).count("?") > before.count("?"):
            return address_refused(name, "A–Z 0–9")
    return None
