"""How the fake DHL Express (MyDHL API) speaks: problem answers, products, event codes, prices, the form of its times.

Source: specs/dhl-express and reference/cargo.md, "## DHL Express (MyDHL API)". [U] marks what is chosen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import DAY, Call, parsed
from providers.sandboxes.forms import Forms, Wrong

Row = dict[str, Any]
#: Code -> (name, price of the first kilogram and of each further one in kuruş, without VAT, days on the way). Domestic: N.
PRODUCTS = {
    "P": ("EXPRESS WORLDWIDE", 252_000, 30_000, 3), "D": ("EXPRESS WORLDWIDE", 231_000, 29_000, 3), "U": ("EXPRESS WORLDWIDE", 244_000, 29_500, 2),
    "Y": ("EXPRESS 12:00", 289_000, 33_000, 2), "T": ("EXPRESS 12:00", 268_000, 32_000, 2), "E": ("EXPRESS 9:00", 352_000, 38_000, 1),
    "H": ("ECONOMY SELECT", 164_000, 14_000, 6), "N": ("EXPRESS DOMESTIC", 41_000, 4_500, 1),
}  # fmt: skip
#: A parcel's step -> (event code, text). No event before the courier has it. [U] the texts.
EVENTS = {
    "accepted": ("PU", "Shipment picked up"), "left": ("DF", "Shipment has departed from a DHL facility- ISTANBUL-TR"),
    "arrived": ("AR", "Arrived at DHL Delivery Facility"), "out": ("WC", "Shipment is out with courier for delivery"), "delivered": ("OK", "Delivered"),
    "failed": ("NH", "Delivery attempted; recipient not home"), "returning": ("RD", "Recipient refused delivery"),
    "returned": ("RT", "Returned to shipper"), "lost": ("OH", "Shipment is on hold"),
}  # fmt: skip
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) ?GMT([+-])(\d\d):(\d\d)", re.ASCII)


class Refusal(exact.Refusal):
    """{instance, detail, title, message, status}, as application/problem+json."""

    def __init__(
        self, status: int, detail: str, title: str = "Bad request", message: str = "", more: tuple[str, ...] = ()
    ) -> None:
        super().__init__(status, detail)
        self.title, self.more, self.short = title, more, message or title

    def body(self) -> Any:
        more = {"additionalDetails": list(self.more)} if self.more else {}
        return {"detail": self.message, "title": self.title, "message": self.short, **more, "status": str(self.status)}


def bad(detail: str) -> Refusal:
    return Refusal(400, detail)


def missing(names: list[str]) -> Refusal:
    return Refusal(400, f"Missing mandatory parameters: {', '.join(names)}", "Missing parameters", "Bad request")


def not_found(detail: str = "No data found") -> Refusal:
    return Refusal(404, detail, "Not data found")  # as the document spells it


FORM = exact.Form(bad)
#: [U] beside the first two.
_WHYS = {
    "unknown": "extraneous key [{0}] is not permitted", "missing": "required key [{0}] not found", "type": "expected type: {1}",
    "short": "expected minLength: {1}", "long": "expected maxLength: {1}", "few": "expected minimum item count: {1}",
    "many": "expected maximum item count: {1}", "value": "is not a valid enum value", "pattern": "does not match pattern {1}",
}  # fmt: skip


def body_of(call: Call, forms: Forms, root: str) -> Row:
    """Raises 422 with every mistake."""
    try:
        data = parsed(call.body)
    except ValueError:
        raise Refusal(400, "Request body is not a valid JSON", message="Bad request") from None
    refuse(forms.wrong(root, data))
    found: Row = data
    return found


def refuse(wrongs: Iterable[Wrong]) -> None:
    found = []
    for one in wrongs:
        path = one.path[:-1] if one.why in ("unknown", "missing") else one.path
        where = "/".join(("#", *(name.strip("[]") for name in path)))
        found.append(f"{where}: {_WHYS[one.why].format(one.path[-1] if one.path else '', one.limit)}")
    if found:
        many = len(found) > 1
        detail = "Multiple problems found, see Additional Details" if many else found[0]
        raise Refusal(422, detail, "Validation error", "Unprocessable Entity", tuple(found) if many else ())


def planned(text: str, now: int) -> int:
    """Epoch seconds of `2026-11-25T10:00:00 GMT+03:00` (with or without the blank). Raises 400 for another form, the past and more
    than ten days ahead."""
    found = _MOMENT.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        shift = timedelta(hours=int(found[3]), minutes=int(found[4])) * (1 if found[2] == "+" else -1)
        moment = int(datetime.fromisoformat(found[1]).replace(tzinfo=timezone(shift)).timestamp())
    except ValueError:
        raise bad(
            "998: ShipTimeStamp is not well formatted.(Expected Sample Format : '2010-02-11T17:10:09 GMT+01:00')"
        ) from None
    if not now <= moment <= now + 10 * DAY:
        raise bad("996: The requested ship date is in the past or more than 10 days in the future.")  # [U]
    return moment


def price(product: str, grams: int) -> int:
    """Kuruş without VAT."""
    _, first, further, _ = PRODUCTS[product]
    return first + further * max(0, -(-grams // 1000) - 1)
