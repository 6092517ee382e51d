"""What the merchant does with orders: picked, packed, a note, fetch again. Each writes its own columns only, tells the
views, and can be taken back. Nothing here speaks to a channel but *fetch again*."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.api.answers import sentence
from app.changes import ATTENTION, ORDERS, ChangeReport
from app.jobs.runner import Result
from app.store import LocalState, StoredOrder
from ui.kit import Operation, Step, spawn
from ui.pages.orders_documents import Said
from ui.pages.orders_model import refuses_packing
from ui.services import Services
from ui.widgets import ToastHost
from ui.words import t, words

_STEPS = (LocalState.NEW, LocalState.PICKED, LocalState.PACKED)


class OrderWork:
    """`OrderWork(services, toasts, said)`; all methods are coroutines off the disk."""

    def __init__(self, services: Services, toasts: ToastHost, said: Said) -> None:
        self._services = services
        self._orders = services.store.orders
        self._toasts = toasts
        self._said = said

    async def mark(self, ids: Sequence[int], state: LocalState) -> tuple[int, ...]:
        """Picked or packed, where the order still waits for it. Orders that cannot be are named with the reason."""
        stored = await self._orders.get_many(ids)
        refused = Counter(reason for one in stored if (reason := self._refuses(one, state)))
        able = [one for one in stored if not self._refuses(one, state)]
        why = "; ".join(t("orders.mark.refused", count=n, reason=t(f"orders.reason.{r}")) for r, n in refused.items())
        if not able:
            if refused:
                self._said("degraded", t(f"orders.mark.none_{state.value}"), why)
            return ()
        done = await self._orders.set_local([one.id for one in able], state=state)
        self._publish(done)
        name = t(f"orders.mark.step_{state.value}", count=len(done))

        async def redo() -> None:
            self._publish(await self._orders.set_local(done, state=state))

        step = Step(name, lambda: self._put_back(able), redo)
        self._services.undo.push(step)
        self._toasts.show(
            "degraded" if refused else "healthy",
            t(f"orders.mark.done_{state.value}", count=len(done)),
            why,
            t("common.undo"),
            lambda: spawn(self._services.undo.undo(step), "undo mark"),
        )
        return done

    @staticmethod
    def _refuses(one: StoredOrder, state: LocalState) -> str:
        reason = refuses_packing(one)
        if not reason and _STEPS.index(LocalState(one.local_state)) >= _STEPS.index(state):
            reason = f"already_{one.local_state}"
        return reason

    async def _put_back(self, before: Sequence[StoredOrder]) -> None:
        """Each order into the state that it had."""
        for state in _STEPS:
            ids = [one.id for one in before if one.local_state == state]
            if ids:
                await self._orders.set_local(ids, state=state)
        self._publish([one.id for one in before])

    async def write_note(self, order_id: int, text: str) -> bool:
        """The merchant's own note; whether it was another one."""
        stored = await self._orders.get(order_id)
        if stored is None or stored.note == text:
            return False
        before = stored.note

        async def put(note: str) -> None:
            await self._orders.set_local((order_id,), note=note)
            self._publish((order_id,))

        await put(text)
        self._services.undo.push(
            Step(t("orders.note.step", number=stored.order.number), lambda: put(before), lambda: put(text))
        )
        return True

    async def fetch_again(self, order_id: int) -> Operation | None:
        """Asks the channel for one order anew; None when its connection is gone."""
        stored = await self._orders.get(order_id)
        row = await self._services.store.connections.get(stored.connection_id) if stored is not None else None
        if stored is None or row is None or row.removed_at is not None:
            self._said("degraded", t("orders.again.impossible"), t("orders.again.no_connection"))
            return None
        number = stored.order.number

        async def work(op: Operation) -> Result:
            del op
            result = await self._services.engine.fetch_order(row, number)
            if result.message is not None:
                text = sentence(words(), result.message, row.name)
                self._said("unhealthy", t("orders.again.failed", number=number), text)
            elif result.outcome == "done":
                changed = result.counts.get("changed", 0) + result.counts.get("new", 0)
                self._said("healthy", t("orders.again.done", number=number), t(f"orders.again.{_news(changed)}"))
            return result

        return self._services.operations.start(t("orders.again.title", number=number), work, note=row.name)

    async def resolve(self, record_id: int) -> None:
        """A record that could not be read was seen to."""
        await self._services.store.attention.resolve(record_id)
        self._services.changes.publish(ChangeReport(ATTENTION, frozenset({record_id}), "user"))

    def _publish(self, ids: Sequence[int]) -> None:
        self._services.changes.publish(ChangeReport(ORDERS, frozenset(ids), "user"))


def _news(changed: int) -> str:
    return "changed" if changed else "same"
