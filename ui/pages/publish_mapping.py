"""The questions of a publishing, one line each with its answer: categories, brands, attributes. It shows and asks; answering is the
dialog's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.api.publishing_desk import path_of
from ui.pages.publish_rows import Question, question_label
from ui.widgets import Button, CutText, EmptyState, Scroller, Switch, Text
from ui.words import t

_MOST = 34  # letters on a button; the whole stands in its tool-tip


class MappingPanel(QWidget):
    """`MappingPanel()`; `show_questions(...)`. Signals `asked(question)`, `everything(on)`."""

    asked = Signal(object)
    everything = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.questions: list[Question] = []
        self.buttons: list[Button] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._inside = QWidget()
        self._list = QVBoxLayout(self._inside)
        self._list.setContentsMargins(0, 0, 10, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        column.addWidget(Scroller(self._inside), 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.all = Switch(t("publishing.page.everything"), False)
        self.all.toggled.connect(self.everything)
        foot.addWidget(self.all)
        foot.addWidget(Text(t("publishing.page.everything"), "small", "text_2"), 1)
        column.addLayout(foot)

    def show_questions(self, questions: Sequence[Question]) -> None:
        """Anew where they changed; the keyboard stays at its line."""
        if list(questions) == self.questions and self.buttons:
            return
        focused = next((place for place, one in enumerate(self.buttons) if one.hasFocus()), None)
        while self._list.count() > 1:
            item = self._list.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        self.questions, self.buttons = list(questions), []
        head = ""
        for one in questions:
            title = self._title(one)
            if title != head:
                head = title
                self._add(CutText(title, "label", "text_2"))
            self._add(self._row(one))
        if not questions:
            self._add(EmptyState("check", t("publishing.page.no_questions")))
        if focused is not None and self.buttons:
            self.buttons[min(focused, len(self.buttons) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _title(self, one: Question) -> str:
        if one.category is not None:
            return path_of(one.category)
        return t(f"publishing.page.{one.kind}")

    def _add(self, widget: QWidget) -> None:
        self._list.insertWidget(self._list.count() - 1, widget)

    def _row(self, one: Question) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 3, 4, 3)  # room for the focus ring
        row.setSpacing(8)
        label = question_label(one)
        row.addWidget(CutText(label), 1)
        if one.products > 1:
            row.addWidget(Text(t("publishing.page.times", count=one.products), "small", "text_2"))
        text = one.answer or t("publishing.page.choose" if one.needed else "publishing.page.optional")
        button = Button(text if len(text) <= _MOST else f"{text[: _MOST - 1]}…", small=True, trailing="caret-down")
        button.setToolTip(one.whole)
        button.setAccessibleName(f"{label}: {text}")
        if one.open:
            button.set_tint("degraded_text")
        button.clicked.connect(partial(self._ask, one))
        self.buttons.append(button)
        row.addWidget(button)
        return made

    def _ask(self, one: Question, _checked: bool = False) -> None:
        self.asked.emit(one)
