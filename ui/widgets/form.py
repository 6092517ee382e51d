"""Fields of forms: label, field, hint or trouble. Secrets are dots only; the eye is a button that the keyboard reaches."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from ui.theme import density, draw_icon, theme
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets.base import Text, repolish
from ui.widgets.buttons import IconButton, draw_key_hint, key_hint_width
from ui.words import t


class _Trouble(QWidget):
    """The line under a field: a hint in grey, or a trouble in red with its shape."""

    def __init__(self) -> None:
        super().__init__()
        self._bad = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.words = Text("", "small", "text_2", wrap=True)
        row.addWidget(self.words, 1)

    def show_words(self, text: str, bad: bool) -> None:
        self._bad = bad
        self.words.setText(text)
        self.words.set_role("unhealthy_text" if bad else "text_2")
        self.layout().setContentsMargins(18 if bad else 0, 0, 0, 0)
        self.setVisible(bool(text))
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        if self._bad:
            draw_icon(QPainter(self), QRectF(0, 1, 13, 14), "x-circle", "unhealthy_text", weight="fill")


class FormField(QWidget):
    """`FormField(label, field, hint, note)`: `set_trouble(words)` marks it; "" takes the mark away.

    `note` stands beside the label in grey; `hint` under the field until there is trouble. `field` is any widget.
    """

    def __init__(
        self, label: str, field: QWidget, hint: str = "", note: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.field = field
        self._hint = hint
        self._label = label
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        title = Text(label, "medium")
        title.setBuddy(field)
        top.addWidget(title)
        if note:
            top.addWidget(Text(note, "small", "text_2"))
        top.addStretch(1)
        column.addLayout(top)
        column.addWidget(field)
        self._under = _Trouble()
        column.addWidget(self._under)
        field.setAccessibleName(label)
        self.set_trouble("")

    @property
    def trouble(self) -> str:
        """The words of the trouble, "" without."""
        return self._under.words.text() if self._under._bad else ""

    def set_trouble(self, words: str) -> None:
        """Marks the field red and says what to do; "" brings the hint back."""
        bad = bool(words)
        edit = getattr(self.field, "edit", self.field)
        edit.setProperty("bad", bad)
        repolish(edit)
        self._under.show_words(words or self._hint, bad)
        self.field.setAccessibleDescription(words or self._hint)


class FramedField(QWidget):
    """A field with icons or buttons inside: the frame is painted here, `edit` is a bare QLineEdit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit(self)
        self.edit.setProperty("bare", True)
        self.edit.setFrame(False)
        self.setFocusProxy(self.edit)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(9, 1, 4, 1)
        self.row.setSpacing(2)
        self.row.addWidget(self.edit, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # The frame shows the focus of the line inside it.
        QApplication.instance().focusChanged.connect(self._focus)  # type: ignore[union-attr]

    def _focus(self, old: QWidget | None, now: QWidget | None) -> None:
        if self.edit in (old, now):
            self.update()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.edit.setAccessibleName(name)

    def setAccessibleDescription(self, text: str) -> None:
        super().setAccessibleDescription(text)
        self.edit.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(200, density().button)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, density().button)

    def text(self) -> str:
        return self.edit.text()

    def setText(self, text: str) -> None:
        self.edit.setText(text)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        bad = bool(self.edit.property("bad"))
        role, width = ("unhealthy_mark" if bad else "border_strong"), 1.0
        if self.edit.hasFocus():
            role, width = ("unhealthy_mark" if bad else "focus"), float(palette.focus_width)
        fill = palette.ink("surface" if self.isEnabled() else "sunken")
        round_rect(painter, QRectF(self.rect()), RADIUS_FIELD, fill, palette.ink(role), width)


class SecretField(FramedField):
    """Dots only, no tail characters; an eye to look for a moment, a button to paste. Blanks round a pasted key go.

    Signal `trimmed(int)`: how many blanks were taken away.
    """

    trimmed = Signal(int)

    def __init__(self, *, paste: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.edit.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhSensitiveData
        )
        self._eye = IconButton("eye", t("common.show_secret"), "quiet", small=True)
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._look)
        self.row.addWidget(self._eye)
        if paste:
            self._paste = IconButton("clipboard-text", t("common.paste"), "quiet", small=True)
            self._paste.clicked.connect(self._take)
            self.row.addWidget(self._paste)

    def _look(self, on: bool) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self._eye.set_icon_name("eye-slash" if on else "eye")
        self._eye.set_name(t("common.hide_secret" if on else "common.show_secret"))

    def _take(self) -> None:
        self.set_secret(QApplication.clipboard().text())

    def set_secret(self, text: str) -> None:
        """Puts a secret in, without blanks at its ends."""
        clean = text.strip()
        self.edit.setText(clean)
        if len(clean) != len(text):
            self.trimmed.emit(len(text) - len(clean))

    def clear(self) -> None:
        """Empties the field and its undo steps."""
        self.edit.clear()


class SearchField(FramedField):
    """`SearchField(placeholder, key)`: the filter of a page; signal `searched(text)` after a pause of 150 ms."""

    searched = Signal(str)

    def __init__(self, placeholder: str, key: str = "Ctrl+F", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from PySide6.QtCore import QTimer

        self._key = key
        self.row.setContentsMargins(32, 1, 4 + key_hint_width(key) + 4, 1)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setClearButtonEnabled(False)
        self.setAccessibleName(placeholder)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(150)
        self._pause.timeout.connect(lambda: self.searched.emit(self.edit.text()))
        self.edit.textChanged.connect(lambda _text: self._pause.start())

    def sizeHint(self) -> QSize:
        return QSize(250, density().button)

    def paintEvent(self, event: object) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        draw_icon(painter, QRectF(10, 0, 16, self.height()), "magnifying-glass", "text_2")
        if self._key and not self.edit.text():
            from ui.kit.actions import key_words

            wide = key_hint_width(self._key)
            box = QRectF(self.width() - wide - 7, 0, wide, self.height())
            draw_key_hint(painter, box, " ".join(key_words(self._key)), "text_3", "btn_border")
