"""The audit log as its page shows it: an entry as a table's tuple, what is asked for, the words of an entry. No widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.api.audit_sheet import action_words, outcome_words
from app.store import AuditEntry, AuditFilter, ConnectionRow, Outcome, Store
from ui.tables import Channel, Column, Kind, Status
from ui.words import figures, t, words

SPANS = ("today", "week", "month", "all")
OUTCOMES = tuple(str(one) for one in Outcome)
_LOOKS = {"done": "order.delivered", "refused": "degraded", "failed": "job.failed"}
_SHOWN_IDS = 20
_LONGEST = 40  # a hash is for the sheet

COLUMNS = (
    Column("at", "audit.column.at", Kind.QUIET, rank=1, width=128, sortable=False),
    Column("action", "audit.column.action", Kind.STRONG, rank=1, width=190, sortable=False),
    Column("connection", "audit.column.connection", Kind.TEXT, rank=2, width=150, sortable=False),
    Column("subject", "audit.column.subject", Kind.QUIET, rank=3, width=170, sortable=False),
    Column("details", "audit.column.details", Kind.TEXT, rank=2, width=220, sortable=False),
    Column("actor", "audit.column.actor", Kind.QUIET, rank=1, width=110, sortable=False),
    Column("outcome", "audit.column.outcome", Kind.STATUS, rank=1, width=112, sortable=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks for. `action` a whole one or its part before the dot; blank and None: any."""

    span: str = "month"
    action: str = ""
    actor: str = ""
    connection: int | None = None
    outcome: str = ""

    @property
    def empty(self) -> bool:
        return not (self.action or self.actor or self.connection is not None or self.outcome)

    def filter(self, now: datetime) -> AuditFilter:
        """For the store; `now` in the person's zone."""
        since = None
        if self.span == "today":
            since = now.replace(hour=0, minute=0, second=0, microsecond=0)
        elif self.span in ("week", "month"):
            since = now - timedelta(days=7 if self.span == "week" else 30)
        return AuditFilter(since, None, self.action, self.actor, self.connection, outcome=self.outcome)


def group_words(group: str) -> str:
    """What the actions before a dot are called together."""
    key = f"audit.group.{group}"
    return t(key) if words().has(key) else group


def asked_action_words(action: str) -> str:
    """An action, or a group of them, in words."""
    return action_words(words(), action) if "." in action else group_words(action)


def outcome_status(outcome: str) -> Status:
    return Status(_LOOKS.get(outcome, "offline"), outcome_words(words(), outcome))


def subject_words(entry: AuditEntry) -> str:
    """Kind and id of what it was done to."""
    named = _named(f"subject.{entry.subject_kind}", entry.subject_id)
    return " ".join(part for part in (_named("kind", entry.subject_kind), named) if part)


def _named(table: str, name: str) -> str:
    """A name of the log in words; one that we do not know stays as it is."""
    key = f"audit.{table}.{name}"
    return t(key) if name and words().has(key) else name


def value_words(value: object) -> str:
    """One value of the details."""
    if value is None:
        return t("audit.value.none")
    if isinstance(value, bool):
        return t("audit.value.yes" if value else "audit.value.no")
    return figures().number(value) if isinstance(value, int) else _named("value", str(value))


def details_words(entry: AuditEntry) -> str:
    """The details but for the lists, in one line."""
    parts = []
    for name, value in entry.details.items():
        if isinstance(value, list) or (isinstance(value, str) and len(value) > _LONGEST):
            continue
        parts.append(f"{_named('detail', name)}: {value_words(value)}")
    return " · ".join(parts)


def ids_words(entry: AuditEntry) -> str:
    """Which rows it was, the first twenty of them."""
    ids = entry.details.get("ids")
    if not isinstance(ids, list) or not ids:
        return ""
    told = ", ".join(str(one) for one in ids[:_SHOWN_IDS])
    count = entry.details.get("count")
    more = len(ids) > _SHOWN_IDS or (isinstance(count, int) and count > len(ids))
    return t("audit.page.ids_more" if more else "audit.page.ids_all", ids=told)


def when_words(at: datetime, now: datetime) -> str:
    """The moment to the second: an audit is read by whoever wants to know exactly."""
    here = at.astimezone(now.tzinfo)
    return f"{figures().date_short(here.date(), year=here.year != now.year)} {here:%H:%M:%S}"


class AuditSource:
    """The table's windows. `known` are the entries read last, by id."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.known: dict[int, AuditEntry] = {}
        self.names: Mapping[int, ConnectionRow] = {}

    async def learn(self) -> None:
        """The connections' names anew."""
        self.names = {row.id: row for row in await self._store.connections.list(removed=True)}

    async def fetch(self, offset: int, limit: int, _sort: object, asked: Asked | None) -> Sequence[tuple[object, ...]]:
        now = self._now().astimezone()
        found = await self._store.audit.query((asked or Asked()).filter(now), limit=limit, offset=offset)
        if len(self.known) > 2000:
            self.known.clear()
        self.known.update({entry.id: entry for entry in found})
        return [self._row(entry, now) for entry in found]

    async def count(self, asked: Asked | None) -> int:
        return await self._store.audit.count((asked or Asked()).filter(self._now().astimezone()))

    def get(self, key: object) -> AuditEntry | None:
        return self.known.get(key) if isinstance(key, int) else None

    def channel(self, entry: AuditEntry) -> Channel:
        row = self.names.get(entry.connection_id or 0)
        return Channel(row.integration, row.name) if row is not None else Channel("", "")

    def _row(self, entry: AuditEntry, now: datetime) -> tuple[object, ...]:
        return (
            entry.id, when_words(entry.at, now), action_words(words(), entry.action), self.channel(entry).name,
            subject_words(entry), details_words(entry), entry.actor, outcome_status(entry.outcome),
        )  # fmt: skip
