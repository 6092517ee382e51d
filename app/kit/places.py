"""What Turkish addresses have in common, whichever way a vendor cuts them up."""

from __future__ import annotations

from app.model import clean, fold, phone_e164


def with_quarter(street: str, quarter: str) -> str:
    """The street with the mahalle before it, unless the street names it already (in whichever spelling)."""
    if quarter and fold(quarter) not in fold(street):
        return f"{quarter} {street}".strip()
    return street


def phone_text(text: str, country: str = "TR") -> str:
    """`+905321234567` where it can be read as a number, else what the vendor wrote, cleaned: a masked phone stays masked."""
    return phone_e164(text, country) or clean(text, 40)
