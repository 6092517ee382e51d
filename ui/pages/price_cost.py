"""What a product costs, typed into the table or into its dialog: read, asked about, kept with VAT, undoable. Kept by SKU: every listing
of that SKU shows it. Never sent to a channel."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from app.api.answers import sentence
from app.changes import LISTINGS, ChangeReport
from app.formats.numbers import Why, read_number
from app.model import Money
from app.pricing.typed import Trouble, nearest, read_value
from app.store import Product, ProductChange, StoredListing, StoreError
from ui.kit import ACCEPTED, Step, ask
from ui.pages.price_questions import ask_reading
from ui.pages.price_table import Begun
from ui.services import Services
from ui.widgets import DialogFrame, FormField
from ui.words import figures, t, words

Say = Callable[[str, str, str], None]
_AMOUNTS = ("cost", "floor", "ceiling")


class CostEditing:
    """`CostEditing(services, parent, say)`; `await commit(begun, text)` from a cell, `await open(listing id)` the dialog."""

    def __init__(self, services: Services, parent: QWidget, say: Say) -> None:
        self._services, self._parent, self._say = services, parent, say

    async def commit(self, begun: Begun, text: str) -> bool:
        """Takes what was typed into a cell; whether the cell is to be opened again with it."""
        stored = await self._services.store.listings.get(begun.key)
        if stored is None or not stored.listing.sku:
            self._say("unhealthy", t("prices.toast.gone"), "")
            return False
        currency = begun.value.currency or "TRY"
        trouble, values = read_value("price", text, currency)
        if trouble is Trouble.BLANK:
            return False
        if trouble is not Trouble.NONE:
            self._say("unhealthy", t(f"prices.trouble.{trouble}", text=text), t(f"planpage.cost.{trouble}_next"))
            return True
        value, sku = values[0], stored.listing.sku
        if len(values) > 1:
            chosen = await ask_reading(self._parent, "price", text, values, currency, nearest(values, begun.value.old))
            if chosen is None:
                return True
            value = chosen
        if value == begun.value.old:
            return False
        if value == 0 and not await self._zero(sku):
            return True
        return not await self.put(ProductChange(sku, currency, value))

    async def _zero(self, sku: str) -> bool:
        dialog = DialogFrame(
            self._parent, t("cost.zero", sku=sku), t("planpage.cost.zero_text"), t("planpage.cost.zero_yes")
        )
        try:
            return await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()

    async def put(self, change: ProductChange) -> bool:
        """Keeps it; a cost that was there before can be brought back. Whether it was kept."""
        before = await self._services.store.products.get(change.sku)
        if not await self._keep(change):
            return False
        was = before.cost if before is not None else None
        if was is not None and change.cost is not None:
            name = t("planpage.cost.undo", sku=change.sku)
            old = ProductChange(change.sku, was.currency, was.amount)
            self._services.undo.push(Step(name, lambda: self._keep(old), lambda: self._keep(change)))
        if change.cost is not None:
            value = figures().money(change.cost, change.currency)
            self._say("healthy", t("cost.set", sku=change.sku, value=value), "")
        return True

    async def _keep(self, change: ProductChange) -> bool:
        try:
            await self._services.store.products.put([change])
        except StoreError as error:
            self._say("unhealthy", t("planpage.cost.not_kept"), sentence(words(), error.message))
            return False
        self._services.changes.publish(ChangeReport(LISTINGS, source="user"))
        return True

    async def open(self, listing_id: int) -> None:
        """The product of a listing, to be looked at and changed."""
        stored = await self._services.store.listings.get(listing_id)
        if stored is None:
            return
        if not stored.listing.sku:
            self._say("degraded", t("planpage.cost.no_sku"), "")
            return
        product = await self._services.store.products.get(stored.listing.sku)
        dialog = ProductDialog(self._parent, stored, product)
        try:
            if await ask(dialog) == ACCEPTED and dialog.change is not None:
                change = dialog.change
                if change.cost == 0 and not await self._zero(change.sku):
                    return
                await self.put(change)
        finally:
            dialog.deleteLater()


class ProductDialog(DialogFrame):
    """`ProductDialog(parent, listing, product)`. Accepted, with `change` what was written; blank fields change nothing."""

    def __init__(self, parent: QWidget, stored: StoredListing, product: Product | None) -> None:
        listing = stored.listing
        super().__init__(
            parent, t("planpage.product.title", sku=listing.sku), listing.title, t("common.save"), width=520
        )
        price = listing.price or listing.list_price
        self._sku = listing.sku
        self._currency = product.currency if product is not None else price.currency if price is not None else "TRY"
        self._product = product
        self.change: ProductChange | None = None
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.edits: dict[str, QLineEdit] = {}
        self.fields: dict[str, FormField] = {}
        for place, name in enumerate(("cost", "vat_rate", "floor", "ceiling", "desi", "shelf")):
            edit = self.edits[name] = QLineEdit(self._text(name))
            note = self._currency if name in _AMOUNTS else ""
            field = self.fields[name] = FormField(
                t(f"planpage.product.{name}"), edit, t(f"planpage.product.{name}_hint"), note
            )
            edit.textChanged.connect(lambda _text: self._read())
            grid.addWidget(field, place // 2, place % 2)
        self.without = QCheckBox(t("planpage.product.without_vat"))
        self.without.toggled.connect(lambda _on: self._read())
        self.body.addLayout(grid)
        self.body.addWidget(self.without)
        self._read()

    def _text(self, name: str) -> str:
        found = None if self._product is None else getattr(self._product, name)
        if found is None:
            return ""
        if isinstance(found, Money):
            return figures().amount(found.amount, found.currency)
        return figures().number(found.normalize() + 0) if isinstance(found, Decimal) else str(found)

    def _read(self) -> None:
        """Reads all fields, marks what cannot be taken."""
        values: dict[str, Decimal | None] = {}
        bad = False
        for name, field in self.fields.items():
            if name == "shelf":
                continue
            trouble, values[name] = self._amount(name) if name in _AMOUNTS else self._number(name)
            field.set_trouble(trouble)
            bad = bad or bool(trouble)
        cost = values["cost"]
        if self.without.isChecked() and cost is not None and self.edits["cost"].text() != self._text("cost"):
            rate = values["vat_rate"]
            if rate is None:
                self.fields["vat_rate"].set_trouble(t("planpage.product.which_vat"))
                bad = True
            else:
                values["cost"] = Money(cost * (100 + rate) / 100, self._currency).rounded().amount
        self.change = None if bad else self._changed(values)
        self.primary.setEnabled(self.change is not None)

    def _changed(self, values: dict[str, Decimal | None]) -> ProductChange | None:
        """What differs from what is kept; None when nothing does."""
        typed = {
            name: value
            for name, value in values.items()
            if value is not None and self.edits[name].text() != self._text(name)
        }
        shelf = self.edits["shelf"].text().strip()
        kept = "" if self._product is None else self._product.shelf
        if not typed and shelf == kept:
            return None
        return ProductChange(
            self._sku, self._currency, typed.get("cost"), typed.get("vat_rate"), typed.get("floor"), typed.get("ceiling"),
            shelf if shelf != kept else None, typed.get("desi"),
        )  # fmt: skip

    def _amount(self, name: str) -> tuple[str, Decimal | None]:
        text = self.edits[name].text()
        trouble, values = read_value("price", text, self._currency)
        if trouble is Trouble.BLANK:
            return "", None
        if trouble is not Trouble.NONE:
            return f"{t(f'prices.trouble.{trouble}', text=text)} {t(f'planpage.cost.{trouble}_next')}", None
        if len(values) > 1:
            return t("planpage.product.two_readings", one=figures().money(values[0], self._currency),
                     two=figures().money(values[1], self._currency)), None  # fmt: skip
        return "", values[0]

    def _number(self, name: str) -> tuple[str, Decimal | None]:
        text = self.edits[name].text()
        found = read_number(text.replace("%", "").strip())
        most, places = (100, 2) if name == "vat_rate" else (10_000, 3)
        if found.why is Why.BLANK:
            return "", None
        if found.value is None or not 0 <= found.value <= most or found.value != round(found.value, places):
            return t("planpage.product.bad_number", text=text), None
        return "", found.value
