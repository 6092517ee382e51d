"""What stands on a report, as text: titles, tables, a note. Knows no drawing, so that the window can hold it."""

from __future__ import annotations

import msgspec

COLUMNS = 5  # the first one is wide, the others hold figures


class ReportSection(msgspec.Struct, frozen=True):
    """`heads` and every row have at most COLUMNS cells. `empty`: the sentence in the place of rows."""

    title: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    empty: str = ""


class ReportData(msgspec.Struct, frozen=True):
    """`days`: the time it is about; `foot` stands at the foot of every page, `note` under the last table."""

    title: str
    days: str
    sections: tuple[ReportSection, ...]
    page: str
    foot: str = ""
    note: str = ""
