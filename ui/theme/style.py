"""Fusion under a thin proxy: fields, combo arrow, check box, radio and focus ring in our shapes. Nothing else is
overridden (each override costs a call into Python for every primitive of every widget). Tables take plain Fusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QProxyStyle,
    QSpinBox,
    QStyle,
    QStyleOption,
    QStyleOptionComboBox,
    QWidget,
)

from ui.theme import icons
from ui.theme.tokens import Theme

RADIUS_CELL = 3
RADIUS_BOX = 4
RADIUS_FIELD = 6
RADIUS_CARD = 8
RADIUS_DIALOG = 10

_State = QStyle.StateFlag
_Prim = QStyle.PrimitiveElement


def round_rect(painter: QPainter, box: QRectF, radius: float, fill: object, line: object, width: float = 1.0) -> None:
    """A rounded box whose line lies inside `box`; `fill` and `line` are QColor or None."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    half = width / 2 if line is not None else 0.0
    painter.setPen(QPen(line, width) if line is not None else Qt.PenStyle.NoPen)  # type: ignore[call-overload]
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)  # type: ignore[call-overload]
    radius = min(radius, box.height() / 2)
    painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius - half, radius - half)


def draw_check(painter: QPainter, box: QRectF, theme: Theme, *, state: str, focus: bool, enabled: bool) -> None:
    """A check box of 16 px; `state` is "on", "off" or "part"."""
    edge = theme.ink("border_strong" if enabled else "disabled")
    if state == "off":
        round_rect(painter, box, RADIUS_BOX, theme.ink("surface"), edge)
    else:
        fill = theme.ink("accent" if enabled else "disabled")
        round_rect(painter, box, RADIUS_BOX, fill, None)
        pen = QPen(theme.ink("on_accent"), 1.75)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        unit = box.width() / 16
        if state == "part":
            y = box.center().y()
            painter.drawLine(QPointF(box.left() + 4 * unit, y), QPointF(box.right() - 4 * unit, y))
        else:
            path = QPainterPath(QPointF(box.left() + 3.8 * unit, box.top() + 8.4 * unit))
            path.lineTo(box.left() + 6.8 * unit, box.top() + 11.2 * unit)
            path.lineTo(box.left() + 12.2 * unit, box.top() + 5.2 * unit)
            painter.drawPath(path)
    if focus:
        round_rect(painter, box.adjusted(-3, -3, 3, 3), 6, None, theme.ink("focus"), theme.focus_width)


def draw_radio(painter: QPainter, box: QRectF, theme: Theme, *, on: bool, focus: bool, enabled: bool) -> None:
    """A radio button of 16 px."""
    if on:
        round_rect(painter, box, 8, theme.ink("accent" if enabled else "disabled"), None)
        round_rect(painter, box.adjusted(5, 5, -5, -5), 8, theme.ink("on_accent"), None)
    else:
        round_rect(painter, box, 8, theme.ink("surface"), theme.ink("border_strong" if enabled else "disabled"))
    if focus:
        round_rect(painter, box.adjusted(-3, -3, 3, 3), 11, None, theme.ink("focus"), theme.focus_width)


class PaxStyle(QProxyStyle):
    """`PaxStyle(theme, heights)`: both are asked at paint time, so that a change of scheme needs no new style."""

    def __init__(self, theme: Callable[[], Theme], cache: icons.IconCache, field_height: Callable[[], int]) -> None:
        super().__init__("Fusion")
        self._theme = theme
        self._cache = cache
        self._field_height = field_height

    def polish(self, what: Any) -> Any:
        """A tip is plain text: what a vendor wrote must neither be drawn as markup nor fetch a picture. Qt asks here before
        the tip gets its words."""
        done = super().polish(what)
        if isinstance(what, QLabel) and what.inherits("QTipLabel"):
            what.setTextFormat(Qt.TextFormat.PlainText)
        return done

    # -- fields ------------------------------------------------------------------------------------------------
    def drawPrimitive(  # Qt's own name
        self, element: QStyle.PrimitiveElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        if element == _Prim.PE_IndicatorCheckBox:
            state = "off"
            if option.state & _State.State_On:
                state = "on"
            elif option.state & _State.State_NoChange:
                state = "part"
            flags = _flags(option)
            draw_check(painter, _square(option.rect), self._theme(), state=state, **flags)
            return
        if element == _Prim.PE_IndicatorRadioButton:
            on = bool(option.state & _State.State_On)
            draw_radio(painter, _square(option.rect), self._theme(), on=on, **_flags(option))
            return
        if element == _Prim.PE_FrameFocusRect:
            return  # rings are drawn by the controls themselves or by the focus frame
        if element in (_Prim.PE_PanelLineEdit, _Prim.PE_FrameLineEdit):
            inside = widget.parentWidget() if widget is not None else None
            if isinstance(inside, QComboBox | QSpinBox):
                return
            self._field(painter, option, widget)
            return
        super().drawPrimitive(element, option, painter, widget)

    def _field(self, painter: QPainter, option: QStyleOption, widget: QWidget | None) -> None:
        theme = self._theme()
        painter.save()
        bad = widget is not None and bool(widget.property("bad"))
        bare = widget is not None and bool(widget.property("bare"))
        enabled = bool(option.state & _State.State_Enabled)
        focus = bool(option.state & _State.State_HasFocus)
        if not bare:
            role = "unhealthy_mark" if bad else ("border_strong" if enabled else "border")
            width = 1.0
            if focus:
                role, width = ("unhealthy_mark" if bad else "focus"), float(theme.focus_width)
            fill = theme.ink("surface" if enabled else "sunken")
            round_rect(painter, QRectF(option.rect), RADIUS_FIELD, fill, theme.ink(role), width)
        painter.restore()

    def drawComplexControl(
        self, control: QStyle.ComplexControl, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        if control == QStyle.ComplexControl.CC_ComboBox and isinstance(option, QStyleOptionComboBox):
            self._field(painter, option, widget)
            enabled = bool(option.state & _State.State_Enabled)
            right = QRectF(option.rect.right() - 25, option.rect.top(), 14, option.rect.height())
            role = "text_2" if enabled else "disabled"
            icons.draw(painter, self._cache, self._theme(), right, "caret-down", "bold", role)
            return
        super().drawComplexControl(control, option, painter, widget)

    def subElementRect(self, element: QStyle.SubElement, option: QStyleOption, widget: QWidget | None = None) -> QRect:
        rect = super().subElementRect(element, option, widget)
        if element == QStyle.SubElement.SE_LineEditContents and widget is not None:
            inside = widget.parentWidget()
            if not isinstance(inside, QComboBox | QSpinBox) and not widget.property("bare"):
                return rect.adjusted(7, 0, -7, 0)
        return rect

    def subControlRect(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOption,
        part: QStyle.SubControl,
        widget: QWidget | None = None,
    ) -> QRect:
        if control == QStyle.ComplexControl.CC_ComboBox:
            if part == QStyle.SubControl.SC_ComboBoxEditField:
                return option.rect.adjusted(9, 2, -28, -2)
            if part == QStyle.SubControl.SC_ComboBoxArrow:
                return QRect(option.rect.right() - 27, option.rect.top(), 28, option.rect.height())
        return super().subControlRect(control, option, part, widget)

    def sizeFromContents(
        self, kind: QStyle.ContentsType, option: QStyleOption, size: QSize, widget: QWidget | None = None
    ) -> QSize:
        made = super().sizeFromContents(kind, option, size, widget)
        if kind in (QStyle.ContentsType.CT_LineEdit, QStyle.ContentsType.CT_SpinBox):
            if not isinstance(widget, QLineEdit) or not widget.property("bare"):
                made.setHeight(self._field_height())
        elif kind == QStyle.ContentsType.CT_ComboBox:
            made = QSize(size.width() + 40, self._field_height())
        return made


def _flags(option: QStyleOption) -> dict[str, bool]:
    focus = bool(option.state & _State.State_HasFocus) and bool(option.state & _State.State_KeyboardFocusChange)
    return {"focus": focus, "enabled": bool(option.state & _State.State_Enabled)}


def _square(rect: QRect) -> QRectF:
    side = min(16, rect.width(), rect.height())
    return QRectF(rect.center().x() - side / 2 + 0.5, rect.center().y() - side / 2 + 0.5, side, side)


class RingStyle(QProxyStyle):
    """The focus frame's own style: a ring outside the button with a gap, so that it shows on the accent too."""

    GAP = 2

    def __init__(self, theme: Callable[[], Theme]) -> None:
        super().__init__("Fusion")
        self._theme = theme

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        if metric in (QStyle.PixelMetric.PM_FocusFrameHMargin, QStyle.PixelMetric.PM_FocusFrameVMargin):
            return self.GAP + self._theme().focus_width
        return super().pixelMetric(metric, option, widget)

    def styleHint(self, hint: QStyle.StyleHint, *rest: object) -> int:
        if hint == QStyle.StyleHint.SH_FocusFrame_Mask:
            return 0  # a mask has hard edges
        return super().styleHint(hint, *rest)  # type: ignore[arg-type]

    def drawControl(
        self, element: QStyle.ControlElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        if element == QStyle.ControlElement.CE_FocusFrame:
            theme = self._theme()
            width = float(theme.focus_width)
            round_rect(painter, QRectF(option.rect), RADIUS_FIELD + self.GAP + width, None, theme.ink("focus"), width)
            return
        super().drawControl(element, option, painter, widget)
