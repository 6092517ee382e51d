"""The dialog "change in bulk": a formula over chosen listings, previewed while it is typed, with limits and saved formulas. It only
hands back what was typed; no plan is made and nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.formats.figures import Figures
from app.pricing.formula import Formula, FormulaError
from app.pricing.guards import Guards
from app.pricing.plan import Plans
from app.store import Recipe, Store, StoreError
from ui.kit import show_menu, spawn
from ui.pages.plan_field import FormulaField, typed_name
from ui.pages.plan_limits import Limits
from ui.pages.plan_preview import Previewer, Scope, Seen, Typed
from ui.pages.plan_questions import ask_recipe_name
from ui.pages.plan_rows import PREVIEW_COLUMNS, extreme_text, preview_row, reasons_list
from ui.tables import DenseTable, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Button, Chip, CutText, DialogFrame, EmptyState, Segment, Text
from ui.words import figures, t, words

WIDTH = 1080
SHOWN_NAMES = ("price", "cost", "commission", "stock", "list_price", "min_price", "max_price", "desi")
SHOWN_CALLS = ("round_to", "max", "min")
MOST_NAME = 80


class BulkDialog(DialogFrame):
    """`BulkDialog(parent, store, plans, scope, guards, recipes)`. Accepted, with `formula`, `guards` and `shares` to make the plan of."""

    def __init__(
        self, parent: QWidget, store: Store, plans: Plans, scope: Scope, guards: Guards, recipes: Sequence[Recipe]
    ) -> None:
        key = "ticked" if scope.ticked else "filtered"
        text = t(f"planpage.bulk.{key}", count=scope.size)
        if scope.left_out:
            text = f"{text} {t('planpage.bulk.left_out', names=', '.join(scope.left_out))}"
        super().__init__(
            parent, t("planpage.bulk.title"), text, t("planpage.bulk.make", count=0),
            helper=Button(t("planpage.bulk.keep"), icon="bookmark-simple"), width=WIDTH,
        )  # fmt: skip
        self._store, self._plans, self._scope = store, plans, scope
        self._recipes = list(recipes)
        self.formula: Formula | None = None
        self.seen: Seen | None = None
        self.model = WindowedTableModel(PREVIEW_COLUMNS, self._fetch, self._count, parent=self)
        self._rows: dict[str, list[tuple[Any, ...]]] = {"changes": [], "held": []}
        self._build(guards)
        self.preview = Previewer(store, plans, scope, self.typed, self._show, self._fault, self._failed, self)
        self.finished.connect(lambda _code: self.preview.close())
        self.field.textChanged.connect(self._touched)
        self.limits.changed.connect(self._touched)
        self._tell_blank()

    # -- shape ---------------------------------------------------------------------------------------------------
    def _build(self, guards: Guards) -> None:
        self.body.setSpacing(8)
        self.field = FormulaField()
        self.state = Chip("info", "")
        self.ready_made = Button(t("planpage.bulk.recipes"), icon="bookmark-simple", trailing="caret-down")
        self.ready_made.clicked.connect(self._recipe_menu)
        self._keep = self.findChildren(Button)[0]  # the helper of the frame
        self._keep.clicked.connect(lambda: spawn(self._keep_recipe(), "recipe save"))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.field, 1)
        top.addWidget(self.ready_made)
        self.body.addLayout(top)
        self.body.addLayout(self._names())
        self.told = CutText("", "body", "text_2")
        told = QHBoxLayout()
        told.setSpacing(8)
        told.addWidget(self.state)
        told.addWidget(self.told, 1)
        self.body.addLayout(told)
        self.limits = Limits(guards)
        self.limits.keep_asked.connect(lambda: spawn(self._keep_limits(), "guards"))
        self.body.addWidget(self.limits)
        self.body.addLayout(self._figures())
        self.shown = Segment(
            t("planpage.bulk.rows"), [(name, t(f"planpage.bulk.{name}")) for name in self._rows], small=True
        )
        self.shown.chosen.connect(lambda _name: spawn(self.model.reload(), "plan preview rows"))
        self.reasons = CutText("", "small", "text_2")
        low = QHBoxLayout()
        low.setSpacing(12)
        low.addWidget(self.shown)
        low.addWidget(self.reasons, 1)
        self.body.addLayout(low)
        self.table = DenseTable(self.model, t("planpage.bulk.rows"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(30 + 28 * 7)
        self._empty = EmptyState("tag", t("planpage.bulk.empty"), t("planpage.bulk.empty_next"))
        self.table.set_empty(self._empty)
        self.body.addWidget(self.table, 1)
        spawn(self.model.reload(), "plan preview rows")

    def _names(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(Text(t("planpage.bulk.insert"), "small", "text_2"))
        for name in SHOWN_NAMES:
            row.addWidget(self._name(typed_name(name), typed_name(name), t(f"formula.variable.{name}")))
        for name in SHOWN_CALLS:
            row.addWidget(self._name(name, f"{name}(", t(f"planpage.call.{name}")))
        row.addStretch(1)
        return row

    def _name(self, shown: str, put: str, hint: str) -> Button:
        made = Button(shown, "plain", small=True)
        made.setToolTip(hint)
        made.setAccessibleName(t("planpage.bulk.insert_one", name=shown))
        made.setAccessibleDescription(hint)
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # twelve stops less for Tab: all of them can be typed
        made.clicked.connect(lambda: self.field.insert(put))
        return made

    def _figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(24)
        self.figures: dict[str, Text] = {}
        for name in ("ready", "rise", "fall", "held", "blocked", "same"):
            column = QVBoxLayout()
            column.setSpacing(1)
            column.addWidget(Text(t(f"planpage.figure.{name}"), "small", "text_2"))
            self.figures[name] = Text(t("planpage.none"), "strong_t")
            column.addWidget(self.figures[name])
            row.addLayout(column)
        row.addStretch(1)
        return row

    # -- rows ----------------------------------------------------------------------------------------------------
    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> Sequence[tuple[Any, ...]]:
        return self._rows[self.shown.value][offset : offset + limit]

    async def _count(self, _filter: Any) -> int:
        return len(self._rows[self.shown.value])

    # -- what was typed ------------------------------------------------------------------------------------------
    def typed(self) -> Typed | None:
        """What stands in the dialog; None while a limit cannot be read."""
        guards, share = self.limits.guards(), self.limits.share()
        if guards is None or share is False:
            return None
        connections = self._scope.choice.writable or self._scope.connections
        shares = {} if share is None else dict.fromkeys(connections, Decimal(share))
        return Typed(self.field.text, guards, shares)

    def _touched(self) -> None:
        self.formula = self.seen = None
        if not self.field.text.strip():
            self._tell_blank()
        elif self.typed() is None:
            self._rest(t("planpage.bulk.limits_wrong"))
        else:
            self._rest(t("planpage.bulk.computing"))
        self.preview.touch()

    def _rest(self, reason: str) -> None:
        self.primary.disable(reason)
        self._keep.disable(reason)

    def _tell_blank(self) -> None:
        self.field.set_fault(None)
        self.state.set_state("info", t("planpage.bulk.blank"))
        self.told.set_role("text_2")
        self.told.setText(t("planpage.bulk.example", one=f"round_to({typed_name('price')} * 1,05; 0,90)"))
        self._rest(t("planpage.bulk.blank"))
        self._figures_of(None)
        self._fill((), ())

    def _fault(self, error: FormulaError) -> None:
        told = t(f"formula.error.{error.key}", **error.params, at=error.at + 1)
        self.field.set_fault(error.at, error.length, told)
        self.state.set_state("unhealthy", t("planpage.bulk.wrong"))
        self.told.set_role("unhealthy_text")
        self.told.setText(told)
        self._rest(told)
        self._figures_of(None)
        self._fill((), ())  # rows of another formula would speak for this one

    def _failed(self, error: StoreError) -> None:
        told = sentence(words(), error.message)
        self.told.set_role("unhealthy_text")
        self.told.setText(told)
        self._rest(told)

    # -- what comes of it ----------------------------------------------------------------------------------------
    def _show(self, seen: Seen) -> None:
        self.field.set_fault(None)
        self.seen, self.formula = seen, seen.formula
        self._fill(
            [preview_row(line, seen.names.get(line[0]), self._scope.connections) for line in seen.changes],
            [preview_row(line, seen.names.get(line[0]), self._scope.connections) for line in seen.held],
        )
        self.told.set_role("text_2")
        if seen.preview is None:
            self.state.set_state("info", t("planpage.bulk.computing"))
            self.told.setText("")
            return
        totals = seen.preview.totals
        self.state.set_state("healthy", t("planpage.bulk.right"))
        self.told.setText(
            t("planpage.bulk.took", count=totals.looked, seconds=_seconds(figures(), seen.seconds))
            + self._missing(seen)
        )
        self._figures_of(seen)
        self._keep.disable("")
        count = totals.lines - totals.blocked
        self.primary.setText(t("planpage.bulk.make", count=count))
        self.primary.disable("" if count else t("planpage.bulk.nothing"))

    def _missing(self, seen: Seen) -> str:
        """What the first held rows show already: the field of the commission is blank."""
        blank = "commission" in seen.formula.names and self.limits.share() is None
        return " " + t("planpage.bulk.no_commission") if blank else ""

    def _figures_of(self, seen: Seen | None) -> None:
        if seen is None or seen.preview is None:
            for one in self.figures.values():
                one.setText(t("planpage.none"))
            self.reasons.setText("")
            return
        totals, number = seen.preview.totals, figures().number
        for name in ("ready", "held", "blocked", "same"):
            self.figures[name].setText(number(getattr(totals, name)))
        for name, most in (("rise", totals.biggest_rise), ("fall", totals.biggest_fall)):
            named = seen.names.get(most.listing_id) if most is not None else None
            self.figures[name].setText(extreme_text(most, named.listing.sku if named else ""))
        self.figures["held"].set_role("degraded_text" if totals.held else "text")
        self.figures["blocked"].set_role("unhealthy_text" if totals.blocked else "text")
        self.reasons.setText(reasons_list(totals.reasons))

    def _fill(self, changes: Sequence[tuple[Any, ...]], held: Sequence[tuple[Any, ...]]) -> None:
        self._rows = {"changes": list(changes), "held": list(held)}
        if not changes and held and self.shown.value == "changes":
            self.shown.set_value("held")
        elif changes and not held and self.shown.value == "held":
            self.shown.set_value("changes")
        blank = not self.field.text.strip()
        self._empty.set_words(
            t("planpage.bulk.empty" if blank else "planpage.bulk.none_here"),
            t("planpage.bulk.empty_next") if blank else "",
        )
        spawn(self.model.reload(), "plan preview rows")

    # -- saved formulas and limits ---------------------------------------------------------------------------------
    def _recipe_menu(self) -> None:
        menu = QMenu(self)
        menu.setAccessibleName(t("planpage.bulk.recipes"))
        for one in self._recipes:
            action = menu.addAction(f"{one.name}   {one.formula}".replace("&", "&&"))
            action.triggered.connect(partial(self._take, one.formula))
        if not self._recipes:
            menu.addAction(t("plan.no_recipes")).setEnabled(False)
        else:
            menu.addSeparator()
            drop = menu.addMenu(t("planpage.bulk.forget"))
            for one in self._recipes:
                drop.addAction(one.name.replace("&", "&&")).triggered.connect(partial(self._drop, one.name))
        show_menu(menu, self.ready_made.mapToGlobal(QPoint(0, self.ready_made.height())))

    def _take(self, text: str, _checked: bool = False) -> None:
        self.field.set_text(text)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.preview.now()

    def _drop(self, name: str, _checked: bool = False) -> None:
        spawn(self._drop_recipe(name), "recipe drop")

    async def _drop_recipe(self, name: str) -> None:
        await self._store.plans.drop_recipe(name)
        self._recipes = await self._store.plans.recipes()
        self.told.setText(t("planpage.bulk.forgotten", name=name))

    async def _keep_recipe(self) -> None:
        text = self.field.text.strip()
        name = await ask_recipe_name(self, [one.name for one in self._recipes], MOST_NAME)
        if name is None:
            return
        await self._store.plans.save_recipe(name, text)
        self._recipes = await self._store.plans.recipes()
        self.told.setText(t("plan.recipe_saved", name=name))

    async def _keep_limits(self) -> None:
        guards = self.limits.guards()
        if guards is not None:
            await self._plans.set_guards(guards)
            self.limits.kept(guards)
            self.told.setText(t("planpage.limits.kept"))


def _seconds(shown: Figures, seconds: float) -> str:
    return shown.response(max(1, round(timedelta(seconds=seconds).total_seconds() * 1000)))
