"""Errors and warnings as data. The kind decides retry, colour and words; the code is standard, the words live in resources.

ProviderError
├── YoursError    key, configuration, data that the vendor refused: waiting does not help
├── TheirsError   down, slow, throttled: waiting helps
└── OursError     an answer that we cannot read: a bug, or a vendor that changed
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    YOURS = "yours"
    THEIRS = "theirs"
    OURS = "ours"


# Every standard code and whose side it is on. `resources/words/app_tr.toml` and `app_en.toml` hold, for each, what
# happened (`message.<code>.text`) and what to do (`message.<code>.next`); a test compares the two lists.
CODES: dict[str, Kind] = {
    "auth.refused": Kind.YOURS,  # wrong key or password
    "auth.expired": Kind.YOURS,  # sign in again, new key
    "auth.signed_out": Kind.YOURS,  # the vendor no longer takes this sign-in (revoked, too old): sign in again; no call helps
    "auth.ip_not_allowed": Kind.YOURS,
    "auth.forbidden": Kind.YOURS,  # right key, missing permission
    "auth.read_only": Kind.YOURS,
    "auth.clock": Kind.YOURS,  # the call's time stamp or signature was refused, and this computer's clock is wrong
    "auth.suspended": Kind.YOURS,  # the shop itself is shut at the vendor: a bill, a lock
    "config.wrong_url": Kind.YOURS,  # nothing of the kind answers there
    "config.host_not_allowed": Kind.YOURS,
    "config.insecure_url": Kind.YOURS,
    "config.field": Kind.YOURS,  # a credential field is missing or malformed; param `field`
    "config.same_account": Kind.YOURS,  # param `other`: the connection that has this shop already
    "request.refused": Kind.YOURS,  # 400/422: the vendor does not accept these data
    "item.refused": Kind.YOURS,
    "item.not_found": Kind.YOURS,
    "item.duplicate": Kind.YOURS,
    "item.conflict": Kind.YOURS,
    "item.no_cancel": Kind.YOURS,  # the vendor's interface has no call that takes it back
    "address.refused": Kind.YOURS,
    "label.broken": Kind.THEIRS,  # a carrier's label that cannot be read; param `why`
    "label.unsafe": Kind.THEIRS,  # param `command`: what no label needs and a printer must not get
    "rate.limited": Kind.THEIRS,
    "rate.daily": Kind.THEIRS,  # a quota per day is known for this vendor, and it is used up
    "rate.repeated": Kind.THEIRS,  # the very same change within the vendor's waiting time; params `vendor`, `minutes`
    "server.error": Kind.THEIRS,
    "server.unavailable": Kind.THEIRS,
    "server.maintenance": Kind.THEIRS,
    "server.slow": Kind.THEIRS,
    "server.html": Kind.THEIRS,  # an HTML page where data were due
    "server.too_large": Kind.THEIRS,
    "server.redirect": Kind.THEIRS,
    "net.unreachable": Kind.THEIRS,
    "net.timeout": Kind.THEIRS,
    "net.cut": Kind.THEIRS,  # the answer stopped in the middle
    "net.tls": Kind.THEIRS,
    "net.offline": Kind.THEIRS,
    "breaker.open": Kind.THEIRS,
    "answer.unreadable": Kind.OURS,
    "answer.field_missing": Kind.OURS,  # param `field`
    "answer.unexpected": Kind.OURS,
    "answer.odd_value": Kind.THEIRS,  # params `field`, `value`: no sale looks like that; the record is stored as it came
    "answer.odd_field": Kind.OURS,  # params `field`, `value`: the record is stored without it
    "sheet.cell": Kind.YOURS,  # params `field` (file · column · cell), `value`, `why`
    "sheet.columns": Kind.YOURS,  # params `field` (the file), `value` (what is missing)
    "sheet.file": Kind.YOURS,  # params `field` (the file), `reason`: it is no sheet, locked, cut, too large
    "sheet.folder": Kind.YOURS,  # params `field` (the folder), `reason`
    "sheet.host_key": Kind.YOURS,  # params `host`, `value` (shown), `kept` (pinned)
    "sheet.late": Kind.YOURS,  # params `seconds` (hours since the last order sheet), `goal` (hours at most)
    "sheet.letters": Kind.YOURS,  # param `value`: a letter that the encoding of the vendor's file lacks
    "sheet.none": Kind.YOURS,  # no order sheet has come yet
    "orders.silent": Kind.THEIRS,  # params `seconds` (hours without an order), `goal` (the usual gap at this hour, in hours)
    "orders.missing": Kind.OURS,  # param `value`: so many open orders by the server's word, none of them here
    "stock.short": Kind.YOURS,  # params `order`, `sku`, `pieces` (that it lacks)
    "job.interrupted": Kind.OURS,
    "bug": Kind.OURS,
}


#: Codes of failures after which it is certain that nothing reached the vendor.
NOT_SENT = frozenset({"rate.limited", "breaker.open", "net.unreachable", "net.offline", "net.tls"})


class Message(msgspec.Struct, frozen=True):
    """One error or warning. `params` fill the words; `vendor_code`/`vendor_text` are the vendor's own, cleaned, no secrets."""

    code: str
    params: dict[str, str] = {}
    vendor_code: str = ""
    vendor_text: str = ""
    status: int = 0  # HTTP status, 0 when there was none
    field: str = ""  # which field of the record or of the credentials
    retry_after: float | None = None  # seconds, as the vendor says

    @property
    def kind(self) -> Kind:
        return CODES.get(self.code, Kind.OURS)

    def about(self, **params: str) -> Message:
        """The same message with more parameters (connection, operation …)."""
        return msgspec.structs.replace(self, params={**self.params, **params})


class ProviderError(Exception):
    """What a provider or the pipeline raises. Never raised bare: `fail(message)` picks the kind."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        told = self.message.vendor_text or ", ".join(f"{k}={v}" for k, v in self.message.params.items())
        return f"{self.message.code}{': ' + told if told else ''}"


class YoursError(ProviderError):
    """The merchant can mend it; the same call again will fail again."""


class TheirsError(ProviderError):
    """The vendor or the way to it is at fault; later may work."""


class OursError(ProviderError):
    """An answer that we cannot read."""


_CLASSES = {Kind.YOURS: YoursError, Kind.THEIRS: TheirsError, Kind.OURS: OursError}


def fail(message: Message) -> ProviderError:
    """The exception of the message's kind, to be raised by the caller."""
    return _CLASSES[message.kind](message)
