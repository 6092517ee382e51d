"""What stands round the pages: the frame of a rehearsal and the banners of the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.theme import theme
from ui.widgets import Banner, BannerPlace
from ui.words import figures, t

if TYPE_CHECKING:
    from ui.standing import Standing

WIDTH = 3  # px round a rehearsal


class Frame(QWidget):
    """The window's contents side by side; in a rehearsal with a frame that cannot be overlooked."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.rehearsal = False
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)

    def set_rehearsal(self, on: bool) -> None:
        """With the frame or without."""
        self.rehearsal = on
        side = WIDTH if on else 0
        self.row.setContentsMargins(side, side, side, side)
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, theme().ink("rehearsal_mark" if self.rehearsal else "window"))
        if self.rehearsal:
            painter.fillRect(box.adjusted(WIDTH, WIDTH, -WIDTH, -WIDTH), theme().ink("window"))


def put_banners(place: BannerPlace, standing: Standing, now: datetime, unfreeze: Callable[[], None]) -> None:
    """Offline and frozen, as things stand; the place itself shows the one of the highest rank."""
    if standing.offline:
        at = standing.as_of
        when = figures().when(at.astimezone(), now.astimezone()) if at is not None else t("common.no_value")
        text = t("shell.offline_text", time=when, count=standing.waiting)
        place.put(Banner("offline", t("shell.offline_title"), text))
    else:
        place.take("offline")
    if standing.frozen:
        text = t("shell.frozen_text", count=standing.waiting)
        banner = Banner("frozen", t("shell.frozen_title"), text, t("shell.unfreeze_short"))
        banner.action_asked.connect(unfreeze)
        place.put(banner)
    else:
        place.take("frozen")
