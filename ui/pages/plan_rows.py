"""Lines of bulk changes as tables show them: states in colour, shape and words, reasons in words, columns. Reads only; no widget, and
nothing here decides what may be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.api.answers import sentence
from app.api.commands_plans import reason_words
from app.model import Money
from app.pricing.guards import UNDER_COST, Extreme
from app.pricing.typed import change_percent
from app.store import ConnectionRow, PlanLineRow, PlanRow, Store, StoredListing
from app.store.plans import Line
from ui.pages.price_rows import without_name
from ui.tables import Channel, Column, Diff, Kind, Status
from ui.tables.sources import Sort
from ui.words import figures, t, words

#: Tab → states of its lines; () all.
GROUPS: dict[str, tuple[str, ...]] = {
    "all": (),
    "held": ("held",),
    "blocked": ("blocked",),
    "ready": ("ready",),
    "way": ("queued", "sending", "pending"),
    "done": ("done", "over"),
    "refused": ("refused",),
    "unknown": ("unknown",),
    "left": ("changed", "gone", "on_way", "newer_wish", "not_ours", "superseded"),
}
_LOOKS = {
    "ready": "order.new", "held": "degraded", "blocked": "order.cancelled", "queued": "write.queued", "sending": "write.sent",
    "pending": "write.sent", "done": "write.accepted", "over": "order.delivered", "refused": "write.refused",
    "unknown": "write.unknown",
}  # fmt: skip
_OWN_WORDS = frozenset({"ready", "held", "blocked", "pending", "over"})  # the others take the look's own

PREVIEW_COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=124, sortable=False),
    Column("title", "prices.column.title", Kind.TEXT, rank=1, width=150, sortable=False),
    Column("channel", "prices.column.channel", Kind.CHANNEL, rank=1, width=136, sortable=False),
    Column("price", "prices.column.price", Kind.DIFF, rank=1, width=196, sortable=False),
    Column("percent", "planpage.column.percent", Kind.QUIET, rank=1, width=84, sortable=False, align="right"),
    Column("check", "planpage.column.check", Kind.STATUS, rank=1, width=300, sortable=False),
)
LINE_COLUMNS = (
    Column("position", "planpage.column.line", Kind.QUIET, rank=4, width=56, sortable=False, align="right"),
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=128, sortable=False),
    Column("title", "prices.column.title", Kind.TEXT, rank=2, width=150, sortable=False),
    Column("channel", "prices.column.channel", Kind.CHANNEL, rank=1, width=140, sortable=False),
    Column("price", "prices.column.price", Kind.DIFF, rank=1, width=196, sortable=False),
    Column("percent", "planpage.column.percent", Kind.QUIET, rank=2, width=84, sortable=False, align="right"),
    Column("state", "planpage.column.state", Kind.STATUS, rank=1, width=152, sortable=False),
    Column("reason", "prices.column.reason", Kind.TEXT, rank=1, width=230, sortable=False),
)
PLAN_COLUMNS = (
    Column("number", "planpage.column.number", Kind.QUIET, rank=1, width=64, sortable=False, align="right"),
    Column("at", "planpage.column.at", Kind.QUIET, rank=2, width=120, sortable=False),
    Column("title", "planpage.column.title", Kind.STRONG, rank=1, width=260, sortable=False),
    Column("lines", "planpage.column.lines", Kind.NUMBER, rank=1, width=90, sortable=False),
    Column("held", "planpage.column.held", Kind.NUMBER, rank=3, width=100, sortable=False),
    Column("state", "planpage.column.state", Kind.STATUS, rank=1, width=150, sortable=False),
)


def reasons_text(hold: Sequence[str]) -> str:
    """Why a line is held or has no price, one after the other, as a sentence begins."""
    text = ", ".join(reason_words(words(), why) for why in hold)
    return capital(text)


def capital(text: str) -> str:
    """With a capital at its start; Turkish i becomes İ."""
    if not text:
        return ""
    first = t("planpage.capital_i") if text[0] == "i" else text[0].swapcase() if text[0].islower() else text[0]
    return first + text[1:]


def percent_text(old: Decimal | None, new: Decimal | None) -> str:
    """+5,0 %; "" where there is none."""
    if old is None or new is None or old <= 0:
        return ""
    return figures().percent(change_percent(old, new), signed=True)


def extreme_text(one: Extreme | None, name: str = "") -> str:
    """The biggest rise or fall: percent and whose."""
    if one is None:
        return t("planpage.none")
    old, new = (Money.from_micros(micros, one.currency).amount for micros in (one.old, one.new))
    return f"{percent_text(old, new)} {name}".rstrip()


def reasons_list(reasons: Mapping[str, int]) -> str:
    """ "maliyetin altında 9 · değişiklik çok büyük 5", most first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{reason_words(words(), why)} {figures().number(count)}" for why, count in ordered)


def status_of(line: PlanLineRow) -> Status:
    """The chip of a stored line."""
    if line.state == "ready" and line.released:
        return Status("order.new", t("planpage.state.released"))
    look = _LOOKS.get(line.state, "job.cancelled")
    if line.state in _OWN_WORDS:
        return Status(look, t(f"planpage.state.{line.state}"))
    return Status(look, None if line.state in _LOOKS else t("planpage.state.left"))


def reason_of(line: PlanLineRow) -> str:
    """Why a line is where it is: what the channel said, why it was left, why it is held; and what else would change."""
    parts: list[str] = []
    if line.message is not None:
        parts.append(sentence(words(), without_name(line.message)))
    elif line.state == "superseded":
        parts.append(capital(t("plan.state.superseded")))
    elif line.state not in _LOOKS:
        parts.append(reasons_text((line.state,)))
    elif line.hold:
        told = reasons_text(line.hold)
        parts.append(capital(t("plan.released", reasons=told)) if line.released else told)
    if line.new_list is not None:
        value = figures().money(line.new_list.amount, line.new_list.currency)
        parts.append(capital(t("plan.list_too", value=value)))
    return " · ".join(parts)


def plan_title(plan: PlanRow) -> str:
    """What a plan is: its formula, or which plan it takes back."""
    return t("plan.undo_title", number=plan.undo_of, title=plan.title) if plan.kind == "undo" else plan.title


class Asked(NamedTuple):
    """Which lines a plan's table shows."""

    plan_id: int
    group: str


class LineSource:
    """`LineSource(store)`: `fetch` and `count` over a stored plan; `counts` by state are handed in by who read the progress."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.connections: dict[int, ConnectionRow] = {}
        self.counts: Mapping[str, int] = {}
        self.reasons: dict[int, str] = {}  # position → the whole reason, of rows that were fetched

    def group_count(self, group: str) -> int:
        """How many lines a tab has."""
        states = GROUPS[group]
        return sum(count for state, count in self.counts.items() if not states or state in states)

    async def count(self, asked: Asked | None) -> int:
        return 0 if asked is None else self.group_count(asked.group)

    async def fetch(self, offset: int, limit: int, _sort: Sort, asked: Asked) -> Sequence[tuple[Any, ...]]:
        """Rows of the table. Positions have no gaps: without a filter the place is the position."""
        plans, states = self._store.plans, GROUPS[asked.group]
        if states:
            lines = await plans.lines(asked.plan_id, states=states, limit=limit, skip=offset)
        else:
            lines = await plans.lines(asked.plan_id, after=offset, limit=limit)
        if len(self.reasons) > 5_000:
            self.reasons.clear()
        return [self._row(line) for line in lines]

    def _row(self, line: PlanLineRow) -> tuple[Any, ...]:
        old = None if line.old is None else line.old.amount
        new = None if line.new is None else line.new.amount
        money = line.new or line.old
        currency = "" if money is None else money.currency
        link = self.connections.get(line.connection_id)
        reason = self.reasons[line.position] = reason_of(line)
        return (
            line.position, figures().number(line.position), line.sku or line.barcode or line.remote_id, line.title,
            Channel(link.integration if link else "", line.channel),
            Diff(old, new, currency, loss=UNDER_COST in line.hold), percent_text(old, new), status_of(line), reason,
        )  # fmt: skip


def preview_row(line: Line, named: StoredListing | None, connections: Mapping[int, ConnectionRow]) -> tuple[Any, ...]:
    """A line that is only computed yet."""
    listing_id, connection_id, currency, old, new, _, _, hold, _ = line
    link = connections.get(connection_id)
    amounts = [None if micros is None else Money.from_micros(micros, currency).amount for micros in (old, new)]
    why = hold.split()
    chip = None if not why else Status("degraded" if new is not None else "order.cancelled", reasons_text(why))
    return (
        listing_id, named.listing.sku or named.listing.barcode if named else "", named.listing.title if named else "",
        Channel(link.integration, link.name) if link else None,
        Diff(amounts[0], amounts[1], currency, loss=UNDER_COST in why), percent_text(amounts[0], amounts[1]), chip,
    )  # fmt: skip
