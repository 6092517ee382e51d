"""Text that people wrote: folding for search, cleaning, phones. Identifiers are never folded here."""

from __future__ import annotations

import re
import unicodedata

# Turkish has two i: dotted (İ/i) and dotless (I/ı). A seller types any of the four and means the same word, so search
# folds all four to one letter. str.lower() would make "İ" two code points and keep "ı" apart from "I".
_FOLD = str.maketrans(
    {
        "İ": "i", "I": "i", "ı": "i", "Ş": "s", "ş": "s", "Ğ": "g", "ğ": "g", "Ü": "u", "ü": "u", "Ö": "o", "ö": "o",
        "Ç": "c", "ç": "c", "Â": "a", "â": "a", "Î": "i", "î": "i", "Û": "u", "û": "u", "ß": "ss", "̇": None,
    }
)  # fmt: skip
_BIDI = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0x200B])
_DIGITS = re.compile(r"\D+")


def fold(text: str) -> str:
    """The search form of `text`: Turkish letters and accents folded, case gone. Idempotent."""
    # Nearly all text is Turkish or plain: a few replacements are five times as quick as looking at every letter.
    quick = text.replace("İ", "i").replace("I", "i").replace("ı", "i").lower()
    if not quick.isascii():
        quick = quick.replace("ş", "s").replace("ğ", "g").replace("ü", "u").replace("ö", "o").replace("ç", "c")
    return quick if quick.isascii() else _fold_any(text)


def _fold_any(text: str) -> str:
    folded = text.translate(_FOLD)
    if folded.isascii():
        return folded.lower()
    plain = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_FOLD).lower().translate(_FOLD)


def clean(text: str, limit: int = 2000) -> str:
    """What may be stored and drawn: no lone surrogates, control or direction marks; spaces joined; cut at `limit`."""
    if not text:
        return ""
    # The usual case, without looking at every letter.
    if text.isprintable() and "  " not in text and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text.strip()[:limit]
    text = text.encode("utf-8", "replace").decode("utf-8").translate(_BIDI)
    text = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(text.split())[:limit]


def digits(text: str) -> str:
    """Only the digits of `text`."""
    bare = text[1:] if text[:1] == "+" else text
    if bare.isascii() and bare.isdigit():  # the usual case: phones as +905321234567
        return bare
    return _DIGITS.sub("", text)


def phone_e164(text: str, country: str = "TR") -> str:
    """`+905321234567` from the ways Turkish phones are written; other text with a `+` keeps its digits; else ''."""
    number = digits(text)
    if not number:
        return ""
    if text.strip().startswith("+") and not number.startswith("90"):
        return "+" + number
    if country != "TR" and not number.startswith("90"):
        return "+" + number if text.strip().startswith(("+", "00")) else number
    number = number.removeprefix("00").removeprefix("90") if len(number) > 10 else number
    number = number.removeprefix("0")
    return "+90" + number if len(number) == 10 else ""
