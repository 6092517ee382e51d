"""The alerts' clock: looks at the rules every half minute, and sends what is to be told. A delivery is a row: a kill loses
none, what fails is tried again, later and later, and one channel's trouble never holds up another's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.changes import ALERTS, ChangeReport, Changes
from app.contracts import Message
from app.model import from_epoch_ms, to_epoch_ms
from app.store import DeliveryRow, Store, StoreError
from app.vault import VaultError

log = logging.getLogger(__name__)
LOOK_S, SEND_S = 30.0, 10.0
#: Seconds until the next try; the last one again and again until a day is over.
WAITS_S = (30, 60, 120, 300, 900, 1800, 3600)
LONGEST_WAIT_S = 6 * 3600.0
GIVE_UP = timedelta(days=1)
LOCKED_S = 30  # a locked vault is no failure of a delivery
_PRUNED_AT = "alerts.pruned_at"
_DAY = timedelta(days=1)


class Looked(Protocol):
    @property
    def changed(self) -> bool: ...
    @property
    def notes(self) -> Sequence[Any]: ...


class Desk(Protocol):
    """What judges (`app.monitor.alerting.desk`); this floor may not import it."""

    poke: Callable[[], None]
    told: Callable[[], None]

    async def look(self) -> Looked: ...

    async def prune(self) -> int: ...


class Failure(Protocol):
    """Of an exception: whether a later try may do better."""

    message: Message
    again: bool
    after_s: float | None


class AlertJobs:
    """`send` sends one delivery; it raises `failure` (with the fields of `Failure`), or VaultError while that is locked.
    `desktop` listeners get the notes for the screen."""

    def __init__(
        self, store: Store, changes: Changes, now: Callable[[], datetime], desk: Desk,
        send: Callable[[DeliveryRow], Any], failure: type[Exception],
    ) -> None:  # fmt: skip
        self._store, self._changes, self._now, self.desk = store, changes, now, desk
        self._send, self._failure = send, failure
        self._listeners: list[Callable[[Any], None]] = []
        self._counted: dict[str, int] = {}
        self._looking, self._sending = asyncio.Lock(), asyncio.Lock()
        self.hurry: Callable[[], None] = lambda: None  # something may go out now; the engine sets it
        desk.poke, desk.told = self._poke, self._told

    # -- from elsewhere ----------------------------------------------------------------------------------------
    def security(self, kind: str) -> None:
        """A security event (`wrong_token`, `refused_host`): counted at once, written with the next look. Never waits."""
        self._counted[kind] = self._counted.get(kind, 0) + 1

    def on_desktop(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        """Add a listener for notes to the screen; the returned function takes it off again."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def show(self, note: Any) -> bool:
        """A note to the screen; whether there is one."""
        for listener in tuple(self._listeners):
            listener(note)
        return bool(self._listeners)

    def _poke(self) -> None:
        self.hurry()

    def _told(self) -> None:
        self._changes.publish(ChangeReport(ALERTS, source="user"))

    # -- by the clock ------------------------------------------------------------------------------------------
    async def begin(self) -> None:
        """At start, before the first `deliver`: what was cut off in mid-sending goes out again."""
        if not self._store.db.read_only:
            await self._store.alerts.recover()

    async def run(self) -> None:
        """Look at the rules once. Never raises for a full disk: what could not be written is found at the next look."""
        async with self._looking:
            try:
                await self._write_events()
                looked = await self.desk.look()
                await self._prune_daily()
            except StoreError as error:
                log.warning("alerts could not be looked at: %s", error.key)
                return
        for note in looked.notes:
            self.show(note)
        if looked.changed:
            self._changes.publish(ChangeReport(ALERTS, source="clock"))
            self.hurry()

    async def deliver(self) -> None:
        """Send everything that may go out now. Different channels do not wait for each other."""
        async with self._sending:
            try:
                while rows := await self._store.alerts.take():
                    lots: dict[str, list[DeliveryRow]] = {}
                    for row in rows:
                        lots.setdefault(row.channel, []).append(row)
                    await asyncio.gather(*(self._one_by_one(lot) for lot in lots.values()))
                    self._changes.publish(ChangeReport(ALERTS, source="sent"))
            except StoreError as error:
                log.warning("an alert could not be sent: %s", error.key)

    async def close(self) -> None:
        """Write what was counted since the last look."""
        try:
            await self._write_events()
        except StoreError as error:
            log.warning("security events could not be counted: %s", error.key)

    async def _write_events(self) -> None:
        counted, self._counted = self._counted, {}
        if not counted:
            return
        try:
            await self._store.watching.note_events(counted)
        except StoreError:
            for kind, count in counted.items():
                self._counted[kind] = self._counted.get(kind, 0) + count
            raise

    async def _prune_daily(self) -> None:
        last = await self._store.settings.get(_PRUNED_AT)
        now = self._now()
        if isinstance(last, int) and timedelta(0) <= now - from_epoch_ms(last) < _DAY:
            return
        await self.desk.prune()
        await self._store.settings.set(_PRUNED_AT, to_epoch_ms(now))

    # -- one channel -------------------------------------------------------------------------------------------
    async def _one_by_one(self, rows: Sequence[DeliveryRow]) -> None:
        """The rows of one channel. When it was found not to work, all that waits on it waits as long: a hundred tellings
        must not knock a hundred times at a dead server."""
        for at, row in enumerate(rows):
            until = await self._try(row)
            if until is not None:
                for later in rows[at + 1 :]:
                    await self._store.alerts.put_off(later.id, None, until)
                await self._store.alerts.hold(row.channel, until)
                return

    async def _try(self, row: DeliveryRow) -> datetime | None:
        """Send one; until when its channel had better rest, None when it need not."""
        try:
            left = await self._send(row)
        except VaultError:
            until = self._now() + timedelta(seconds=LOCKED_S)
            await self._store.alerts.put_off(row.id, None, until)
            return until
        except self._failure as error:
            return await self._failed(row, error)
        except StoreError:
            raise
        except Exception:  # a bug of ours must not leave the row in sending, nor stop the others
            log.exception("sending an alert on %s", row.channel)
            until = self._now() + timedelta(seconds=WAITS_S[-1])
            await self._store.alerts.put_off(row.id, Message("bug"), until)
            return None
        await self._store.alerts.settle(row.id, left)
        return None

    async def _failed(self, row: DeliveryRow, error: Exception) -> datetime | None:
        message: Message = error.message  # type: ignore[attr-defined]
        again: bool = error.again  # type: ignore[attr-defined]
        after: float | None = error.after_s  # type: ignore[attr-defined]
        log.warning("an alert was not sent on %s: %s", row.channel, message.code)
        if not again or self._now() - row.created_at > GIVE_UP:
            await self._store.alerts.settle(row.id, message, failed=True)
            return None
        wait = WAITS_S[min(row.tries, len(WAITS_S)) - 1]
        until = self._now() + timedelta(seconds=min(max(wait, after or 0.0), LONGEST_WAIT_S))
        await self._store.alerts.put_off(row.id, message, until)
        return until
