"""How the merchant's documents look: logo, footer, shown fields, with the paper beside them as it would come out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.model import clean
from app.printing import drawing
from app.printing.data import FIELDS, Look, Work
from app.printing.trouble import LabelTrouble, PrintTrouble
from ui.kit import Burst, ask_open_file, begin
from ui.pages.printing_preview import LabelPreview, PreviewError, picture_of
from ui.services import Services
from ui.widgets import Button, DialogFrame, FormField, Text
from ui.words import t, words

_MOST_LOGO = 5_000_000

Sample = Callable[[], Awaitable[Work | None]]


class LookDialog(DialogFrame):
    """`look` is what was chosen. `sample()`: the document to show, None without an order."""

    def __init__(self, parent: QWidget, services: Services, look: Look, sample: Sample) -> None:
        super().__init__(parent, t("printpage.look.title"), t("printpage.look.text"), width=720)
        self._services, self._sample, self._logo, self._asked = services, sample, look.logo, 0
        self._burst = Burst(lambda _keys: begin(self._draw(), "look preview"), 150, self)
        self.footer = QLineEdit(look.footer)
        self.footer.setMaxLength(120)
        self.fields = {name: QCheckBox(t(f"printpage.look.{name}")) for name in FIELDS}
        self.choose, self.forget = (
            Button(t("printpage.look.choose"), small=True),
            Button(t("printpage.look.no_logo"), small=True),
        )
        self.trouble = Text("", "small", "unhealthy_text", wrap=True)
        self.preview = LabelPreview()
        self.preview.setMinimumSize(280, 400)
        left = QVBoxLayout()
        left.setSpacing(10)
        buttons = QHBoxLayout()
        buttons.addWidget(self.choose)
        buttons.addWidget(self.forget)
        buttons.addStretch(1)
        left.addWidget(FormField(t("printpage.look.footer"), self.footer))
        left.addWidget(Text(t("printpage.look.logo"), "medium"))
        left.addLayout(buttons)
        left.addWidget(self.trouble)
        left.addWidget(Text(t("printpage.look.shown"), "medium"))
        for name, box in self.fields.items():
            box.setChecked(look.shows(name))
            box.toggled.connect(lambda _on: self._burst.poke())
            left.addWidget(box)
        left.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addWidget(self.preview, 1)
        self.body.addLayout(row)
        self.footer.textChanged.connect(lambda _text: self._burst.poke())
        self.choose.clicked.connect(lambda: begin(self._choose_logo(), "choose a logo"))
        self.forget.clicked.connect(lambda: self._set_logo(b""))
        self.trouble.hide()
        self._set_logo(look.logo)

    @property
    def look(self) -> Look:
        hidden = frozenset(name for name, box in self.fields.items() if not box.isChecked())
        return Look(self._logo, clean(self.footer.text(), 120), hidden)

    def _set_logo(self, logo: bytes) -> None:
        self._logo = logo
        self.forget.setEnabled(bool(logo))
        self._burst.poke()

    async def _choose_logo(self) -> None:
        path = await ask_open_file(self, t("printpage.look.choose"), (t("printpage.look.pictures"),))
        if path is not None:
            await self.take_logo(path)

    async def take_logo(self, path: Path) -> None:
        """Makes it small in the worker; says what is wrong with it."""
        loop = asyncio.get_running_loop()
        try:
            data = await asyncio.to_thread(_read, path)
            logo = await loop.run_in_executor(self._services.worker.executor(), drawing.logo, data)
        except (PrintTrouble, OSError) as error:
            message = error.message if isinstance(error, PrintTrouble) else PrintTrouble("printer.logo").message
            self.trouble.setText(sentence(words(), message))
            self.trouble.show()
            return
        self.trouble.hide()
        self._set_logo(logo)

    async def _draw(self) -> None:
        self._asked += 1
        asked = self._asked
        try:
            work = await self._sample()
            if work is None:
                raise PreviewError("nothing")
            work = msgspec.structs.replace(work, look=self.look)
            loop = asyncio.get_running_loop()
            data, _ = await loop.run_in_executor(self._services.worker.executor(), drawing.proof, work)
            picture = await picture_of(data)
        except PreviewError as error:
            self.preview.show_words(error.words or t(f"printpage.preview.{error.key}"))
        except (PrintTrouble, LabelTrouble) as error:
            self.preview.show_words(sentence(words(), error.message))
        else:
            if asked == self._asked:
                self.preview.show_picture(picture, t("printpage.look.title"))


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MOST_LOGO:
        raise PrintTrouble("printer.logo")
    return path.read_bytes()
