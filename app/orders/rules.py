"""The short list of what prints itself: when something happens to an order, which document leaves which printer, how often. Rules are
settings; what they ask for is written down by the store before anything is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

SETTING = "print.rules"
MOST = 20
COPIES = 50
#: arrived: an order to ship came; labelled: the carrier's label came; packed: the last piece was scanned.
EVENTS = ("arrived", "labelled", "packed")
#: parcel: the carrier's own label where one is kept, else the address label.
DOCUMENTS = ("parcel", "label", "carrier", "slip")


class RuleError(ValueError):
    """A rule that makes no sense; `part` is the one that does not: event, document, copies, many, twice, place."""

    def __init__(self, part: str, value: str = "") -> None:
        super().__init__(part, value)
        self.part, self.value = part, value


class Rule(msgspec.Struct, frozen=True):
    """`printer` '' : the only one there is. `copies` 0: as many as its profile says."""

    event: str
    document: str
    printer: str = ""
    copies: int = 0
    on: bool = True


#: In force until the merchant writes a list of her own: the label prints by itself.
DEFAULT: tuple[Rule, ...] = (Rule("packed", "parcel"),)


def checked(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The same rules when they make sense. Raises RuleError."""
    if len(rules) > MOST:
        raise RuleError("many", str(MOST))
    seen = set()
    for rule in rules:
        if rule.event not in EVENTS:
            raise RuleError("event", rule.event)
        if rule.document not in DOCUMENTS:
            raise RuleError("document", rule.document)
        if not 0 <= rule.copies <= COPIES:
            raise RuleError("copies", str(rule.copies))
        same = (rule.event, rule.document, rule.printer)
        if same in seen:
            raise RuleError("twice", rule.document)
        seen.add(same)
    return tuple(rules)


def read(kept: Any) -> tuple[Rule, ...]:
    """From what the settings hold: None is the default list, an empty list means that nothing prints itself. A list that cannot be
    read (a later program wrote it) prints nothing."""
    if kept is None:
        return DEFAULT
    try:
        return checked(msgspec.convert(kept, tuple[Rule, ...]))
    except (msgspec.ValidationError, RuleError):
        return ()


def of_event(rules: Sequence[Rule], event: str) -> tuple[Rule, ...]:
    """Those that something sets off."""
    return tuple(one for one in rules if one.on and one.event == event)
