"""What the publishing clients of Trendyol, Hepsiburada and N11 share: what no draft may lack, a publishing that goes out in several
calls, and how the ends of its parts become one end. Must never call a draft done of which one part is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from app.contracts import Kind, Message, Outcome, OutcomeState, ProviderError, fail
from app.kit import Call, Reply
from app.model import AttributeValue, Money, ProductDraft

Send = Callable[[Call], Awaitable[Reply]]
#: What says that a creation was refused because the product is there. Folded; sentences, for none of the three has a code for it.
_THERE = (
    "already exist", "already used", "recurring.product.create", "zaten mevcut", "zaten kayitli", "zaten var", "daha once",
    "mevcut bir urun", "mukerrer", "tekrarli", "ayni barkod", "duplicate",
)  # fmt: skip


def says_there(folded: str) -> bool:
    """Whether a refusal (folded) means that the product exists."""
    return any(word in folded for word in _THERE)


def lacking(field: str) -> Message:
    return Message("item.refused", {"reason": "missing"}, field=field)


def wrong(field: str, reason: str = "pattern", **more: str) -> Message:
    return Message("item.refused", {"reason": reason, **more}, field=field)


def number(money: Money) -> Decimal:
    """Two decimals, as all three want them."""
    return money.rounded().amount


def plain(value: Decimal) -> Decimal | int:
    """20 for 20.00: rates and weights without needless decimals."""
    return int(value) if value == value.to_integral_value() else value.normalize()


def refused_money(draft: ProductDraft, currencies: Iterable[str], most_pieces: int) -> Message | None:
    """Prices in one of `currencies`, more than nothing, the crossed-out one not below; a quantity that is one."""
    crossed = draft.list_price
    if draft.price.currency not in currencies or (crossed is not None and crossed.currency != draft.price.currency):
        return wrong("currency", "currency")
    if number(draft.price) <= 0:
        return wrong("salePrice", "price")
    if crossed is not None and crossed < draft.price:
        return wrong("listPrice", "list_below_sale")
    if not 0 <= draft.quantity <= most_pieces:
        return wrong("quantity", "quantity", most=str(most_pieces))
    return None


def refused_texts(draft: ProductDraft, title: int, images: int) -> Message | None:
    """A name of at most `title` letters (0: any number); at most `images` pictures, all by https."""
    if not draft.title.strip():
        return lacking("title")
    if title and len(draft.title) > title:
        return wrong("title", "long", most=str(title))
    if len(draft.images) > images:
        return wrong("images", "long", most=str(images))
    if any(not one.startswith("https://") for one in draft.images):
        return wrong("images")
    return None


def whole_id(text: str, field: str) -> int:
    """An id that the vendor wants as a number. Raises YoursError naming the field."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise fail(lacking(field) if not text else wrong(field))
    return int(text)


def answers(draft: ProductDraft) -> dict[str, list[AttributeValue]]:
    """The draft's answers by attribute, in their order."""
    found: dict[str, list[AttributeValue]] = {}
    for one in draft.attributes:
        found.setdefault(one.attribute_id, []).append(one)
    return found


# -- a publishing in parts -----------------------------------------------------------------------------------------------
class Part(msgspec.Struct, frozen=True):
    """One call of a publishing: its name in the ticket, whose drafts it carries (by key), and how its id is read."""

    name: str
    keys: tuple[str, ...]
    call: Call
    id_of: Callable[[Reply], str]


async def send_parts(parts: Sequence[Part], send: Send) -> tuple[dict[str, str], dict[str, Outcome]]:
    """The ids of the parts that were taken, by name, and the ends of drafts whose part was not. Raises only when the first part
    fails: nothing was sent then. A part that fails later leaves its drafts refused or unknown."""
    ids: dict[str, str] = {}
    ends: dict[str, Outcome] = {}
    for part in parts:
        try:
            ids[part.name] = part.id_of(await send(part.call))
        except ProviderError as error:
            if not ids and not ends:
                raise
            ends |= {key: end_of(key, error.message) for key in part.keys}
    return ids, ends


def end_of(key: str, message: Message) -> Outcome:
    """A failed part's end for one draft: what the vendor refuses is refused, all else may go again."""
    refused = message.kind is Kind.YOURS and not message.code.startswith(("auth.", "config."))
    return Outcome(key, OutcomeState.REFUSED if refused else OutcomeState.UNKNOWN, message)


_WORST = (OutcomeState.REFUSED, OutcomeState.PENDING, OutcomeState.UNKNOWN)


def joined(key: str, ends: Sequence[Outcome], remote_ref: str = "") -> Outcome:
    """One end of a draft out of its parts': refused by one is refused; else pending, unknown, and done only when all are."""
    for state in _WORST:
        for one in ends:
            if one.state is state:
                return msgspec.structs.replace(one, key=key)
    if not ends:
        return missing(key)
    return Outcome(key, OutcomeState.DONE, remote_ref=next((x.remote_ref for x in ends if x.remote_ref), remote_ref))


def missing(key: str) -> Outcome:
    """The vendor's answer does not name it."""
    return Outcome(
        key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "the item is missing in the answer"})
    )
