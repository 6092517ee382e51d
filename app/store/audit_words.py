"""The words of the audit log: what can be done, how it ended, an entry, what is asked for. No SQL and no rules in here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

Detail = int | bool | str | list[int] | None


class Action(StrEnum):
    """What can be done; the part before the dot is what `AuditFilter.action` takes too."""

    CONNECTION_ADDED = "connection.added"
    CONNECTION_CHANGED = "connection.changed"  # name, switches, rate
    CONNECTION_PAUSED = "connection.paused"
    CONNECTION_RESUMED = "connection.resumed"
    CONNECTION_REMOVED = "connection.removed"
    KEYS_CHANGED = "keys.changed"
    KEYS_SHOWN = "keys.shown"  # copied to the clipboard
    PRICE_WISHED = "price.wished"
    STOCK_WISHED = "stock.wished"
    SHIPMENT_WISHED = "shipment.wished"
    PRODUCT_WISHED = "product.wished"  # a listing to be made or changed; details: count
    DOCUMENT_PRINTED = "document.printed"
    DATA_IMPORTED = "data.imported"
    DATA_EXPORTED = "data.exported"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    VAULT_UNLOCKED = "vault.unlocked"  # details: way, failed (tries before)
    VAULT_LOCKED = "vault.locked"
    VAULT_CHANGED = "vault.changed"  # password, slots, key
    SETTINGS_CHANGED = "settings.changed"
    BUYER_EXPORTED = "buyer.exported"
    BUYER_ERASED = "buyer.erased"
    DATA_EXPIRED = "data.expired"  # retention; subject: which kind of data
    DIAGNOSTICS_MADE = "diagnostics.made"
    AUDIT_EXPORTED = "audit.exported"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_SNOOZED = "alert.snoozed"
    ALERT_TESTED = "alert.tested"
    # What was told a channel by hand; subject: the order, or the question where its id may stand here.
    SERVICE_ANSWERED = "service.answered"
    SERVICE_LINKED = "service.linked"  # an invoice
    SERVICE_SPLIT = "service.split"
    SERVICE_BOXES = "service.boxes"
    SERVICE_ACCEPTED = "service.accepted"  # details: lines, taken (how many of them)


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class AuditEntry(msgspec.Struct, frozen=True):
    """`at` aware UTC; `hash` in hex. `action` and `outcome` are texts: a later program may know more of them."""

    id: int
    at: datetime
    actor: str
    action: str
    connection_id: int | None
    subject_kind: str
    subject_id: str
    outcome: str
    details: dict[str, Detail]
    hash: str


class AuditFilter(msgspec.Struct, frozen=True):
    """`since` included, `until` not. `action` is a whole one or its part before the dot. Blank: all."""

    since: datetime | None = None
    until: datetime | None = None
    action: str = ""
    actor: str = ""
    connection_id: int | None = None
    subject_kind: str = ""
    subject_id: str = ""
    outcome: str = ""


ALL = AuditFilter()


class Uses(msgspec.Struct, frozen=True):
    """How often somebody did something on a connection, and when first and last."""

    actor: str
    action: str
    connection_id: int | None
    outcome: str
    count: int
    first_at: datetime
    last_at: datetime


class Head(msgspec.Struct, frozen=True):
    """The last entry: how many there are, and its hash in hex. Kept elsewhere, it proves that none was cut off."""

    id: int
    hash: str


class BrokenLink(msgspec.Struct, frozen=True):
    """The first entry that does not hold. `why`: changed, missing, cut (the end is gone), replaced (not the chain of the
    head that was handed in), unguarded (the triggers are gone; id 0)."""

    id: int
    why: str
