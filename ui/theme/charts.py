"""How series, goals and incidents are drawn: roles, widths, dashes and markers, no colour values. A series is told apart by
line, marker and the name at its end, never by colour alone. A seventh series goes to small multiples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesLook:
    """`role` of the theme, `width` in px, `dash` on and off in px (empty: solid), `marker` circle | square | triangle |
    diamond. A dashed line is 1 px wide: wider ones must be drawn in segments, and segments begin the dash anew."""

    role: str
    width: float
    dash: tuple[float, ...] = ()
    marker: str = "circle"
    hollow: bool = False


#: The six series, in the order in which a chart takes them.
SERIES: tuple[SeriesLook, ...] = (
    SeriesLook("series_1", 2.0),
    SeriesLook("series_2", 1.0, (8, 4), "square"),
    SeriesLook("series_3", 1.0, (2, 3), "triangle"),
    SeriesLook("series_4", 1.0, (10, 3, 2, 3), "diamond"),
    SeriesLook("series_5", 1.0, (5, 3), "circle", hollow=True),
    SeriesLook("series_6", 1.0, (1, 3), "square", hollow=True),
)

#: Percentiles: p95 is solid and widest, since it is what the goal speaks of.
PERCENTILES: dict[str, SeriesLook] = {
    "p50": SeriesLook("series_1", 1.75),
    "p95": SeriesLook("series_2", 2.0, (), "square"),
    "p99": SeriesLook("series_6", 1.0, (1, 3), "square", hollow=True),
}

#: What an answer's failure is counted under, from the bottom of a stacked bar to its top, with its role.
ERROR_GROUPS: dict[str, str] = {
    "throttled": "series_4",
    "timeout": "series_2",
    "server_error": "series_5",
    "network": "series_3",
    "refused": "series_6",
    "other": "series_1",
}

GOAL = SeriesLook("text", 1.0, (7, 4))
GRID, AXIS_TEXT, HAIRLINE = "hair", "text_2", "text_2"
BAND_ALPHA = 0.10
#: An incident's shade by its state, at this strength, under a cap of so many px in the full colour.
INCIDENT_ROLES = {"degraded": "degraded_mark", "unhealthy": "unhealthy_mark"}
INCIDENT_ALPHA, INCIDENT_CAP = 0.16, 2
