"""Publishing as the dialog shows it: the questions that drafts raise, a draft as a table's row, its preview in words. No widget; nothing
here decides what may be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.api.answers import sentence
from app.api.publishing_desk import Line, path_of, value_text
from app.model import Attribute, AttributeValue, Category
from app.publishing import Planned
from app.store import Memory, Publication
from app.store.publishing import own_key
from ui.pages.price_rows import without_name
from ui.tables import Column, Kind, Status
from ui.words import figures, t, words

ON_WAY = ("queued", "sending", "pending", "unknown")
_LOOKS = {
    "queued": "write.queued", "sending": "write.sent", "pending": "write.sent", "done": "write.accepted",
    "refused": "write.refused", "unknown": "write.unknown",
}  # fmt: skip

COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=110, sortable=False),
    Column("title", "prices.column.title", Kind.TEXT, rank=1, width=150, sortable=False),
    Column("category", "publishing.page.column.category", Kind.QUIET, rank=1, width=116, sortable=False),
    Column("state", "publishing.page.column.state", Kind.STATUS, rank=1, width=132, sortable=False),
)
RESULT_COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=120, sortable=False),
    Column("title", "prices.column.title", Kind.TEXT, rank=1, width=200, sortable=False),
    Column("state", "publishing.page.column.state", Kind.STATUS, rank=1, width=132, sortable=False),
    Column("reason", "prices.column.reason", Kind.TEXT, rank=1, width=330, sortable=False),
)


class Question(NamedTuple):
    """One thing that the channel asks for and the merchant answers once. `own`: the merchant's word, '' for what holds where a product
    says nothing. `answer`: in words, '' while it is open; `whole`: the same in full. `products`: how many it is about."""

    kind: str  # category, brand, value, attribute
    own: str
    products: int
    answer: str
    whole: str
    needed: bool
    category: Category | None = None
    attribute: Attribute | None = None

    @property
    def open(self) -> bool:
        return self.needed and not self.answer


def questions(
    planned: Sequence[Planned],
    memory: Memory,
    names: Mapping[str, Sequence[str]],
    *,
    tree: bool,
    everything: bool = False,
) -> list[Question]:
    """Categories, then brands, then what each category asks: required attributes, answered ones, the merchant's names and words that are
    not matched yet; with `everything` the optional ones too. `names`: the merchant's attribute names by SKU."""
    found: list[Question] = []
    for own, count in _counted(one.own_category for one in planned) if tree else ():
        category = memory.categories.get(own_key(own))
        short = category.path[-1] if category is not None and category.path else ""
        found.append(Question("category", own, count, short, path_of(category) if category is not None else "", True))
    for own, count in _counted(one.own_brand for one in planned if one.own_brand):
        brand = memory.brands.get(own_key(own))
        name = brand.name if brand is not None else ""
        found.append(Question("brand", own, count, name, name, True))
    categories = {one.category.id: one.category for one in planned if one.category is not None}
    for category in categories.values():
        of_it = [one for one in planned if one.category == category]
        found += _of_category(of_it, category, memory, everything)
        found += _own_names(of_it, category, memory, [name for one in of_it for name in names.get(one.draft.sku, ())])
    return found


def _own_names(planned: Sequence[Planned], category: Category, memory: Memory, names: Sequence[str]) -> list[Question]:
    """What the merchant calls an attribute that the channel has under another name, if it has it at all."""
    theirs = {own_key(answer.attribute.name) for answer in planned[0].answers}
    called = {answer.attribute.id: answer.attribute.name for answer in planned[0].answers}
    found = []
    for own, count in _counted(name for name in names if own_key(name) not in theirs):
        name = called.get(memory.names.get((category.id, own_key(own)), ""), "")
        found.append(Question("attribute", own, count, name, name, False, category))
    return found


def _counted(owns: Any) -> list[tuple[str, int]]:
    """The merchant's words with how often they stand, whatever their letters."""
    shown: dict[str, str] = {}
    counts: dict[str, int] = {}
    for own in owns:
        key = own_key(own)
        shown.setdefault(key, own)
        counts[key] = counts.get(key, 0) + 1
    return [(shown[key], count) for key, count in counts.items()]


def _of_category(planned: Sequence[Planned], category: Category, memory: Memory, everything: bool) -> list[Question]:
    found: list[Question] = []
    for place, answer in enumerate(planned[0].answers):
        attribute = answer.attribute
        said = [one.answers[place] for one in planned]
        silent = sum(not one.own for one in said)
        kept = memory.values.get((category.id, attribute.id, ""), ())
        if kept or (silent and attribute.required) or (everything and silent):
            told = values_text(attribute, kept)
            found.append(Question("value", "", silent, told, told, attribute.required, category, attribute))
        for own, count in _counted(one.own for one in said if one.own and not one.values):
            found.append(Question("value", own, count, "", "", True, category, attribute))
    return found


def values_text(attribute: Attribute, values: Sequence[AttributeValue]) -> str:
    return ", ".join(value_text(attribute, one) for one in values)


def question_label(one: Question) -> str:
    """What is asked, as the row's label."""
    if one.kind == "category":
        name = one.own or words()("publishing.no_own_category")
    elif one.attribute is None:
        name = one.own
    else:
        name = f"{one.attribute.name} · “{one.own}”" if one.own else one.attribute.name
        name = f"{name} *" if one.attribute.required else name
    return name


# -- rows ----------------------------------------------------------------------------------------------------------------
def state_of(one: Planned, known: Publication | None) -> Status:
    """What is missing comes before what became of the last sending, and that before what would come of the next."""
    if one.problems:
        return Status("degraded", t("publishing.page.missing", count=len(one.problems)))
    state = known.state if known is not None else ""
    if state in ON_WAY or state == "refused":
        return Status(_LOOKS[state])
    return Status("order.new", t("publishing.state.update" if one.draft.remote_id else "publishing.state.create"))


def row_of(one: Planned, known: Publication | None) -> tuple[Any, ...]:
    category = one.category.path[-1] if one.category is not None and one.category.path else ""
    return (one.draft.sku, one.draft.sku, one.draft.title, category, state_of(one, known))


def problems_text(one: Planned, known: Publication | None) -> list[str]:
    """One sentence a lack; without any, why the channel refused it last."""
    if one.problems:
        return [sentence(words(), message) for message in one.problems]
    if known is not None and known.state == "refused" and known.message is not None:
        return [sentence(words(), without_name(known.message))]
    return []


def preview(one: Planned) -> str:
    """What the channel would be told, in one paragraph."""
    draft, shown = one.draft, figures()
    parts = [t("publishing.state.update" if draft.remote_id else "publishing.state.create")]
    if one.category is not None:
        parts.append(path_of(one.category))
    if draft.brand is not None:
        parts.append(draft.brand.name)
    if draft.price.amount:
        parts.append(shown.money(draft.price.amount, draft.price.currency))
    parts.append(t("prices.pieces", count=draft.quantity))
    if draft.barcode:
        parts.append(draft.barcode)
    parts += [f"{x.attribute.name}: {values_text(x.attribute, x.values)}" for x in one.answers if x.values]
    parts.append(t("publishing.page.images", count=len(draft.images)))
    return " · ".join(parts)


def result_rows(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    return [(place, one.sku, one.title, result_state(one), reason_of(one)) for place, one in enumerate(lines)]


def result_state(one: Line) -> Status:
    return Status(_LOOKS[one.state]) if one.state in _LOOKS else Status("job.cancelled", t("publishing.page.replaced"))


def reason_of(one: Line) -> str:
    return "" if one.message is None else sentence(words(), without_name(one.message))


def result_counts(lines: Sequence[Line]) -> dict[str, int]:
    """By what a person asks: done, refused, waiting (for the channel or in the outbox), unknown."""
    counts: Mapping[str, int] = {}
    counts = {name: sum(one.state in states for one in lines) for name, states in (
        ("done", ("done",)), ("refused", ("refused",)), ("waiting", ("queued", "sending", "pending")), ("unknown", ("unknown",)),
    )}  # fmt: skip
    return {name: count for name, count in counts.items() if count}
