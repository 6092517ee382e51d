"""What Turkish addresses have in common, whichever way a vendor cuts them up. Must never keep a text that tells of one person."""

from __future__ import annotations

from functools import lru_cache

from app.model import clean, fold, phone_e164


@lru_cache(maxsize=8192)
def known(text: str, limit: int = 120) -> str:
    """`clean` for texts that come again and again and are nobody's: towns, titles, SKUs, carriers."""
    return clean(text, limit)


def with_quarter(street: str, quarter: str) -> str:
    """The street with the mahalle before it, unless the street names it already (in whichever spelling)."""
    if quarter and fold(quarter) not in fold(street):
        return f"{quarter} {street}".strip()
    return street


def phone_text(text: str, country: str = "TR") -> str:
    """`+905321234567` where it can be read as a number, else what the vendor wrote, cleaned: a masked phone stays masked."""
    return phone_e164(text, country) or clean(text, 40)
