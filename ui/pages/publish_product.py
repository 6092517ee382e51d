"""One product of a publishing: what the channel would be told, what is missing, and the fields that the merchant keeps of it. Typed text
is kept after a pause and before anything else happens; prices and stock are the prices page's."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.formats.numbers import read_number
from app.store import Content, Product
from app.store.publishing import MOST_DESCRIPTION, MOST_TEXT
from ui.widgets import Button, FormField, Scroller, Text
from ui.words import figures, t

PAUSE_MS = 700
LINES = ("title", "category", "brand", "group", "barcode")
FIGURES = ("vat", "desi")
_PLACES = {"title": (0, 0, 4), "category": (1, 0, 2), "brand": (1, 2, 2), "barcode": (2, 0, 1), "group": (2, 1, 1),
           "vat": (2, 2, 1), "desi": (2, 3, 1)}  # fmt: skip


class ProductPanel(QWidget):
    """`ProductPanel()`; `show_product(content, product, told, problems)`. Signals `typed(sku, fields, figures)` with what changed, and
    `spread(fields)` for all products."""

    typed = Signal(str, object, object)
    spread = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sku = ""
        self._content, self._figures = Content(""), dict.fromkeys(FIGURES, "")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.flush)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        self.told = Text("", "body", "text_2", wrap=True)
        self.problems = Text("", "body", "degraded_text", wrap=True)
        outer.addWidget(self.told)
        outer.addWidget(self.problems)
        self._inside = QWidget()
        outer.addWidget(Scroller(self._inside), 1)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(8)
        self._build(column)
        self.setEnabled(False)

    def _build(self, column: QVBoxLayout) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for place, share in enumerate((3, 3, 2, 2)):
            grid.setColumnStretch(place, share)
        self.edits: dict[str, QLineEdit] = {}
        self.fields: dict[str, FormField] = {}
        for name in (*LINES, *FIGURES):
            edit = QLineEdit()
            edit.setMaxLength(MOST_TEXT if name in LINES else 12)
            edit.textEdited.connect(lambda _text: self._touched())
            self.edits[name] = edit
            self.fields[name] = FormField(t(f"publishing.field.{name}"), edit)
            row, at, span = _PLACES[name]
            grid.addWidget(self.fields[name], row, at, 1, span)
        column.addLayout(grid)
        self.all = Button(t("publishing.page.to_all"), small=True, icon="arrows-clockwise")
        self.all.setToolTip(t("publishing.page.to_all_hint"))
        self.all.clicked.connect(self._spread)
        column.addWidget(self.all)
        self.images = self._text("images", "publishing.page.images_hint", 78)
        self.attributes = self._text("attributes", "publishing.page.attributes_hint", 78)
        self.description = self._text("description", "publishing.page.description_hint", 110)
        for one in (self.images, self.attributes, self.description):
            column.addWidget(one)
        column.addStretch(1)

    def _text(self, name: str, hint: str, height: int) -> FormField:
        edit = QPlainTextEdit()
        edit.setFixedHeight(height)
        edit.setTabChangesFocus(True)
        edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        edit.textChanged.connect(self._touched)
        return FormField(t(f"publishing.field.{name}"), edit, t(hint))

    # -- showing -------------------------------------------------------------------------------------------------
    def show_product(
        self, content: Content, product: Product | None, told: str, problems: Sequence[str], *, hints: dict[str, str]
    ) -> None:
        """`hints`: what stands where nothing is kept, grey (the other channel's title …). Fields of the product that is being typed
        into stay as they are."""
        self.told.setText(told)
        self.problems.setText("\n".join(problems))
        self.problems.setVisible(bool(problems))
        for name in ("title", "barcode"):
            self.edits[name].setPlaceholderText(hints.get(name, ""))
        if content.sku == self.sku and (self.dirty or self._has_focus()):
            return
        self.sku, self._content = content.sku, content
        rate, desi = (product.vat_rate, product.desi) if product is not None else (None, None)
        self._figures = {"vat": _figure(rate), "desi": _figure(desi)}
        for name, edit in self.edits.items():
            edit.setText(self._figures[name] if name in FIGURES else getattr(content, name))
            edit.setCursorPosition(0)
            self.fields[name].set_trouble("")
        pairs = "\n".join(f"{name}={value}" for name, value in content.attributes.items())
        for field, text in (
            (self.images, "\n".join(content.images)),
            (self.attributes, pairs),
            (self.description, content.description),
        ):
            field.field.blockSignals(True)
            field.field.setPlainText(text)  # type: ignore[attr-defined]
            field.field.blockSignals(False)
        self._pause.stop()
        self.setEnabled(bool(content.sku))

    def _has_focus(self) -> bool:
        now = self.window().focusWidget()
        return now is not None and self._inside.isAncestorOf(now)

    # -- typing --------------------------------------------------------------------------------------------------
    @property
    def dirty(self) -> bool:
        """Whether something was typed that is not kept yet."""
        return self._pause.isActive()

    def _touched(self) -> None:
        if self.sku:
            self._pause.start()

    def flush(self) -> None:
        """Hands on what was typed."""
        if (typed := self.take()) is not None:
            self.typed.emit(*typed)

    def take(self) -> tuple[str, dict[str, Any], dict[str, Decimal]] | None:
        """What was typed and is not kept yet: SKU, fields of the content, figures of the product."""
        self._pause.stop()
        if not self.sku:
            return None
        fields, numbers = self._changed_fields(), self._changed_figures()
        return (self.sku, fields, numbers) if fields or numbers else None

    def _changed_fields(self) -> dict[str, Any]:
        now: dict[str, Any] = {name: self.edits[name].text().strip() for name in LINES}
        now["description"] = self._plain(self.description).strip()[:MOST_DESCRIPTION]
        now["images"] = tuple(one.strip() for one in self._plain(self.images).splitlines() if one.strip())
        changed = {name: value for name, value in now.items() if value != getattr(self._content, name)}
        attributes: dict[str, str] = {}
        for text in self._plain(self.attributes).splitlines():
            name, _, value = text.partition("=")
            if name.strip() and value.strip():
                attributes[name.strip()] = value.strip()
        gone = {name: "" for name in self._content.attributes if name not in attributes}
        if attributes != self._content.attributes:
            changed["attributes"] = gone | attributes
        return changed

    def _changed_figures(self) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for name in FIGURES:
            text = self.edits[name].text().strip()
            value = read_number(text).value if text else None
            wrong = bool(text) and (value is None or not 0 <= value <= (100 if name == "vat" else 10_000))
            self.fields[name].set_trouble(t("publishing.page.bad_figure") if wrong else "")
            if text != self._figures[name] and value is not None and not wrong:
                found[name] = value
        return found

    def kept(self, content: Content, numbers: dict[str, Decimal]) -> None:
        """What was typed is kept: later changes are against this."""
        if content.sku == self.sku:
            self._content = content
            self._figures |= {name: self.edits[name].text().strip() for name in numbers}

    def _spread(self) -> None:
        self.flush()
        self.spread.emit({name: self.edits[name].text().strip() for name in ("category", "brand")})

    @staticmethod
    def _plain(field: FormField) -> str:
        return str(field.field.toPlainText())  # type: ignore[attr-defined]


def _figure(value: Decimal | None) -> str:
    return "" if value is None else figures().number(value.normalize() if value else Decimal(0))
