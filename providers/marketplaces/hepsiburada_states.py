"""What Hepsiburada says became of an import or of a file of changes: rows, and where a product stands. Pure.
Must never call done what its editors still look at, nor what an answer does not name.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Catalogue); the rows' fields from the vendor's OpenAPI document of
the catalogue (ImportStatusDTO). The rows of a file of changes are not documented: any of the usual words is accepted.
"""

from __future__ import annotations

import msgspec

from app.contracts import Message, Outcome, OutcomeState
from app.kit import Reply
from app.model import clean, fold
from providers.marketplaces.drafts import missing, says_there
from providers.marketplaces.hepsiburada_catalogue import inside


class SaidWire(msgspec.Struct, rename="camel"):
    severity: str | None = None
    attribute_name: str | None = None
    message: str | None = None
    reason: str | None = None


class StateWire(msgspec.Struct, rename="camel"):
    """A row of either result; the changes' may call its state by any of the three names."""

    merchant_sku: str | None = None
    hb_sku: str | None = None
    import_status: str | None = None
    product_status: str | None = None
    status: str | None = None
    message: str | None = None
    import_messages: list[SaidWire] | None = None
    validation_results: list[SaidWire] | None = None
    reject_reasons_messages: list[str] | None = None
    task_details: list[SaidWire] | None = None


#: Words for where a product stands, as `_word` leaves them: both the interface's and the panel's.
_ON_THE_WAY = frozenset({
    "", "processing", "waiting", "inprogress", "incelenecek", "inexternalprogress", "katalogsurecinde", "open", "pending",
})  # fmt: skip
_THERE = frozenset({
    "created", "matched", "yaratildi", "satisahazir", "success", "completed", "done", "approved", "updated", "tamamlandi", "onaylandi",
})  # fmt: skip
_ELSEWHERE = frozenset({"prematched", "eslesen", "matchedwithstaged", "onkatalogeslesen"})
_REFUSED = frozenset({
    "missinginfo", "eksikbilgi", "rejected", "reddedildi", "reddedileneslesme", "blocked", "engelli", "failed", "error", "hata",
})  # fmt: skip


def state_end(key: str, row: StateWire, *, changed: bool = False) -> Outcome:
    """An import that failed is refused; one that was taken goes by where the product stands: what Hepsiburada's editors still look
    at is pending, what they hold for another product's twin waits for the merchant's word in the panel. A change (`changed`) that
    was taken needs no more."""
    imported, stands = _word(row.import_status), _word(row.product_status or row.status)
    told = row.product_status or row.status or row.import_status or ""
    if imported == "failed" or stands in _REFUSED:
        return Outcome(key, OutcomeState.REFUSED, _refusal(row, told))
    if stands in _ELSEWHERE:
        return Outcome(key, OutcomeState.REFUSED, msgspec.structs.replace(_refusal(row, told), code="item.conflict"))
    if stands in _THERE or (changed and imported == "success"):
        return Outcome(key, OutcomeState.DONE, remote_ref=clean(row.hb_sku or "", 80))
    if imported in ("processing", "waiting") or stands in _ON_THE_WAY:
        return Outcome(key, OutcomeState.PENDING)
    reason = Message("answer.unexpected", {"reason": "an unknown state"}, vendor_code=clean(told, 60))
    return Outcome(key, OutcomeState.UNKNOWN, reason)


def _word(text: str | None) -> str:
    return fold(text or "").replace(" ", "").replace("_", "")


def _refusal(row: StateWire, code: str) -> Message:
    """Errors before what only informs; with the attribute's name where it is told."""
    said = [*(row.validation_results or ()), *(row.import_messages or ()), *(row.task_details or ())]
    grave = [one for one in said if fold(one.severity or "error") == "error"] or said
    told = [": ".join(x for x in (one.attribute_name, one.message or one.reason) if x) for one in grave]
    text = clean("; ".join(x for x in (*told, *(row.reject_reasons_messages or ()), row.message or "") if x), 300)
    there = says_there(fold(text))
    return Message(
        "item.duplicate" if there else "item.refused", vendor_code=clean(code, 60), vendor_text=text or clean(code, 60)
    )


class States(msgspec.Struct, frozen=True):
    """A result's rows; None while Hepsiburada says nothing of it (`gone` says why it never will)."""

    rows: tuple[StateWire, ...] = ()
    gone: Message | None = None

    def end(self, key: str, sku: str, hb_sku: str) -> Outcome:
        if self.gone is not None:
            return Outcome(key, OutcomeState.UNKNOWN, self.gone)
        for row in self.rows:
            if (hb_sku and row.hb_sku == hb_sku) or (sku and fold(row.merchant_sku or "") == fold(sku)):
                return state_end(key, row, changed=bool(hb_sku))
        still = not self.rows or any(state_end("", row).state is OutcomeState.PENDING for row in self.rows)
        return Outcome(key, OutcomeState.PENDING) if still else missing(key)


def parse_states(reply: Reply) -> States:
    return States(tuple(inside(reply, list[StateWire])))
