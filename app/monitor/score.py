"""A connection's health as one number, and the parts that it is the sum of: shown together, or the number would explain
nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

#: Most points by part. What cannot be told yet (no call was made) is left out, and the rest stands for the whole.
MOST = {"now": 30, "availability": 30, "speed": 20, "refusals": 10, "freshness": 10}
#: So far below its target an availability is worth nothing.
_WORTHLESS_BELOW = 0.05
_MANY_REFUSALS = 0.1
_FRESH, _STALE = timedelta(minutes=15), timedelta(hours=24)
_NOW = {"healthy": 1.0, "degraded": 0.5, "unhealthy": 0.0, "offline": 0.0}
_REFUSED = ("auth", "client_error", "throttled")


class ScorePart(msgspec.Struct, frozen=True):
    """`points` of `most`. `name` is a key of MOST."""

    name: str
    points: float
    most: int


class Score(msgspec.Struct, frozen=True):
    """`total`: 0–100, whole. `parts` in the order of MOST, only those that could be told."""

    total: int
    parts: tuple[ScorePart, ...]


def score(
    state: str,
    availability: float | None,
    target: float,
    p95_ms: float | None,
    goal_ms: int,
    calls: int,
    errors: Mapping[str, int],
    last_ok_at: datetime | None,
    now: datetime,
) -> Score | None:
    """None for a connection that is paused or was never called. `availability` (0–1) against its target counts over days,
    `calls` and `errors` over one."""
    if state not in _NOW:
        return None
    shares: dict[str, float | None] = {
        "now": _NOW[state],
        "availability": None if availability is None else 1 - max(0.0, target - availability) / _WORTHLESS_BELOW,
        "speed": None if p95_ms is None else 2 - p95_ms / goal_ms,
        "refusals": None if not calls else 1 - sum(errors.get(name, 0) for name in _REFUSED) / calls / _MANY_REFUSALS,
        "freshness": None if last_ok_at is None else 1 - (now - last_ok_at - _FRESH) / (_STALE - _FRESH),
    }
    parts = tuple(
        ScorePart(name, round(most * min(1.0, max(0.0, share)), 1), most)
        for name, most in MOST.items()
        if (share := shares[name]) is not None
    )
    reached, whole = sum(part.points for part in parts), sum(part.most for part in parts)
    return Score(int(reached / whole * 100), parts)  # never rounded up to a hundred
