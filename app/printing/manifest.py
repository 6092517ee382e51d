"""The handover manifest, A4: the parcels that one carrier takes on one day, with counts and room for two signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm

from app.formats.pdf import BOLD, REGULAR, new_canvas, shorten
from app.printing.data import PLAIN, Drawn, Look, ManifestData, ManifestWords
from app.printing.sheet import HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Column, Document, Row, draw_logo


def draw_manifests(all_data: Sequence[ManifestData], words: ManifestWords, look: Look = PLAIN) -> Drawn:
    """One PDF, each carrier on sheets of its own. Pure and picklable."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, words.title)
    pages = sum(_draw(canvas, data, words, look) for data in all_data)
    canvas.save()
    return Drawn(buffer.getvalue(), pages)


def _draw(canvas: Any, data: ManifestData, words: ManifestWords, look: Look) -> int:
    pieces = sum(one.pieces for one in data.rows)
    counts = f"{len(data.rows)} {words.parcels} · {pieces} {words.pieces}"
    if data.desi:
        counts += f" · {data.desi} {words.desi}"

    def head(y: float, first: bool) -> float:
        canvas.setFont(BOLD, 18 if first else 11)
        title = f"{words.title} · {data.carrier}" + ("" if first else f" · {data.day}")
        taken = draw_logo(canvas, look, RIGHT, y) if first else 0.0
        canvas.drawString(LEFT, y - 16, shorten(title, BOLD, 18 if first else 11, RIGHT - LEFT - taken))
        if not first:
            return y - float(10 * mm)
        canvas.setFont(REGULAR, 10)
        told = " · ".join(x for x in (data.day, data.sender) if x)
        canvas.drawString(LEFT, y - 32, shorten(told, REGULAR, 10, RIGHT - LEFT - taken))
        canvas.setFont(BOLD, 11)
        canvas.drawString(LEFT, y - 46, counts)
        return y - float(22 * mm)

    def tail(y: float) -> None:
        canvas.setFont(BOLD, 11)
        canvas.drawString(LEFT, y - 18, counts)
        if data.cash:
            canvas.drawRightString(RIGHT, y - 18, f"{words.cash}: {data.cash}")
        wide = (RIGHT - LEFT - 10 * mm) / 2
        for x, name in ((LEFT, words.gave), (LEFT + wide + 10 * mm, words.took)):
            canvas.setLineWidth(0.6)
            canvas.rect(x, y - 52 * mm, wide, 38 * mm, stroke=1, fill=0)
            canvas.setFont(BOLD, 10)
            canvas.drawString(x + 2 * mm, y - 19 * mm, name)
            canvas.setFont(REGULAR, 8)
            canvas.drawString(x + 2 * mm, y - 50 * mm, words.sign)
        canvas.setFont(REGULAR, 8)
        canvas.drawRightString(RIGHT, y - 56 * mm, data.made_at)

    columns = (
        Column("", 10 * mm, right=True), Column(words.tracking, 38 * mm), Column(words.orders, 40 * mm), Column(words.receiver, 42 * mm),
        Column(words.pieces, 14 * mm, right=True), Column(words.desi, 14 * mm, right=True), Column(words.cash, 22 * mm, 8, right=True),
    )  # fmt: skip
    rows = [
        Row(
            (str(at), one.tracking, one.numbers, " · ".join(x for x in (one.receiver, one.city) if x), str(one.pieces), one.desi, one.cash),
            frozenset({4} if one.pieces > 1 else ()),
        )
        for at, one in enumerate(data.rows, 1)
    ]  # fmt: skip
    document = Document(
        canvas, columns, head, tail, 60 * mm, look, words.page, first_height=22 * mm, later_height=10 * mm
    )
    return document.draw(rows)
