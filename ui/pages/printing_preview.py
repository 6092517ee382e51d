"""A page of a PDF as a picture, drawn by pdfium off the loop. pdfium is not thread-safe: one lane, one lock, and no page or
document outlives the call that opened it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import theme
from ui.widgets.base import CENTER, draw_text
from ui.words import t

_LANE = threading.Lock()
_MM = 25.4 / 72
_DPI = 203  # as a label printer would draw it
_LOOKED = 600  # pages that are searched for an order's number


@dataclass(frozen=True, slots=True)
class Picture:
    """One page: its picture, its size in millimetres, its place (from 1) and how many pages there are."""

    image: QImage
    width_mm: float
    height_mm: float
    page: int
    pages: int


class PreviewError(Exception):
    """The document cannot be shown: `key` is a word under `printpage.preview`, `words` a sentence that says more."""

    def __init__(self, key: str, words: str = "") -> None:
        super().__init__(key)
        self.key, self.words = key, words


async def picture_of(source: Path | bytes, place: int | str = 0, sha256: str = "", dpi: int = _DPI) -> Picture:
    """The page at a place (from 0), or the first one on which an order's number stands. A file must still be the one
    whose hash the journal wrote down. Raises PreviewError `gone`, `changed` or `unreadable`."""
    return await asyncio.to_thread(_draw, source, place, sha256, dpi)


def _draw(source: Path | bytes, place: int | str, sha256: str, dpi: int) -> Picture:
    import pypdfium2 as pdfium  # type: ignore[import-untyped]  # on first use: the window starts without it

    if isinstance(source, Path):
        try:
            source = source.read_bytes()  # so that a file in use can still be replaced or deleted on Windows
        except OSError as error:
            raise PreviewError("gone") from error
    if sha256 and hashlib.sha256(source).hexdigest() != sha256:
        raise PreviewError("changed")
    with _LANE:
        try:
            document = pdfium.PdfDocument(source)
        except pdfium.PdfiumError as error:
            raise PreviewError("unreadable") from error
        try:
            pages = len(document)
            at = _find(document, pages, place) if isinstance(place, str) else min(place, pages - 1)
            page = document[at]
            try:
                width, height = page.get_size()
                bitmap = page.render(scale=dpi / 72, prefer_bgrx=True)
                image = QImage(
                    bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32
                ).copy()
                bitmap.close()
            finally:
                page.close()
            return Picture(image, width * _MM, height * _MM, at + 1, pages)
        finally:
            document.close()


def _find(document: Any, pages: int, number: str) -> int:
    wanted = re.compile(rf"(?<!\w){re.escape(number)}(?!\w)")
    for at in range(min(pages, _LOOKED)):
        page = document[at]
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range()
        finally:
            text_page.close()
            page.close()
        if wanted.search(text):
            return at
    return 0


class LabelPreview(QWidget):
    """`show_picture(picture)`, `show_words(words)`: paper on the table, as large as there is room for, with rulers in mm."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Picture | None = None
        self._words = t("printpage.preview.nothing")
        self._scaled: tuple[int, QSize, float, QImage] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 220)
        self.setAccessibleName(self._words)

    def sizeHint(self) -> QSize:
        return QSize(340, 480)

    def show_picture(self, picture: Picture, name: str) -> None:
        """A page; `name` is what a screen reader says."""
        self.picture, self._scaled = picture, None
        self.setAccessibleName(name)
        self.update()

    def show_words(self, words: str) -> None:
        """Why there is no picture."""
        self.picture, self._words, self._scaled = None, words, None
        self.setAccessibleName(words)
        self.update()

    def _paper(self, picture: Picture) -> QRectF:
        room = QRectF(self.rect()).adjusted(26, 26, -26, -26)
        scale = min(room.width() / picture.width_mm, room.height() / picture.height_mm)
        wide, tall = picture.width_mm * scale, picture.height_mm * scale
        return QRectF(
            round(room.center().x() - wide / 2), round(room.center().y() - tall / 2), round(wide), round(tall)
        )

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        if self.picture is None:
            draw_text(painter, QRectF(self.rect()).adjusted(16, 0, -16, 0), self._words, "body", "text_2", CENTER)
            return
        paper = self._paper(self.picture)
        painter.drawImage(paper, self._fit(paper.size().toSize()))
        painter.setPen(palette.ink("border_strong"))
        painter.drawRect(paper.adjusted(-0.5, -0.5, 0.5, 0.5))
        self._rulers(painter, paper, self.picture)

    def _fit(self, size: QSize) -> QImage:
        """The picture at this size, scaled once: a smooth scaling in every paint event would cost a frame."""
        assert self.picture is not None  # noqa: S101  (asked for by paintEvent only)
        ratio = self.devicePixelRatioF()
        kept = self._scaled
        if kept is None or kept[:3] != (id(self.picture), size, ratio):
            image = self.picture.image.scaled(
                size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            kept = self._scaled = (id(self.picture), size, ratio, image)
        return kept[3]

    @staticmethod
    def _rulers(painter: QPainter, paper: QRectF, picture: Picture) -> None:
        """A tick each 5 mm, a longer one each 10, on top and at the left."""
        palette = theme()
        for at in range(0, int(picture.width_mm) + 1, 5):
            x = paper.left() + at * paper.width() / picture.width_mm
            tall = 8 if at % 10 == 0 else 4
            painter.fillRect(QRectF(round(x), paper.top() - 6 - tall, 1, tall), palette.ink("text_3"))
        for at in range(0, int(picture.height_mm) + 1, 5):
            y = paper.top() + at * paper.height() / picture.height_mm
            wide = 8 if at % 10 == 0 else 4
            painter.fillRect(QRectF(paper.left() - 6 - wide, round(y), wide, 1), palette.ink("text_3"))
