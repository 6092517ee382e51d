"""Jobs as the page shows them: a row of the store as a table's tuple, the views, what comes next. No widget.

A job's message is shown as a sentence; its bare code is for the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from app.api.answers import sentence
from app.contracts import Message
from app.store import ConnectionRow, JobRow, Store
from ui.tables import Channel, Column, Kind, Progress, Status, Tinted
from ui.words import figures, t, words

VIEWS = ("all", "running", "failed", "next")
MOST = 1000  # the newest of the 2,000 that are kept
#: A page's bursts ask for rows and their count together; both are answered from one reading this young.
FRESH_S = 0.1

COLUMNS = (
    Column("kind", "jobs.column.kind", Kind.STRONG, rank=1, width=120, sortable=False),
    Column("connection", "jobs.column.connection", Kind.CHANNEL, rank=1, width=140, sortable=False),
    Column("state", "jobs.column.state", Kind.STATUS, rank=1, width=118, sortable=False),
    Column("progress", "jobs.column.progress", Kind.PROGRESS, rank=2, width=120, sortable=False),
    Column("message", "jobs.column.message", Kind.TEXT, rank=1, width=220, sortable=False),
    Column("by", "jobs.column.by", Kind.QUIET, rank=4, width=84, sortable=False),
    Column("started", "jobs.column.started", Kind.QUIET, rank=1, width=92, sortable=False),
    Column("took", "jobs.column.took", Kind.QUIET, rank=2, align="right", width=80, sortable=False),
)
NEXT_COLUMNS = (
    Column("kind", "jobs.column.kind", Kind.STRONG, rank=1, width=160, sortable=False),
    Column("connection", "jobs.column.connection", Kind.CHANNEL, rank=1, width=200, sortable=False),
    Column("due", "jobs.column.due", Kind.QUIET, rank=1, width=160, sortable=False),
    Column("every", "jobs.column.every", Kind.TEXT, rank=2, width=160, sortable=False),
)


def is_running(row: JobRow) -> bool:
    return row.state != "ended"


def is_failed(row: JobRow) -> bool:
    """Failed, or done in part."""
    return row.state == "ended" and row.outcome in ("failed", "partly")


def in_view(row: JobRow, view: str) -> bool:
    """Whether a job belongs to a view."""
    return is_running(row) if view == "running" else is_failed(row) if view == "failed" else True


def status_of(row: JobRow) -> Status:
    """The chip of a job."""
    if row.state == "waiting":
        return Status("job.queued")
    if row.state == "running":
        return Status("job.running")
    if row.outcome == "partly":
        return Status("degraded", t("jobs.partly"))
    return Status(f"job.{row.outcome}")


def kind_words(kind: str) -> str:
    """What a job is called; one of a kind that we do not know keeps its own name."""
    key = f"jobs.kind.{kind}"
    return t(key) if words().has(key) else kind


def sentence_of(message: Message | None) -> str:
    """A job's message without the connection's name: that has a column of its own."""
    if message is None:
        return ""
    if words().has(message.code):
        return t(message.code, **message.params)
    if message.code == "job.interrupted":
        return t("jobs.interrupted")
    return sentence(words(), replace(message, params={**message.params, "connection": "", "operation": ""}))


def counts_words(row: JobRow) -> str:
    """What a job did, from its own counts: "12 yeni, 3 değişen"."""
    parts = []
    names = ("new", "changed", "done", "refused", "pending", "rejected", "unknown")
    for name in (*names, "orders", "documents", "notices", "sent", "logs"):  # the latter of the retention
        count = row.detail.get(name)
        if isinstance(count, int) and count:
            parts.append(t(f"jobs.count.{name}", count=count))
    return ", ".join(parts)


def told(row: JobRow) -> str:
    """The sentence of a job: its message, else what it did, else that there was nothing to do."""
    text = sentence_of(row.message)
    if text or row.state != "ended":
        return text
    if row.outcome != "done":
        return counts_words(row)
    return counts_words(row) or t("jobs.key_works" if row.kind == "probe" else "jobs.nothing_new")


def took_words(row: JobRow, now: datetime) -> str:
    """How long it took or has been running."""
    span = (row.ended_at or now) - row.started_at
    if span < timedelta(seconds=1):
        return figures().response(max(0, round(span / timedelta(milliseconds=1))))
    return figures().left(span)


def channel_of(connection: int | None, names: Mapping[int, ConnectionRow]) -> Channel:
    """The connection of a job."""
    row = names.get(connection) if connection is not None else None
    return Channel(row.integration, row.name) if row is not None else Channel("", t("jobs.no_connection"))


def job_tuple(
    row: JobRow,
    names: Mapping[int, ConnectionRow],
    now: datetime,
    wait: Callable[[ConnectionRow], str] = lambda _row: "",
) -> tuple[object, ...]:
    """A job as the table's tuple, in the order of COLUMNS. `wait` tells what a connection waits for, ""."""
    failed = is_failed(row)
    progress = None
    if is_running(row) and row.total:
        progress = Progress(row.progress, row.total)
    elif is_running(row) and row.progress:
        progress = Progress(row.progress, row.progress)
    text = told(row)
    if not text and row.connection_id in names and is_running(row):
        text = wait(names[row.connection_id])
    return (
        row.id,
        kind_words(row.kind),
        channel_of(row.connection_id, names),
        status_of(row),
        progress,
        Tinted(text, "unhealthy_text", strong=False) if failed and row.outcome == "failed" else text,
        t("jobs.by_clock" if row.asked_by in ("clock", "schedule") else "jobs.by_you"),
        figures().when(row.started_at.astimezone(now.tzinfo), now),
        took_words(row, now),
    )


def next_tuples(
    due: Mapping[tuple[str, int], float], names: Mapping[int, ConnectionRow], intervals: Mapping[tuple[str, int], float]
) -> list[tuple[object, ...]]:
    """What the clock will start, soonest first, in the order of NEXT_COLUMNS. `due` in seconds from now."""
    rows: list[tuple[object, ...]] = []
    for (kind, connection), seconds in sorted(due.items(), key=lambda one: (one[1], one[0])):
        if connection not in names:
            continue
        every = intervals.get((kind, connection))
        rows.append(
            (
                f"{kind}-{connection}",
                kind_words(kind),
                channel_of(connection, names),
                t("jobs.now") if seconds < 1 else figures().about(timedelta(seconds=seconds)),
                t("jobs.every", span=figures().left(timedelta(seconds=every))) if every else "",
            )
        )
    return rows


class JobSource:
    """The table's windows over the newest jobs. `filter` of the model is a view."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        wait: Callable[[ConnectionRow], str] = lambda _row: "",
    ) -> None:
        self._wait = wait
        self._store = store
        self._now = now
        self._clock = clock
        self._read_at = float("-inf")
        self._rows: list[JobRow] = []
        self.names: dict[int, ConnectionRow] = {}

    async def learn(self) -> None:
        """The connections' names anew."""
        self.names = {row.id: row for row in await self._store.connections.list(removed=True)}

    @property
    def known(self) -> Sequence[JobRow]:
        """What was read last."""
        return self._rows

    async def rows(self) -> Sequence[JobRow]:
        """The newest jobs, running ones among them."""
        now = self._clock()
        if now - self._read_at > FRESH_S:
            if not self.names:
                await self.learn()
            self._rows = await self._store.jobs.recent(MOST)
            self._read_at = now
        return self._rows

    def stale(self) -> None:
        """Something was written: the next question is asked of the store."""
        self._read_at = float("-inf")

    async def fetch(self, offset: int, limit: int, _sort: object, view: str | None) -> list[tuple[object, ...]]:
        now = self._now().astimezone()
        wanted = [row for row in await self.rows() if in_view(row, view or "all")]
        return [job_tuple(row, self.names, now, self._wait) for row in wanted[offset : offset + limit]]

    async def count(self, view: str | None) -> int:
        return sum(in_view(row, view or "all") for row in await self.rows())

    async def counts(self) -> dict[str, int]:
        """How many jobs each view has."""
        rows = await self.rows()
        return {view: sum(in_view(row, view) for row in rows) for view in VIEWS if view != "next"}

    def get(self, job: object) -> JobRow | None:
        """A job that was read last."""
        return next((row for row in self._rows if row.id == job), None)
