"""When a condition becomes an alert and when that ends: on after it held, off after it was gone for a while. Pure: the one
memory (since when) is handed in and out, so that a flapping connection is one alert and a restart begins no storm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from app.monitor.alerting.rules import Rule
from app.store.alerts import AlertBody, AlertRow, Moves

#: A longer silence between two looks means that the machine slept: what was waiting begins anew.
SLEPT = timedelta(seconds=150)
#: Figures that only grow are written this often.
REFRESH = timedelta(seconds=60)


class Memory(msgspec.Struct, frozen=True):
    """Since when conditions without an alert are on (by rule and subject), and alerts without a condition off (by id)."""

    on: Mapping[tuple[str, str], datetime] = {}
    off: Mapping[int, datetime] = {}
    looked: datetime | None = None


def _never(row: AlertRow) -> bool:
    return False


def step(
    memory: Memory,
    now: datetime,
    bodies: Sequence[AlertBody],
    open_rows: Sequence[AlertRow],
    rules: Mapping[str, Rule],
    *,
    unknown: frozenset[str] = frozenset(),
    holds: Callable[[AlertRow], bool] = _never,
) -> tuple[Memory, Moves]:
    """One look. `bodies`: at most one a rule and subject. `unknown`: rules of which nothing is known now. `holds`: an
    open alert that is to be left as it is."""
    slept = memory.looked is None or not timedelta(0) <= now - memory.looked <= SLEPT
    was_on = {} if slept else memory.on
    was_off = {} if slept else memory.off
    rows = {(row.rule, row.body.subject): row for row in open_rows}
    wanted = {(body.rule, body.subject): body for body in bodies}
    on: dict[tuple[str, str], datetime] = {}
    off: dict[int, datetime] = {}
    opened: list[AlertBody] = []
    seen: list[tuple[int, AlertBody]] = []
    again: list[AlertRow] = []
    ended: list[AlertRow] = []
    quiet: list[AlertRow] = []
    for key, body in wanted.items():
        row = rows.get(key)
        if row is not None:
            if _news(row, body, now):
                seen.append((row.id, body))
            if row.snoozed_until is not None and row.snoozed_until <= now:
                again.append(msgspec.structs.replace(row, body=body))
            continue
        since = was_on.get(key, now)
        if now - since >= timedelta(seconds=rules[body.rule].wait_s):
            opened.append(body)
        else:
            on[key] = since
    for key, row in rows.items():
        if key in wanted:
            continue
        rule = rules.get(row.rule)
        if rule is None or not rule.on:
            quiet.append(row)
        elif row.rule not in unknown and not holds(row):
            since = was_off.get(row.id, now)
            if now - since >= timedelta(seconds=rule.clear_s):
                ended.append(row)
            else:
                off[row.id] = since
    moves = Moves(tuple(opened), tuple(seen), tuple(again), tuple(ended), tuple(quiet))
    return Memory(on, off, now), moves


def _news(row: AlertRow, body: AlertBody, now: datetime) -> bool:
    """Whether what is on is to be written anew: something else is said, or a figure moved and a minute passed."""
    if msgspec.structs.replace(row.body, figures={}) != msgspec.structs.replace(body, figures={}):
        return True
    return row.body.figures != body.figures and not timedelta(0) <= now - row.last_at < REFRESH
