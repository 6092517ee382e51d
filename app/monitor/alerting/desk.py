"""The alert desk: looks at the rules, and does what a person asks for – rules, channels, quiet hours, acknowledge, snooze,
a test. Every change by a person stands in the audit log, and no secret in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import msgspec

from app.contracts import Message
from app.monitor.alerting import channels as known
from app.monitor.alerting.channels import Keys, channels_of, complete, secrets_of
from app.monitor.alerting.correlate import tie
from app.monitor.alerting.courier import Courier
from app.monitor.alerting.facts import Facts
from app.monitor.alerting.judge import judge, unknown_rules
from app.monitor.alerting.ledger import Memory, step
from app.monitor.alerting.quiet import Channel, Quiet, clock, notices, shows
from app.monitor.alerting.rules import (
    EVENTS_WINDOW_S,
    KEEP_DAYS,
    KEEP_LEAST,
    KEEP_MOST,
    PREFIX,
    AlertError,
    Rule,
    Severity,
    checked_rule,
    rules_of,
)
from app.monitor.alerting.sending import SendFailed
from app.store import Action, AlertRow, Outcome, Store
from app.store.alerts import AGAIN, ENDED, OPENED, AlertBody, Notice

QUIET, KEEP = "alerts.quiet", "alerts.keep_days"
SHORTEST_SNOOZE, LONGEST_SNOOZE = timedelta(minutes=1), timedelta(days=30)


class Looking(Protocol):
    async def look(self) -> Facts: ...


class DesktopNote(msgspec.Struct, frozen=True):
    """What the desktop shows: `event` opened, again, ended or test."""

    event: str
    alert: AlertRow


class Looked(msgspec.Struct, frozen=True):
    """What one look changed. `notes` are for the desktop; `changed`: any alert did."""

    changed: bool
    notes: tuple[DesktopNote, ...] = ()


class AlertDesk:
    """`local` gives an instant in the merchant's own zone. `rehearsal`: nothing is told outside of this computer."""

    def __init__(
        self, store: Store, keys: Keys, sight: Looking, courier: Courier, now: Callable[[], datetime], *,
        rehearsal: bool = False, local: Callable[[datetime], datetime] = datetime.astimezone,
    ) -> None:  # fmt: skip
        self._store, self._keys, self._sight, self.courier = store, keys, sight, courier
        self._now, self.rehearsal, self._local = now, rehearsal, local
        self._memory = Memory()
        self.poke: Callable[[], None] = lambda: None  # something may go out now; the job sets it
        self.told: Callable[[], None] = lambda: None  # an alert changed by a person's hand; the job sets it

    # -- by the clock ------------------------------------------------------------------------------------------
    async def look(self) -> Looked:
        """Judge once and write down what is new. Raises StoreError."""
        facts = await self._sight.look()
        rules = await self.rules()
        channels, quiet = await self.channels(), await self.quiet()
        tied = tie(judge(facts, rules), facts, rules)
        now, rows = self._now(), await self._store.alerts.list()
        memory, moves = step(self._memory, now, tied.on, rows, rules, unknown=unknown_rules(facts), holds=tied.holds)
        here = self._local(now)
        remote = [] if self.rehearsal else list(channels.values())

        def plan(event: str, body: AlertBody, row: AlertRow | None) -> tuple[Notice, ...]:
            return notices(event, body, row, remote, quiet, here)

        opened = await self._store.alerts.apply(moves, plan) if moves.any else []
        self._memory = memory
        ended = [msgspec.structs.replace(row, ended_at=now) for row in moves.ended if not row.rests(now)]
        told = (
            [(OPENED, row) for row in opened] + [(AGAIN, row) for row in moves.again] + [(ENDED, row) for row in ended]
        )
        desktop = channels.get("desktop")
        return Looked(
            moves.any, tuple(DesktopNote(event, row) for event, row in told if shows(row.body, desktop, quiet, here))
        )

    async def prune(self) -> int:
        """Forget what ended before the days that are kept."""
        before = self._now() - timedelta(days=await self.keep_days())
        await self._store.watching.prune(min(before, self._now() - timedelta(seconds=EVENTS_WINDOW_S)))
        return await self._store.alerts.prune(before)

    # -- alerts ------------------------------------------------------------------------------------------------
    async def acknowledge(self, alert_id: int, on: bool = True) -> AlertRow:
        """Raises StoreError `store.no_alert`."""
        row = await self._store.alerts.acknowledge(alert_id, on)
        self.told()
        return row

    async def snooze(self, alert_id: int, span: timedelta | None) -> AlertRow:
        """Rest for so long; None: no longer. Raises StoreError `store.no_alert`, AlertError."""
        if span is not None and not SHORTEST_SNOOZE <= span <= LONGEST_SNOOZE:
            raise AlertError("alerts.bad_span", text=str(span))
        row = await self._store.alerts.snooze(alert_id, None if span is None else self._now() + span)
        self.told()
        return row

    # -- rules -------------------------------------------------------------------------------------------------
    async def rules(self) -> dict[str, Rule]:
        """As they are in force."""
        return rules_of(await self._store.settings.all(PREFIX))

    async def set_rule(
        self, name: str, *, on: bool | None = None, threshold: int | None = None, severity: str | None = None
    ) -> Rule:
        """What is None stays. Raises AlertError."""
        checked_rule(name, threshold)
        if severity is not None and severity not in set(Severity):
            raise AlertError("alerts.bad_choice", field="severity", names=", ".join(Severity))
        for part, value in (("on", on), ("threshold", threshold), ("severity", severity)):
            if value is not None:
                await self._store.audit.choose(f"{PREFIX}{name}.{part}", value)
        self.told()
        return (await self.rules())[name]

    async def reset_rule(self, name: str) -> Rule:
        """Back to what it came with. Raises AlertError."""
        checked_rule(name, None)
        for part in ("on", "threshold", "severity"):
            await self._store.audit.choose(f"{PREFIX}{name}.{part}", None)
        self.told()
        return (await self.rules())[name]

    # -- channels ----------------------------------------------------------------------------------------------
    async def channels(self) -> dict[str, Channel]:
        return channels_of(await self._store.settings.all(known.PREFIX))

    async def held(self, name: str) -> frozenset[str]:
        """Which of its secrets a channel has. Raises VaultLocked."""
        return frozenset(await secrets_of(self._keys, known.known_channel(name)))

    async def set_channel(
        self, name: str, *, on: bool | None = None, least: str | None = None,
        settings: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None,
    ) -> Channel:  # fmt: skip
        """What is left out stays; an empty text forgets. A channel that is on must be complete: nothing is kept of a wish
        that leaves it otherwise. Raises AlertError, VaultError."""
        before = (await self.channels())[known.known_channel(name)]
        if self.rehearsal and name != "desktop":
            raise AlertError("alerts.rehearsal")
        if least is not None and least not in set(Severity):
            raise AlertError("alerts.bad_choice", field="least", names=", ".join(Severity))
        for key, hidden in [(k, False) for k in settings or {}] + [(k, True) for k in secrets or {}]:
            if known.field_of(name, key).secret is not hidden:
                raise AlertError("alerts.is_secret" if not hidden else "alerts.no_secret", field=key)
        had = {k: v.reveal() for k, v in (await secrets_of(self._keys, name)).items()}
        held = {k: v for k, v in {**had, **(secrets or {})}.items() if v}
        plain = {k: v.strip() for k, v in {**before.settings, **(settings or {})}.items() if v.strip()}
        wanted = before.on if on is None else on
        if wanted:
            complete(name, plain, held)
        if held != had:
            await self._keys.put(known.ENTRY + name, held)
            await self._store.audit.note(Action.KEYS_CHANGED, subject=("channel", name))
        for part, value in (("settings", plain), ("least", least), ("on", on)):
            if value is not None and value != {}:
                await self._store.audit.choose(f"{known.PREFIX}{name}.{part}", value)
        if on is False:
            await self._store.alerts.drop_waiting(name)
        elif wanted and await self._store.alerts.revive(name):
            self.poke()
        self.told()
        return (await self.channels())[name]

    async def test(self, name: str) -> Message | None:
        """Send a test now, whether the channel is on or not; gives what was left of it. Raises SendFailed, AlertError,
        VaultLocked."""
        channel = (await self.channels())[known.known_channel(name)]
        if name == "desktop" or self.rehearsal:
            raise AlertError("alerts.rehearsal" if self.rehearsal else "alerts.no_window")
        try:
            left = await self.courier.test(channel, uuid4().hex)
        except SendFailed:
            await self._note_test(name, Outcome.FAILED)
            raise
        await self._note_test(name, Outcome.DONE)
        if await self._store.alerts.revive(name):
            self.poke()
        return left

    async def _note_test(self, name: str, outcome: Outcome) -> None:
        await self._store.audit.note(Action.ALERT_TESTED, subject=("channel", name), outcome=outcome)

    # -- quiet hours, retention --------------------------------------------------------------------------------
    async def quiet(self) -> Quiet:
        kept = await self._store.settings.all(QUIET)
        plain = Quiet()
        hours = kept.get(f"{QUIET}.hours")
        since, until = hours if isinstance(hours, list) and len(hours) == 2 else (plain.since, plain.until)
        return Quiet(kept.get(f"{QUIET}.on") is True, str(since), str(until))

    async def set_quiet(self, *, on: bool | None = None, since: str | None = None, until: str | None = None) -> Quiet:
        """Raises AlertError for what is no hour."""
        before = await self.quiet()
        first, last = (f"{clock(text):%H:%M}" for text in (since or before.since, until or before.until))
        if (first, last) != (before.since, before.until):
            await self._store.audit.choose(f"{QUIET}.hours", [first, last])
        if on is not None:
            await self._store.audit.choose(f"{QUIET}.on", on)
        self.told()
        return await self.quiet()

    async def keep_days(self) -> int:
        kept = await self._store.settings.get(KEEP)
        return kept if type(kept) is int and KEEP_LEAST <= kept <= KEEP_MOST else KEEP_DAYS

    async def set_keep_days(self, days: int) -> int:
        """Raises AlertError."""
        if not KEEP_LEAST <= days <= KEEP_MOST:
            raise AlertError("alerts.bad_threshold", value=str(days), least=str(KEEP_LEAST), most=str(KEEP_MOST))
        await self._store.audit.choose(KEEP, days)
        return days


async def language_of(store: Store, fallback: Callable[[], str]) -> str:
    """The merchant's language: the window's, else the system's."""
    chosen = await store.settings.get("ui.language", "")
    return chosen if chosen in ("tr", "en") else fallback()
