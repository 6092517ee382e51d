"""Alerts on the screen: the system's notification corner and a tray icon with their number, or a toast while the window is
in front or the system has no tray. Shows what it is told and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QSystemTrayIcon

from app.api.answers import sentence
from app.changes import ALERTS, ChangeReport
from app.monitor.alerting import texts
from app.monitor.alerting.courier import TEST
from app.monitor.alerting.desk import DesktopNote
from app.monitor.alerting.rules import Severity
from app.store.alerts import ENDED
from ui.kit import Burst, begin
from ui.theme import draw_icon, theme
from ui.theme.style import round_rect
from ui.widgets import draw_text
from ui.widgets.base import CENTER
from ui.words import figures, t, words

if TYPE_CHECKING:
    from ui.services import Services
    from ui.window import MainWindow

ICON_SIDE = 64
STAY_MS = 10_000
PAUSE_MS = 500
_LOOKS = {Severity.CRITICAL: "unhealthy", Severity.HIGH: "unhealthy", Severity.MEDIUM: "degraded", Severity.LOW: "info"}
_ICONS = {"unhealthy": QSystemTrayIcon.MessageIcon.Critical, "degraded": QSystemTrayIcon.MessageIcon.Warning}


def look_of_severity(severity: str) -> str:
    """The look (`ui.theme.LOOKS`) of a severity."""
    return _LOOKS[Severity(severity)]


def note_words(note: DesktopNote) -> tuple[str, str, str]:
    """(look, title, text) of a note."""
    body = note.alert.body
    if note.event == TEST:
        return "info", t("alerts.test.title"), t("alerts.test.text")
    look = "healthy" if note.event == ENDED else look_of_severity(body.severity)
    return look, texts.headline(words(), body, note.event), texts.text(words(), body, sentence)


def tray_icon(count: int) -> QIcon:
    """The tray's picture: a bell, and how many alerts are open."""
    picture = QPixmap(ICON_SIDE, ICON_SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    round_rect(painter, QRectF(2, 2, 60, 60), 14, theme().ink("accent"), None)
    draw_icon(painter, QRectF(12, 12, 40, 40), "storefront", "on_accent", weight="fill")
    if count:
        box = QRectF(28, 28, 36, 36)
        round_rect(painter, box, 18, theme().ink("unhealthy_mark"), None)
        draw_text(painter, box, figures().number(count) if count < 100 else "99+", "card", "on_accent", CENTER)
    painter.end()
    return QIcon(picture)


class Notifier(QObject):
    """`Notifier(window, services)` until `close()`. `available`: whether the system has a tray (tests say so themselves)."""

    def __init__(
        self, window: MainWindow, services: Services, *,
        available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._services, self._closed = window, services, False
        self.count = 0
        self.tray: QSystemTrayIcon | None = None
        if available():
            self.tray = QSystemTrayIcon(tray_icon(0), self)
            self.tray.setToolTip(t("app.name"))
            self.tray.activated.connect(lambda _why: window.come_forward())
            self.tray.messageClicked.connect(self._to_alerts)
            self.tray.show()
        self._burst = Burst(self._look, PAUSE_MS, self)
        jobs = services.engine.alerting
        self._stops = [services.changes.listen(self._changed)]
        if jobs is not None:
            self._stops.append(jobs.on_desktop(self.show_note))
            self._burst.poke()

    def show_note(self, note: DesktopNote) -> None:
        """In the window while it is in front, else by the system."""
        look, title, text = note_words(note)
        if self.tray is not None and not self._window.isActiveWindow():
            self.tray.showMessage(title, text, _ICONS.get(look, QSystemTrayIcon.MessageIcon.Information), STAY_MS)
        else:
            self._window.say(look, title, text)

    def _changed(self, report: ChangeReport) -> None:
        if report.table == ALERTS and not self._closed:
            self._burst.poke()

    def _look(self, _keys: object) -> None:
        begin(self._count(), "open alerts")

    async def _count(self) -> None:
        now = self._services.now()
        rows = await self._services.store.alerts.list()
        self.count = sum(row.acked_at is None and not row.rests(now) for row in rows)
        if self.tray is not None and not self._closed:
            self.tray.setIcon(tray_icon(self.count))
            told = t("alerts.count", count=self.count) if self.count else t("alerts.none")
            self.tray.setToolTip(f"{t('app.name')} — {told}")

    def _to_alerts(self) -> None:
        self._window.come_forward()
        self._window.go("settings", {"view": "alerts"})

    def close(self) -> None:
        """Hears nothing any more; the tray's icon goes."""
        self._closed = True
        for stop in self._stops:
            stop()
        self._stops = []
        if self.tray is not None:
            self.tray.hide()
        self._burst.deleteLater()
        self.deleteLater()
