"""Finding by words in menus and the palette: Turkish-aware folding, all words must occur. Pure."""

from __future__ import annotations

_FOLD = str.maketrans("ıİIçÇğĞöÖşŞüÜâÂîÎûÛ", "iiiccggoossuuaaiiuu")


def fold(text: str) -> str:
    """For comparing only: I, ı, İ and i are one letter, ç is c, ş is s. One letter stays one letter."""
    return "".join(c if len(c) == 1 else c[0] for c in (ch.lower() for ch in text.translate(_FOLD)))


def match(query: str, text: str) -> list[tuple[int, int]] | None:
    """Spans (start, end) of the query's words in the text, or None when one of them does not occur. [] for no query."""
    folded = fold(text)
    spans: list[tuple[int, int]] = []
    for word in fold(query).split():
        at = folded.find(word)
        if at < 0:
            return None
        # A word's beginning is the better hit.
        better = folded.find(" " + word)
        if better >= 0 and at > 0:
            at = better + 1
        spans.append((at, at + len(word)))
    spans.sort()
    return spans


def score(query: str, text: str) -> int:
    """Smaller is better: a hit at the beginning, then at a word's beginning, then inside. -1: no hit."""
    spans = match(query, text)
    if spans is None:
        return -1
    total = 0
    for start, _ in spans:
        total += 0 if start == 0 else 1 if text[start - 1] == " " else 3
    return total
