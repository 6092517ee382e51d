"""What is done with plans from the window: made, released, applied and followed to the end of each line, taken back. Everything runs
under an Operation and goes through the outbox; nothing held or unseen is ever sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import NamedTuple

from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.contracts import Message
from app.pricing.formula import Formula
from app.pricing.guards import Guards
from app.pricing.plan import Applied, Choice, Plans
from app.pricing.undo import Undone, take_back
from app.store import ConnectionRow, Progress
from app.store.plan_query import OPEN
from app.store.plans import totals_by_state
from ui.kit import Operation, OpState, Step, spawn
from ui.pages.plan_questions import MOST_ROWS, ask_release, ask_send_back, ask_undo
from ui.pages.plan_rows import reasons_list
from ui.services import Services
from ui.words import t, words

Say = Callable[[str, str, str], None]
PATIENCE_S = 1_800.0  # how long an operation follows late results; the scheduler goes on asking after it
LOOK_S = 0.7


class Sent(NamedTuple):
    """What became of applying: what was queued and left, lines by state when the operation ended, the first trouble."""

    applied: Applied
    counts: Mapping[str, int]
    trouble: Message | None


class PlanWork:
    """`PlanWork(services, parent, say)`."""

    def __init__(self, services: Services, parent: QWidget, say: Say) -> None:
        self._services, self._parent, self._say = services, parent, say
        self.plans = Plans(services.store, services.now)
        self.busy: set[int] = set()  # plans that are being queued, or whose lines are followed to their end
        self._following: set[int] = set()  # of those, the ones that are queued already
        self._undoing: set[int] = set()

    async def rows(self) -> dict[int, ConnectionRow]:
        """All connections by id, removed ones too: a plan may name them."""
        return {row.id: row for row in await self._services.store.connections.list(removed=True)}

    def _tell(self) -> None:
        for table in (OUTBOX, LISTINGS):
            self._services.changes.publish(ChangeReport(table, source="plan"))

    # -- making --------------------------------------------------------------------------------------------------
    def make(
        self, formula: Formula, choice: Choice, guards: Guards, shares: Mapping[int, Decimal], then: Callable[[int], object]
    ) -> Operation:  # fmt: skip
        """Computes and stores the plan; `then(id)` when it is there."""

        async def work(_operation: Operation) -> int:
            return await self.plans.make(formula, choice, guards, shares)

        operation = self._services.operations.start(t("planpage.making"), work)

        def done() -> None:
            if operation.state is OpState.DONE:
                then(operation.result)

        operation.finished.connect(done)
        return operation

    # -- releasing -------------------------------------------------------------------------------------------------
    async def release(self, plan_id: int, positions: list[int] | None) -> int:
        """Asks, then lets held lines go at the next apply: those at `positions`, or all (None). Returns how many."""
        store = self._services.store
        lines = await store.plans.lines(plan_id, states=("held",), limit=MOST_ROWS, positions=positions or ())
        if not lines:
            return 0
        if positions is None:
            count = totals_by_state(await store.plans.progress(plan_id)).get("held", 0)
        else:
            count = await self._held(plan_id, positions)
        reasons: dict[str, int] = {}
        for line in lines:
            for why in line.hold:
                reasons[why] = reasons.get(why, 0) + 1
        integrations = {one: row.integration for one, row in (await self.rows()).items()}
        if not await ask_release(self._parent, lines, count, reasons, integrations):
            return 0
        released = await store.plans.release(plan_id, positions)
        self._say("healthy", t("planpage.released", count=released), t("planpage.released_next"))
        self._services.changes.publish(ChangeReport(OUTBOX, source="plan"))
        return released

    async def _held(self, plan_id: int, positions: list[int]) -> int:
        """How many of these lines are held."""
        lines, count = self._services.store.plans.lines, 0
        for at in range(0, len(positions), MOST_ROWS):
            lot = positions[at : at + MOST_ROWS]
            count += len(await lines(plan_id, states=("held",), limit=MOST_ROWS, positions=lot))
        return count

    # -- sending ---------------------------------------------------------------------------------------------------
    def apply(self, plan_id: int, count: int) -> Operation | None:
        """Queues what may go and follows it to its end; None while something is being done with the plan."""
        if plan_id in self.busy:
            return None
        self.busy.add(plan_id)
        title = t("planpage.sending", count=count)
        operation = self._services.operations.start(title, lambda op: self._apply(op, plan_id), total=count)
        operation.finished.connect(lambda: self._applied(operation, plan_id))
        return operation

    async def _apply(self, operation: Operation, plan_id: int) -> Sent:
        store = self._services.store
        applied = await self.plans.apply(
            plan_id,
            day_began=_day(self._services.now()),
            progress=lambda done: operation.advance(done, note=t("planpage.queueing")),
        )
        total = sum(applied.queued.values())
        operation.advance(0, max(1, total), "")
        if total:
            self._tell()
            plan = await store.plans.get(plan_id)
            if plan.kind != "undo":
                self._services.undo.push(self._step(plan_id, total))
        self._following.add(plan_id)
        trouble = await self._follow(operation, plan_id, list(applied.queued))
        return Sent(applied, totals_by_state(await store.plans.progress(plan_id)), trouble)

    def _step(self, plan_id: int, count: int) -> Step:
        async def back() -> None:
            if not await self.undo(plan_id):
                self._services.undo.push(step)  # thought better of it: it can still be taken back

        step = Step(t("planpage.prices", count=count), back)
        return step

    async def _follow(self, operation: Operation, plan_id: int, connections: list[int]) -> Message | None:
        """Sends on all connections at once and waits for late results, telling how many lines are at their end."""
        engine, store = self._services.engine, self._services.store
        frozen = await store.outbox.frozen()
        rows = [row for one, row in (await self.rows()).items() if one in connections and not row.paused]
        able = [] if 0 in frozen else [row for row in rows if row.id not in frozen]
        watching = spawn(self._watch(operation, plan_id), "plan progress")
        try:
            results = await asyncio.gather(*(engine.settle_all(row, patience_s=PATIENCE_S) for row in able))
        finally:
            watching.cancel()
        self._tell()
        return next((one.message for one in results if one.message is not None and not one.counts.get("refused")), None)

    async def _watch(self, operation: Operation, plan_id: int) -> None:
        while True:
            began = perf_counter()
            rows = await self._services.store.plans.progress(plan_id)
            settled = sum(settled_of(row) for row in rows)
            total = settled + sum(open_of(row) for row in rows)
            operation.advance(settled, max(1, total))
            await asyncio.sleep(max(LOOK_S, 10 * (perf_counter() - began)))

    def _applied(self, operation: Operation, plan_id: int) -> None:
        self.busy.discard(plan_id)
        self._following.discard(plan_id)
        self._services.changes.publish(ChangeReport(OUTBOX, source="plan"))
        if operation.state is not OpState.DONE:
            return
        sent: Sent = operation.result
        counts, parts = sent.counts, []
        for name, states in (("done", ("done", "over")), ("refused", ("refused",)), ("pending", ("pending", "sending")),
                             ("waiting", ("queued",)), ("unknown", ("unknown",))):  # fmt: skip
            if found := sum(counts.get(state, 0) for state in states):
                parts.append(t(f"planpage.sent.{name}", count=found))
        if sent.applied.left:
            parts.append(
                t("planpage.sent.left", count=sum(sent.applied.left.values()), reasons=reasons_list(sent.applied.left))
            )
        if sent.applied.capped:
            parts.append(t("planpage.sent.capped", count=sent.applied.capped))
        text = ", ".join(parts) + "." if parts else t("prices.sent.nothing")
        if sent.trouble is not None:
            self._say("degraded", t("prices.sent.trouble"), f"{text} {sentence(words(), sent.trouble)}")
        elif counts.get("refused"):
            self._say("unhealthy", t("prices.sent.some_refused"), text)
        else:
            bad = sent.applied.left or sent.applied.capped or counts.get("unknown")
            self._say("degraded" if bad else "healthy", t("planpage.sent.title", number=plan_id), text)

    # -- taking back -----------------------------------------------------------------------------------------------
    def can_undo(self, plan_id: int) -> bool:
        """Whether nothing stands in the way: lines that wait are withdrawn even while others are being sent."""
        return plan_id not in self._undoing and (plan_id not in self.busy or plan_id in self._following)

    async def undo(self, plan_id: int, opened: Callable[[int], object] | None = None) -> bool:
        """Asks; withdraws what waits, reads the channels back, shows what will not go and why, asks again, sends. `opened(id)`
        when there is a plan that takes the other back. Whether anything was taken back."""
        if not self.can_undo(plan_id):
            self._say("degraded", t("planpage.busy"), "")
            return False
        store = self._services.store
        counts = totals_by_state(await store.plans.progress(plan_id))
        waiting, sent = counts.get("queued", 0), counts.get("done", 0) + counts.get("over", 0)
        way = sum(counts.get(state, 0) for state in ("sending", "pending", "unknown"))
        if not waiting and not sent and not way:
            self._say("degraded", t("planpage.undo.nothing"), t("plan.nothing_back"))
            return False
        if not await ask_undo(self._parent, plan_id, waiting, sent, way):
            return False
        self._undoing.add(plan_id)
        operation = self._services.operations.start(
            t("planpage.undo.reading", number=plan_id), lambda op: self._take_back(op, plan_id)
        )
        done = asyncio.Event()
        operation.finished.connect(done.set)
        await done.wait()
        self._undoing.discard(plan_id)
        self._tell()
        if operation.state is not OpState.DONE:
            return False
        undone: Undone = operation.result
        if undone.withdrawn:
            self._say("healthy", t("planpage.undo.withdrawn", count=undone.withdrawn), "")
        if undone.plan_id is None:
            if not undone.withdrawn:
                self._say("degraded", t("planpage.undo.nothing"), t("plan.nothing_back"))
            return bool(undone.withdrawn)
        if opened is not None:
            opened(undone.plan_id)
        return await self._send_back(undone) or bool(undone.withdrawn)

    async def _take_back(self, operation: Operation, plan_id: int) -> Undone:
        rows, catalogue = await self.rows(), self._services.catalogue

        async def read_back(connection_id: int) -> bool:
            row = rows.get(connection_id)
            if row is None or row.removed_at is not None:
                return False
            if "listing_source" not in catalogue.manifest(row.integration).capabilities:
                return False
            operation.advance(operation.done, operation.total, row.name)
            return (await self._services.engine.sync_listings(row, full=True)).outcome == "done"

        return await take_back(self._services.store, self.plans, plan_id, read_back)

    async def _send_back(self, undone: Undone) -> bool:
        plan_id = undone.plan_id
        assert plan_id is not None  # noqa: S101  (the caller looked)
        rows, left = await self.rows(), undone.left
        lines = await self._services.store.plans.lines(plan_id, states=tuple(left), limit=MOST_ROWS) if left else []
        blind = [rows[one].name for one, live in undone.live.items() if not live and one in rows]
        integrations = {one: row.integration for one, row in rows.items()}
        if not undone.back:
            self._say("degraded", t("planpage.undo.nothing"), reasons_list(left))
            return False
        if not await ask_send_back(self._parent, undone.back, left, lines, blind, integrations):
            return False
        return self.apply(plan_id, undone.back) is not None


def settled_of(row: Progress) -> int:
    """Lines of a connection that are at their end."""
    return sum(row.counts.get(state, 0) for state in ("done", "over", "refused", "superseded"))


def open_of(row: Progress) -> int:
    """Lines of a connection that are queued or on their way."""
    return sum(row.counts.get(state, 0) for state in OPEN)


def _day(now: datetime) -> datetime:
    """When the merchant's day began."""
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
