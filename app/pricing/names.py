"""The names of the formula language: variables, functions and small words, in English and Turkish. English always works; case,
dots on the i and accents do not matter (these are words of a language, no identifiers of a shop)."""

from __future__ import annotations

from difflib import get_close_matches

from app.model import fold

#: Variable → its other names, folded. Amounts are in the listing's currency, VAT as the listing has it (`cost` and the limits
#: with VAT); `commission` and `vat` are shares (0.21), `stock` pieces, `desi` the product's desi.
VARIABLES: dict[str, tuple[str, ...]] = {
    "price": ("fiyat", "satis_fiyati"),
    "list_price": ("liste_fiyati",),
    "cost": ("maliyet",),
    "stock": ("stok",),
    "commission": ("komisyon",),
    "vat": ("kdv",),
    "min_price": ("en_az", "taban"),
    "max_price": ("en_cok", "tavan"),
    "desi": (),
}
#: Digits behind the point that a variable's whole number stands for in the store: micros, thousandths, pieces.
SCALES = dict.fromkeys(VARIABLES, 6) | {"stock": 0, "desi": 3}

#: Function → its other names, folded; how many arguments at least and at most.
FUNCTIONS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "min": (("en_kucuk",), 2, 20),
    "max": (("en_buyuk",), 2, 20),
    "abs": (("mutlak",), 1, 1),
    "round": (("yuvarla",), 1, 2),
    "round_to": (("yakin_yuvarla",), 2, 2),
    "round_up_to": (("yukari_yuvarla",), 2, 2),
    "round_down_to": (("asagi_yuvarla",), 2, 2),
}
#: Small words → the terminal of the grammar.
WORDS = {
    "if": "IF", "eger": "IF", "then": "THEN", "ise": "THEN", "else": "ELSE", "degilse": "ELSE", "yoksa": "ELSE",
    "and": "AND", "ve": "AND", "or": "OR", "veya": "OR", "not": "NOT", "degil": "NOT",
}  # fmt: skip

_VARIABLE = {alias: name for name, more in VARIABLES.items() for alias in (name, *more)}
_FUNCTION = {alias: name for name, (more, _, _) in FUNCTIONS.items() for alias in (name, *more)}


def word(text: str) -> str:
    """The terminal that a small word stands for, '' for none."""
    return WORDS.get(fold(text), "")


def variable(text: str) -> str:
    """The variable's own name, '' when there is none."""
    return _VARIABLE.get(fold(text), "")


def function(text: str) -> str:
    """The function's own name, '' when there is none."""
    return _FUNCTION.get(fold(text), "")


def near(text: str, *, call: bool) -> str:
    """The name that was probably meant, in the language it was typed in; '' when nothing is near."""
    found = get_close_matches(fold(text), _FUNCTION if call else _VARIABLE, 1, 0.6)
    return found[0] if found else ""
