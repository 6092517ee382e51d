"""The questions of printing: a second copy, another size, labels that nobody knows of; and a printer's profile."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from app.api.answers import sentence
from app.printing.choosing import checked
from app.printing.data import LANGUAGES
from app.printing.gathering import Question
from app.printing.papers import LABELS, SHELF
from app.printing.trouble import PrintTrouble
from app.store import Printer
from app.store.printers import PORTS
from ui.theme import theme
from ui.widgets import Button, DialogFrame, FormField, Text
from ui.words import t, words

_NAMED = 8


def question_words(question: Question) -> str:
    """What is asked, as a sentence."""
    return t(f"print.question.{question.why}", reference=question.reference, **question.params)


class QuestionDialog(DialogFrame):
    """Names what is asked before anything is printed. The safe way is the way out: what prints all the same is no default."""

    def __init__(self, parent: QWidget | None, questions: Sequence[Question]) -> None:
        title, text = t("printpage.ask.title", count=len(questions)), t("printpage.ask.text")
        super().__init__(parent, title, text, t("printpage.ask.anyway"), kind="danger")
        for one in questions[:_NAMED]:
            self.body.addWidget(Text(question_words(one), "body", wrap=True))
        if len(questions) > _NAMED:
            self.body.addWidget(Text(t("orders.refusal.more", count=len(questions) - _NAMED), "small", "text_2"))
        sizes = [one for one in questions if one.why == "size"]
        if sizes:
            self.body.addWidget(SizeSketch(sizes[0]))


class SizeSketch(QWidget):
    """Paper and label at the same scale, the label where it would stand; `question` is one of size."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        mm = {name: int(value) for name, value in question.params.items()}
        self._paper = (mm["paper_wide"], mm["paper_high"])
        self._label, self._content = (mm["wide"], mm["high"]), (mm["content_wide"], mm["content_high"])
        self.setMinimumSize(QSize(200, 170))
        self.setAccessibleName(question_words(question))

    def paintEvent(self, event: object) -> None:
        del event
        painter, palette = QPainter(self), theme()
        wide = max(self._paper[0], self._label[0])
        high = max(self._paper[1], self._label[1])
        scale = min((self.width() - 4) / wide, (self.height() - 4) / high)
        x, y = round((self.width() - wide * scale) / 2), 2
        painter.fillRect(QRectF(x, y, self._paper[0] * scale, self._paper[1] * scale), palette.ink("healthy_bg"))
        for size, ink, style in (
            (self._paper, "healthy_text", Qt.PenStyle.SolidLine), (self._label, "text_3", Qt.PenStyle.DashLine),
            (self._content, "unhealthy_text", Qt.PenStyle.SolidLine),
        ):  # fmt: skip
            painter.setPen(QPen(palette.ink(ink), 1, style))
            painter.drawRect(QRectF(x, y, size[0] * scale, size[1] * scale))


class DoubtDialog(DialogFrame):
    """Labels that may have come out. `again` is true when they are to be printed once more."""

    def __init__(self, parent: QWidget, questions: Sequence[Question]) -> None:
        self.again = False
        self.once_more = Button(t("printpage.doubt.again"))
        super().__init__(
            parent, t("printpage.doubt.title", count=len(questions)), t("printpage.doubt.text"), t("printpage.doubt.out"),
            helper=self.once_more,
        )  # fmt: skip
        self.once_more.clicked.connect(self._again)
        for one in questions[:_NAMED]:
            self.body.addWidget(Text(question_words(one), "body", wrap=True))

    def _again(self) -> None:
        self.again = True
        self.accept()


class StartDialog(DialogFrame):
    """After a jam: from which label on everything is printed once more. `position`."""

    def __init__(self, parent: QWidget, total: int, position: int) -> None:
        super().__init__(parent, t("printpage.start.title"), t("printpage.start.text"), t("printpage.start.go"))
        self.number = QSpinBox()
        self.number.setRange(1, total)
        self.number.setValue(min(total, max(1, position)))
        self.body.addWidget(FormField(t("printpage.start.number", count=total), self.number))

    @property
    def position(self) -> int:
        return self.number.value()


class PrinterDialog(DialogFrame):
    """A printer's profile. `printer()` is what was typed; it is only accepted when it makes sense."""

    def __init__(self, parent: QWidget, printer: Printer | None, queues: Sequence[str]) -> None:
        title = t("printpage.profile.title") if printer is None else printer.name
        super().__init__(parent, title, t("printpage.profile.text"), width=560)
        was = printer or Printer("", "network", "", "zpl")
        self._id = was.id
        self.name, self.address = QLineEdit(was.name), QComboBox()
        self.address.setEditable(True)
        self.address.addItems(list(queues))
        self.address.setEditText(was.address)
        self.port, self.language = _choices("port", PORTS, was.port), _choices("language", LANGUAGES, was.language)
        self.dpi = _choices("dpi", ("152", "203", "300", "600"), str(was.dpi), plain=True)
        self.paper = _choices("paper", (*LABELS, *SHELF, "a4"), was.paper, plain=True)
        self.paper.setEditable(True)
        self.paper.setEditText(was.paper)
        self.right, self.down, self.copies = _tenths(was.right_um), _tenths(was.down_um), QSpinBox()
        self.copies.setRange(1, 20)
        self.copies.setValue(was.copies)
        self.cut = QCheckBox(t("printpage.profile.cut"))
        self.cut.setChecked(was.cut)
        grid = QGridLayout()
        grid.setSpacing(12)
        for at, (key, field) in enumerate((
            ("name", self.name), ("port", self.port), ("address", self.address), ("language", self.language), ("dpi", self.dpi),
            ("paper", self.paper), ("right", self.right), ("down", self.down), ("copies", self.copies),
        )):  # fmt: skip
            grid.addWidget(FormField(t(f"printpage.profile.{key}"), field), at // 2, at % 2)
        grid.addWidget(self.cut, 4, 1, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(grid)
        self.trouble = Text("", "body", "unhealthy_text", wrap=True)
        self.trouble.hide()
        self.body.addWidget(self.trouble)
        self.port.currentIndexChanged.connect(self._port_chosen)

    def printer(self) -> Printer:
        return Printer(
            self.name.text().strip(), str(self.port.currentData()), self.address.currentText().strip(),
            str(self.language.currentData()), int(self.dpi.currentData()), self.paper.currentText().strip(),
            self.right.value() * 100, self.down.value() * 100, self.copies.value(), self.cut.isChecked(), self._id,
        )  # fmt: skip

    def accept(self) -> None:
        try:
            checked(self.printer())
        except PrintTrouble as error:
            self.trouble.setText(sentence(words(), error.message))
            self.trouble.show()
            return
        super().accept()

    def _port_chosen(self) -> None:
        driver = self.port.currentData() == "queue"
        if driver != (self.language.currentData() == "driver") and self.port.currentData() != "file":
            self.language.setCurrentIndex(self.language.findData("driver" if driver else "zpl"))


def _choices(key: str, values: Sequence[str], chosen: str, *, plain: bool = False) -> QComboBox:
    box = QComboBox()
    for one in values:
        box.addItem(one if plain else t(f"printpage.{key}.{one}"), one)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box


def _tenths(um: int) -> QSpinBox:
    """Tenths of a millimetre."""
    box = QSpinBox()
    box.setRange(-200, 200)
    box.setValue(round(um / 100))
    return box
