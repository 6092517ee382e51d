"""The field of a formula: one line in mono, names and functions in their ink, a fault underlined where it stands with a mark
under it. Only paints and edits; what a formula means is `app.pricing.formula`'s."""

from __future__ import annotations

import re

from PySide6.QtCore import QMimeData, QPointF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from app.pricing import names
from ui.theme import appearance, font, line_height, theme
from ui.words import t, words

HEIGHT = 36
_TOKEN = re.compile(r"[^\W\d]\w*|\d[\d.,]*%?")


def typed_name(name: str) -> str:
    """A variable as the merchant types it: in the window's language; English always works."""
    others = names.VARIABLES[name]
    return others[0] if words().language == "tr" and others else name


class _Inks(QSyntaxHighlighter):
    """Colours of the words, and the underline of the fault."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.fault: tuple[int, int] | None = None  # first character, how many

    def highlightBlock(self, text: str) -> None:
        palette = theme()
        for found in _TOKEN.finditer(text):
            word, made = found.group(), QTextCharFormat()
            if word[0].isdigit():
                made.setFontWeight(QFont.Weight.DemiBold)
            elif names.variable(word):
                made.setForeground(palette.ink("up_text"))
            elif names.function(word) or names.word(word):
                made.setForeground(palette.ink("accent_text"))
            else:
                continue
            self.setFormat(found.start(), len(word), made)
        if self.fault is None:
            return
        at, length = self.fault
        for place in range(at, min(at + length, len(text))):
            made = self.format(place)
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            made.setUnderlineColor(palette.ink("unhealthy_mark"))
            self.setFormat(place, 1, made)


class FormulaField(QPlainTextEdit):
    """`FormulaField()`: `text`, `insert(words)`, `set_fault(at, length, told)`; signal `textChanged`. Enter is the dialog's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(font("mono"))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setTabChangesFocus(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(max(1, (HEIGHT - 10 - line_height("mono")) // 2))
        self.setAccessibleName(t("planpage.bulk.formula"))
        self._at: int | None = None
        self._inks = _Inks(self.document())
        appearance().changed.connect(self._inks.rehighlight)

    @property
    def text(self) -> str:
        return self.toPlainText()

    @property
    def fault(self) -> tuple[int, int] | None:
        """Where the fault stands: first character (from 0) and how many; None without one."""
        return self._inks.fault

    def set_text(self, text: str) -> None:
        """Puts a formula in; the caret goes to its end."""
        self.setPlainText(" ".join(text.split()))
        self.moveCursor(QTextCursor.MoveOperation.End)

    def insert(self, text: str) -> None:
        """Puts a name where the caret is."""
        self.textCursor().insertText(text)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_fault(self, at: int | None, length: int = 1, told: str = "") -> None:
        """Marks characters, or the end (`at` = length of the text); None takes the mark away. `told` is for screen readers."""
        size = len(self.text)
        self._at = None if at is None else min(at, size)
        fault = None if at is None else (min(at, max(0, len(self.text.rstrip()) - 1)), max(1, length))
        self.setAccessibleDescription(told)
        if fault != self._inks.fault:
            self._inks.fault = fault
            self.blockSignals(True)  # formats are no change of the text
            self._inks.rehighlight()
            self.blockSignals(False)
        self.viewport().update()

    def go_to_fault(self) -> None:
        """The caret before the fault."""
        if self._at is not None:
            cursor = self.textCursor()
            cursor.setPosition(self._at)
            self.setTextCursor(cursor)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """One line stays one line."""
        self.textCursor().insertText(" ".join(source.text().split()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._at is None:
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(min(self._at, len(self.text)))
        box = self.cursorRect(cursor)
        low = self.viewport().height()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().ink("unhealthy_mark"))
        middle = box.left() + 3.5
        painter.drawPolygon(QPolygonF([QPointF(middle - 4, low), QPointF(middle + 4, low), QPointF(middle, low - 5)]))
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, HEIGHT)
