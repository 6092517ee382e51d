"""The dialog "Publish to another channel": which channel, the questions that it asks once, each product with what it lacks. It plans and
remembers; queueing is the page's. What has a problem is never among what is handed back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.api.publishing_desk import PublishingDesk, path_of
from app.contracts import ProviderError
from app.model import AttributeValue, Category, Choice
from app.publishing import Asked, Known, Planned, plan
from app.store import ConnectionRow, Content, ProductChange, Publication, Store, StoreError
from app.store.publishing import own_key
from ui.kit import ACCEPTED, Burst, ask, begin, spawn
from ui.pages.publish_mapping import MappingPanel
from ui.pages.publish_picker import TYPED, Found, PickDialog
from ui.pages.publish_product import ProductPanel
from ui.pages.publish_rows import COLUMNS, Question, preview, problems_text, question_label, questions, row_of
from ui.tables import DenseTable, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Button, DialogFrame, FormField, Text
from ui.words import figures, t, words

WIDTH, LEFT = 1180, 400
PAUSE_MS = 250


class PublishDialog(DialogFrame):
    """`PublishDialog(parent, desk, store, channels, sources, skus)`. Accepted, with `row` the connection and `ready` the drafts."""

    def __init__(
        self, parent: QWidget, desk: PublishingDesk, store: Store, channels: Sequence[ConnectionRow],
        sources: Sequence[ConnectionRow], skus: Sequence[str],
    ) -> None:  # fmt: skip
        super().__init__(
            parent, t("publishing.page.title", count=len(skus)), "", t("publishing.page.send", count=0),
            helper=Button(t("publishing.page.refresh"), icon="arrows-clockwise"), width=WIDTH,
        )  # fmt: skip
        self._desk, self._store, self._skus = desk, store, list(skus)
        self._channels = {row.id: row for row in channels}
        self.known: list[Known] = []
        self.asked: Asked | None = None
        self.planned: list[Planned] = []
        self._published: dict[str, Publication] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._looks = 0
        self._everything = self._accepting = self._over = False
        self._keeping = asyncio.Lock()
        self._build(parent, channels, sources)
        self._burst = Burst(lambda _keys: begin(self.look(), "publishing look"), PAUSE_MS, self)
        self._burst.poke()

    # -- shape ---------------------------------------------------------------------------------------------------
    def _build(self, parent: QWidget, channels: Sequence[ConnectionRow], sources: Sequence[ConnectionRow]) -> None:
        self.body.setSpacing(8)
        self.refresh = self.findChildren(Button)[0]  # the helper of the frame
        self.refresh.clicked.connect(lambda: spawn(self.look(refresh=True), "publishing refresh"))
        self.channel, self.source = QComboBox(), QComboBox()
        for row in channels:
            self.channel.addItem(row.name, row.id)
        self.source.addItem(t("publishing.page.any_source"), None)
        for row in sources:
            self.source.addItem(row.name, row.id)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(FormField(t("publishing.page.channel"), self.channel), 1)
        top.addWidget(FormField(t("publishing.page.source"), self.source), 1)
        self.body.addLayout(top)
        self.note = Text("", "body", "text_2", wrap=True)
        self.note.hide()
        self.body.addWidget(self.note)
        self.mapping, self.product = MappingPanel(), ProductPanel()
        self.mapping.setFixedWidth(LEFT)
        sides = QHBoxLayout()
        sides.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Text(t("publishing.page.questions"), "medium"), 1)
        self.as_of = Text("", "small", "text_2")
        head.addWidget(self.as_of)
        head.addSpacing(10)
        left.addLayout(head)
        left.addWidget(self.mapping, 1)
        sides.addLayout(left)
        right = QVBoxLayout()
        right.setSpacing(8)
        self.model = WindowedTableModel(COLUMNS, self._fetch, self._count, parent=self)
        self.table = DenseTable(self.model, t("publishing.page.products"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setFixedHeight(30 + 28 * 5 + 2)
        right.addWidget(self.table)
        right.addWidget(self.product, 1)
        sides.addLayout(right, 1)
        self.body.addLayout(sides, 1)
        self.setMinimumHeight(max(600, min(820, parent.window().height() - 120)))
        self.primary.set_key("Ctrl+Return")
        self.channel.currentIndexChanged.connect(lambda _n: self._again())
        self.source.currentIndexChanged.connect(lambda _n: self._burst.poke())
        self.mapping.asked.connect(lambda one: spawn(self._answer(one), "publishing answer"))
        self.mapping.everything.connect(self._show_everything)
        self.table.current_key_changed.connect(lambda _key: self._show_product())
        self.model.modelReset.connect(self._first_row)
        self.product.typed.connect(lambda *typed: spawn(self._keep(*typed), "publishing content"))
        self.product.spread.connect(lambda fields: spawn(self._spread(fields), "publishing spread"))

    @property
    def row(self) -> ConnectionRow:
        return self._channels[int(self.channel.currentData())]

    @property
    def ready(self) -> list[Planned]:
        return [one for one in self.planned if one.ready]

    # -- looking -------------------------------------------------------------------------------------------------
    def _again(self) -> None:
        """Another channel: what is shown speaks for the one before."""
        self.planned, self.asked = [], None
        self._show()
        self._burst.poke()

    async def look(self, *, refresh: bool = False) -> None:
        """Plans anew; a later look wins. Asks the channel for what was never read."""
        if self._over:
            return
        self._looks += 1
        look, row = self._looks, self.row
        if self.asked is None or refresh:
            self._rest(t("publishing.page.reading", name=row.name))
        self.refresh.disable(t("publishing.page.reading", name=row.name))
        try:
            if refresh:
                await self._desk.tree(row, refresh=True)
                ids = [one.category.id for one in self.planned if one.category is not None]
                await self._desk.attributes(row, ids, refresh=True)
            known = await self._desk.known(row, self._skus, self.source.currentData())
            asked = await self._desk.asked(row, known)
        except (ProviderError, StoreError) as error:
            if look == self._looks:
                self._fail(sentence(words(), error.message))
            return
        published = {one.sku: one for one in await self._store.publishing.publications(row.id, self._skus)}
        at = await self._store.publishing.categories_at(row.id)
        if look != self._looks:
            return
        self.known, self.asked, self._published = known, asked, published
        self.planned = plan(known, asked)
        self.refresh.disable("")
        told = figures().when(at.astimezone(), self._desk.now().astimezone()) if at is not None else ""
        self.note.hide()
        self.as_of.setText(t("publishing.page.as_of", at=told) if asked.tree else t("publishing.page.no_tree"))
        self._show()

    def _rest(self, text: str) -> None:
        self.note.set_role("text_2")
        self.note.setText(text)
        self.note.show()
        self.primary.disable(text)

    def _fail(self, text: str) -> None:
        self.note.set_role("unhealthy_text")
        self.note.setText(text)
        self.note.show()
        self.primary.disable(text)
        self.refresh.disable("")

    def _show(self) -> None:
        asked = self.asked
        found: list[Question] = []
        if asked is not None:
            names = {one.sku: tuple(one.content.attributes) for one in self.known if one.content is not None}
            found = questions(self.planned, asked.memory, names, tree=asked.tree, everything=self._everything)
        self.mapping.show_questions(found)
        chain = [self.source, *self.mapping.buttons, self.mapping.all, self.table]
        for before, after in itertools.pairwise(chain):  # made later than what comes after them
            self.setTabOrder(before, after)
        self._rows = [row_of(one, self._published.get(one.draft.sku)) for one in self.planned]
        spawn(self.model.refresh() if self.model.ready else self.model.reload(), "publishing rows")
        self._show_product()
        count = len(self.ready)
        self.primary.setText(t("publishing.page.send", count=count))
        if asked is not None:
            left = len(self.planned) - count
            self.primary.disable("" if count else t("publishing.page.nothing_ready"))
            self.foot_note.setText(t("publishing.page.left", count=left) if left else "")

    def _show_everything(self, on: bool) -> None:
        self._everything = on
        self._show()

    # -- products ------------------------------------------------------------------------------------------------
    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> Sequence[tuple[Any, ...]]:
        return self._rows[offset : offset + limit]

    async def _count(self, _filter: Any) -> int:
        return len(self._rows)

    def _first_row(self) -> None:
        if self.model.total and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("sku")))

    def _show_product(self) -> None:
        key = self.table.current_key()
        if self.product.sku and key != self.product.sku:
            self.product.flush()
        pair = next(((k, p) for k, p in zip(self.known, self.planned, strict=False) if k.sku == key), None)
        if pair is None:
            return
        known, one = pair
        listings = [x.listing for x in (known.target, known.source) if x is not None]
        hints = {
            "title": next((x.title for x in listings if x.title), ""),
            "barcode": next((x.barcode for x in listings if x.barcode), ""),
        }
        problems = problems_text(one, self._published.get(known.sku))
        content = known.content or Content(known.sku)
        self.product.show_product(content, known.product, preview(one), problems, hints=hints)

    async def _keep(self, sku: str, fields: Mapping[str, Any], numbers: Mapping[str, Decimal]) -> None:
        async with self._keeping:
            try:
                if fields:
                    await self._store.publishing.put_content([(sku, fields)])
                if numbers:
                    product = ProductChange(sku, vat_rate=numbers.get("vat"), desi=numbers.get("desi"))
                    await self._store.products.put([product])
            except StoreError as error:
                if self._over:
                    raise
                self._fail(sentence(words(), error.message))
                return
            content = (await self._store.publishing.content([sku])).get(sku, Content(sku))
            if not self._over:
                self.product.kept(content, dict(numbers))
        await self.look()

    async def _spread(self, fields: Mapping[str, str]) -> None:
        """Brand and own category of one product for all of them; what is blank there stays as it is elsewhere."""
        given = {name: value for name, value in fields.items() if value}
        if given:
            await self._store.publishing.put_content([(sku, given) for sku in self._skus])
            await self.look()

    # -- answers ---------------------------------------------------------------------------------------------------
    async def _answer(self, one: Question) -> None:
        several = one.attribute is not None and one.attribute.several
        free = one.attribute is not None and one.attribute.free
        find, row = partial(self._find, one), self.row
        text = t("publishing.page.for", count=one.products) if one.products else ""
        key = "no_category" if one.kind == "category" and not one.own else one.kind
        title = t(f"publishing.page.ask_{key}", name=question_label(one))
        dialog = PickDialog(self, title, text, find, several=several, free=free, answered=bool(one.answer))
        try:
            if await ask(dialog) != ACCEPTED:
                return
            await self._remember(row, one, dialog.picked)
        finally:
            dialog.deleteLater()
        await self.look()

    async def _find(self, one: Question, typed: str) -> Found:
        row, kept = self.row, self._store.publishing
        if one.kind == "category":
            found = await kept.find_categories(row.id, typed)
            return [(x.id, path_of(x)) for x in found]
        if one.kind == "brand":
            return [(f"{x.id}\n{x.name}", x.name) for x in await self._desk.brands(row, typed or one.own)]
        asked = own_key(typed).split()
        if one.attribute is not None:
            choices = [(x.id, x.name) for x in one.attribute.choices]
        else:
            answers = next((x.answers for x in self.planned if x.category == one.category), ())
            choices = [(x.attribute.id, x.attribute.name) for x in answers]
        return [(key, name) for key, name in choices if all(word in own_key(name) for word in asked)]

    async def _remember(self, row: ConnectionRow, one: Question, picked: Sequence[tuple[str, str]]) -> None:
        """`picked` empty: forget."""
        kept = self._store.publishing
        key, name = picked[0] if picked else ("", "")
        if one.kind == "category":
            category: Category | None = await kept.category(row.id, key) if picked else None
            await kept.map_category(row.id, one.own, category)
        elif one.kind == "brand":
            await kept.map_brand(row.id, one.own, Choice(key.partition("\n")[0], name) if picked else None)
        elif one.category is not None and one.attribute is None:
            await kept.map_attribute(row.id, one.category.id, one.own, key)
        elif one.category is not None and one.attribute is not None:
            id_ = one.attribute.id
            values = [
                AttributeValue(id_, text=key.removeprefix(TYPED)) if key.startswith(TYPED) else AttributeValue(id_, key)
                for key, _ in picked
            ]
            await kept.map_value(row.id, one.category.id, id_, one.own, values)

    # -- the end ---------------------------------------------------------------------------------------------------
    def accept(self) -> None:
        """What was typed a moment ago is kept and planned first."""
        if (self.product.dirty or self._keeping.locked()) and not self._accepting:
            self._accepting = True
            spawn(self._accept_later(), "publishing accept")
        elif self.ready:
            super().accept()

    async def _accept_later(self) -> None:
        before = {one.draft.sku for one in self.ready}
        if (typed := self.product.take()) is not None:
            await self._keep(*typed)
        async with self._keeping:  # what was handed on a moment before
            pass
        await self.look()
        self._accepting = False
        if {one.draft.sku for one in self.ready} >= before:
            super().accept()

    async def end(self) -> None:
        """Before the dialog goes: what was typed last is kept, however it was closed, and no look comes back to it."""
        typed = self.product.take()
        self._over, self._looks = True, self._looks + 1
        if typed is not None:
            await self._keep(*typed)
        async with self._keeping:
            pass

    def keyPressEvent(self, event: Any) -> None:
        """Enter in the table or a text is no sending: only Ctrl+Enter and the button are."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if (
            enter
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
            and self.focusWidget() is not self.primary
        ):
            focus = self.focusWidget()
            if isinstance(focus, Button):
                focus.click()
            event.accept()
            return
        super().keyPressEvent(event)
