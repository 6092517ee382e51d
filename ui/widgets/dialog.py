"""The frame of dialogs: a title that asks or names, a body, a footer. Opened by `await ui.kit.ask(dialog)`, never by a
loop of its own. Enter is the primary button unless it destroys; what destroys asks for a typed word."""

from __future__ import annotations

import itertools

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ui.widgets.base import Text
from ui.widgets.buttons import Button
from ui.widgets.form import FormField
from ui.words import t


class DialogFrame(QDialog):
    """`DialogFrame(parent, title, text, primary, kind)`: fill `body`; `primary` and `cancel` are the buttons.

    `kind` "primary" or "danger". `helper` puts a plain button at the left. Ctrl+Enter is the primary one from anywhere.
    """

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str = "",
        primary: str = "",
        *,
        kind: str = "primary",
        cancel: str = "",
        helper: Button | None = None,
        width: int = 440,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(width)
        self._kind = kind
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(20, 16, 20, 0)
        self.head.setSpacing(8)
        self.heading = Text(title, "pane", wrap=True)
        self.head.addWidget(self.heading, 1)
        outer.addLayout(self.head)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(20, 8, 20, 16)
        self.body.setSpacing(12)
        self.text = Text(text, "body", "text_2", wrap=True)
        self.body.addWidget(self.text)
        outer.addLayout(self.body, 1)
        self.text.setVisible(bool(text))  # not before it has a parent: it would be a window of its own
        footer = self._footer = QFrame()
        footer.setProperty("box", "footer")
        row = QHBoxLayout(footer)
        row.setContentsMargins(20, 10, 20, 10)
        row.setSpacing(8)
        if helper is not None:
            row.addWidget(helper)
        self.foot_note = Text("", "small", "text_2")
        row.addWidget(self.foot_note)
        row.addStretch(1)
        self.cancel = Button(cancel or t("common.cancel"), key="Esc")
        self.cancel.clicked.connect(self.reject)
        row.addWidget(self.cancel)
        self.primary = Button(primary or t("common.save"), kind, key="" if kind == "danger" else "Return")
        self.primary.clicked.connect(self.accept)
        row.addWidget(self.primary)
        outer.addWidget(footer)
        if kind != "danger":
            self.primary.setDefault(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fields = self._order_tabs()
        if self.focusWidget() in (None, self.cancel, self.primary) or self.focusWidget() not in fields:
            quiet = self.cancel if self._kind == "danger" else self.primary
            (fields[0] if fields else quiet).setFocus(Qt.FocusReason.PopupFocusReason)

    def _order_tabs(self) -> list[QWidget]:
        """The body's fields come before the footer's buttons, which were made first. Returns the fields."""
        fields: list[QWidget] = []
        low: list[QWidget] = []
        one = self.nextInFocusChain()
        while one is not self:
            if one.focusPolicy() & Qt.FocusPolicy.TabFocus and not one.isHidden() and one.focusProxy() is None:
                (low if self._footer.isAncestorOf(one) else fields).append(one)
            one = one.nextInFocusChain()
        chain = [*fields, *low]
        for before, after in itertools.pairwise(chain):
            self.setTabOrder(before, after)
        return fields

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter:
            held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            focus = self.focusWidget()
            if isinstance(focus, QPushButton) and focus is not self.primary and not held:
                focus.click()  # walked there by Tab: what has the ring is meant
            elif self._kind != "danger" and self.primary.isEnabled():
                self.primary.click()
            event.accept()
            return
        super().keyPressEvent(event)


class TypedConfirm(DialogFrame):
    """`TypedConfirm(parent, title, text, primary, word, label)`: the destroying button works once the word is typed."""

    def __init__(
        self, parent: QWidget | None, title: str, text: str, primary: str, word: str, label: str, width: int = 440
    ) -> None:
        super().__init__(parent, title, text, primary, kind="danger", width=width)
        self._word = word
        self.edit = QLineEdit()
        self.body.addWidget(FormField(label, self.edit))
        self.edit.textChanged.connect(self._typed)
        self._typed("")

    def _typed(self, text: str) -> None:
        self.primary.setEnabled(text.strip() == self._word)
