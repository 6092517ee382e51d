"""Tracking at carriers that are asked parcel by parcel. One answer that cannot be read must not cost the others theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from app.contracts import OursError
from app.model import TrackingReport


async def one_by_one(
    references: Sequence[str], ask: Callable[[str], Awaitable[TrackingReport | None]]
) -> tuple[TrackingReport, ...]:
    """The reports in the order of `references`. `ask` gives None for a parcel that the carrier does not know: it is left out, and one
    whose answer cannot be read, unless it is so with all. Raises what `ask` raises otherwise."""
    reports: list[TrackingReport] = []
    odd: OursError | None = None
    for reference in references:
        try:
            report = await ask(reference)
        except OursError as error:
            odd = error
            continue
        if report is not None:
            reports.append(report)
    if odd is not None and not reports:
        raise odd
    return tuple(reports)
