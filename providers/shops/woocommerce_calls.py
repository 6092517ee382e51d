"""Every request to a WooCommerce shop as data, how its lists are walked without gaps, and what its errors mean. Pure.
Must never put a consumer key into a call: the signing is the auth's affair.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce".
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from app.contracts import Account, Message
from app.kit import BasicAuth, Call, OAuth1Auth, Reply, http_errors, httpx, json_call, looks_like_html
from app.model import Window, clean
from providers.shops.woocommerce_wire import ORDER_FIELDS, Read, json_bytes

API = "/wp-json/wc/v3"
PAGE = 100
MOST_EXCLUDED = 800  # ids in one address: some 5 KB, which every web server takes
SECOND = timedelta(seconds=1)


class QueryKeys(httpx.Auth):
    """Keys in the address, for hosts that strip the Authorization header. Over https only."""

    def __init__(self, key: str, secret: str) -> None:
        self._pairs = f"consumer_key={quote(key, safe='')}&consumer_secret={quote(secret, safe='')}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url = str(request.url)
        request.url = httpx.URL(f"{url}{'&' if '?' in url else '?'}{self._pairs}")
        yield request


def auth_of(account: Account) -> httpx.Auth:
    """https: Basic, or the keys in the query when the merchant says so; http: OAuth 1.0a, so that the secret stays at home."""
    key, secret = account.secret("consumer_key"), account.secret("consumer_secret")
    if urlsplit(account.base_url).scheme != "https":
        return OAuth1Auth(key, secret, account.now, account.nonce)
    return QueryKeys(key, secret) if account.setting("keys_in_query") == "yes" else BasicAuth(key, secret)


def gmt(value: datetime) -> str:
    """UTC without a zone, whole seconds: what `dates_are_gmt` asks for."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _get(path: str, operation: str, params: Mapping[str, str]) -> Call:
    return Call("GET", f"{API}{path}", operation, tuple(params.items()))


# -- orders --------------------------------------------------------------------------------------------------------------
class Place(msgspec.Struct, frozen=True):
    """Where a walk through the orders stands: after which second of which column, without which ids, on which page of that."""

    after: datetime
    by_date: bool = False
    exclude: tuple[str, ...] = ()
    page: int = 1
    total: int = -1


def probe_request() -> Call:
    """One order to be packed, and how many there are."""
    params = {"status": "processing", "per_page": "1", "_fields": "id,currency,prices_include_tax"}
    return _get("/orders", "probe", params)


def orders_request(window: Window, place: Place) -> Call:
    """`modified_after` and `modified_before` leave out their own second, so both are moved out by one.

    By time of change the walk needs no end: what changes meanwhile comes last and is welcome (`next_place` stops behind the
    window). By creation it does, and inside one second too, where a total that shrinks must mean that something left.
    """
    since = window.since - SECOND if place.by_date else place.after
    params = {
        "status": "any", "per_page": str(PAGE), "orderby": "date" if place.by_date else "modified", "order": "asc",
        "dates_are_gmt": "true", "modified_after": gmt(since),
    }  # fmt: skip
    if place.by_date or place.exclude:
        params["modified_before"] = gmt(window.until + SECOND)
    if place.by_date:
        params["after"] = gmt(place.after)
    if place.exclude:
        params["exclude"] = ",".join(place.exclude)
    if place.page > 1:
        params["page"] = str(place.page)
    return _get("/orders", "orders", {**params, "_fields": ORDER_FIELDS})


def first_place(window: Window, *, by_date: bool) -> Place:
    """By creation the walk begins at the beginning: an old order may have changed today."""
    return Place(datetime(2000, 1, 1, tzinfo=UTC), True) if by_date else Place(window.since - SECOND)


def next_place(window: Window, place: Place, reply: Reply, read: Read) -> Place | None:
    """The place after this page, None at the end.

    The walk goes on behind the last record's second, one second back: what moves away meanwhile cannot push others past us, as it
    does with page numbers. By time of change it ends behind the window. Where a whole page lies in one second (imports), that second is asked for again without the ids that
    came; and when those grow too many for an address, page by page, starting again when the total shrank in between.
    """
    total, last = number(reply, "x-wp-total"), read.last_created if place.by_date else read.last_modified
    told = number(reply, "x-wp-totalpages")
    count = len(read.page.items) + len(read.page.rejects)
    if place.page > 1 and 0 <= total < place.total:
        return msgspec.structs.replace(place, page=1, total=total)
    if (place.page >= told) if told >= 0 else (count < PAGE):
        return None
    if last is not None and not place.by_date and last >= window.until:
        return None
    if last is not None and last - SECOND > place.after:
        return Place(last - SECOND, place.by_date)
    exclude = tuple(dict.fromkeys((*place.exclude, *read.ids)))
    if len(exclude) > len(place.exclude) and len(exclude) <= MOST_EXCLUDED and place.page == 1:
        return msgspec.structs.replace(place, exclude=exclude, total=-1)
    return msgspec.structs.replace(place, page=place.page + 1, total=total)


def number(reply: Reply, header: str) -> int:
    """A counting header; -1 when the host took it away."""
    text = reply.header(header)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def order_request(order_id: str) -> Call:
    params = {"include": order_id, "status": "any", "per_page": str(PAGE), "_fields": ORDER_FIELDS}
    return _get("/orders", "order", params)


def search_request(text: str) -> Call:
    """For shops whose plugins number orders in their own way."""
    params = {"search": text, "status": "any", "per_page": str(PAGE), "_fields": ORDER_FIELDS}
    return _get("/orders", "order", params)


# -- listings ------------------------------------------------------------------------------------------------------------
PRODUCT_FIELDS = (
    "id,name,sku,type,status,price,regular_price,sale_price,manage_stock,stock_quantity,variations,global_unique_id,"
    "permalink,date_modified_gmt"
)
VARIATION_FIELDS = (
    "id,sku,status,price,regular_price,sale_price,manage_stock,stock_quantity,global_unique_id,permalink,"
    "date_modified_gmt,attributes"
)


def currency_request() -> Call:
    return _get("/data/currencies/current", "listings", {})


def vat_request() -> Call:
    """One order tells how the shop types its prices; the setting itself needs more rights than most keys have."""
    return _get("/orders", "listings", {"per_page": "1", "status": "any", "_fields": "currency,prices_include_tax"})


def products_request(page: int) -> Call:
    params = {"status": "any", "per_page": str(PAGE), "orderby": "id", "order": "asc", "page": str(page)}
    return _get("/products", "listings", {**params, "_fields": PRODUCT_FIELDS})


def variations_request(product_id: str, page: int) -> Call:
    params = {"per_page": str(PAGE), "orderby": "id", "order": "asc", "page": str(page)}
    return _get(
        f"/products/{quote(product_id, safe='')}/variations", "listings", {**params, "_fields": VARIATION_FIELDS}
    )


#: Seconds for a call in which the shop fetches pictures from elsewhere before it answers.
PICTURES_S = 180.0


def write_request(operation: str, product_id: str, items: Sequence[Mapping[str, Any]], verb: str = "update") -> Call:
    """At most 100 products, or variations of one product. Updates hold absolute values: twice is once."""
    path = f"/products/{quote(product_id, safe='')}/variations/batch" if product_id else "/products/batch"
    return json_call(
        "POST", f"{API}{path}", operation, {verb: list(items)}, repeatable=verb == "update",
        deadline_s=PICTURES_S if operation == "publish_products" else None,
    )  # fmt: skip


# -- shipping ------------------------------------------------------------------------------------------------------------
def states_request(order_ids: Sequence[str]) -> Call:
    params = {"include": ",".join(order_ids), "status": "any", "per_page": str(PAGE), "_fields": "id,status,line_items"}
    return _get("/orders", "confirm_shipments", params)


def complete_request(order_ids: Sequence[int]) -> Call:
    """POST, because firewalls block PUT; a completed order that is completed again stays as it is."""
    items = [{"id": one, "status": "completed"} for one in order_ids]
    return json_call("POST", f"{API}/orders/batch", "confirm_shipments", {"update": items}, repeatable=True)


def notes_request(order_id: str) -> Call:
    return _get(f"/orders/{quote(order_id, safe='')}/notes", "confirm_shipments", {})


def note_request(order_id: str, text: str) -> Call:
    """A note that the shop mails to the buyer: never sent again unseen."""
    path = f"{API}/orders/{quote(order_id, safe='')}/notes"
    return json_call("POST", path, "confirm_shipments", {"note": text, "customer_note": True}, repeatable=False)


# -- errors --------------------------------------------------------------------------------------------------------------
class ErrorWire(msgspec.Struct):
    code: str = ""
    message: str = ""
    data: Any = None


#: WordPress and WooCommerce codes whose meaning the HTTP status does not tell, or tells wrongly.
CODES = {
    "rest_no_route": "config.wrong_url",
    "rest_disabled": "auth.forbidden",
    "rest_cannot_access": "auth.forbidden",
    "woocommerce_rest_invalid_product_id": "item.not_found",
}
#: A SKU that another product of the shop has, or that the shop does not take: the item is refused, nothing "is there already".
SKU_TAKEN = frozenset({"woocommerce_product_invalid_sku", "product_invalid_sku"})
_WRITING = ("_cannot_edit", "_cannot_create", "_cannot_batch", "_cannot_delete")


def error_code(code: str, text: str) -> str:
    """Our code for WordPress's; '' where the status says it."""
    if code.endswith("_invalid_id"):
        return "item.not_found"
    if code.endswith(_WRITING) or "write permission" in text.casefold():
        return "auth.read_only"
    return CODES.get(code, "")


def read_error(body: bytes) -> ErrorWire:
    try:
        return msgspec.json.decode(json_bytes(body) or b"{}", type=ErrorWire)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ErrorWire()


def item_error(error: ErrorWire) -> Message:
    """What is wrong with one item of a batch, whose answer is a good one as a whole."""
    text = clean(error.message, 300)
    status = error.data.get("status") if isinstance(error.data, dict) else None
    code = error_code(error.code, text) or "item.refused"
    if error.code in SKU_TAKEN:
        told = Message("item.refused", {"reason": "sku_taken"}, clean(error.code, 80), text, field="sku")
        return msgspec.structs.replace(told, status=status if type(status) is int else 0)
    return Message(
        code, vendor_code=clean(error.code, 80), vendor_text=text, status=status if type(status) is int else 0
    )


def woo_errors(reply: Reply) -> Message | None:
    if 200 <= reply.status < 300:
        if json_bytes(reply.body):
            return None
        code = "server.html" if looks_like_html(reply) or b"<" in reply.body[:200] else "answer.unreadable"
        return Message(code, status=reply.status)
    found = http_errors(reply)
    if found is None:  # pragma: no cover - http_errors tells something of every other status
        return None
    if found.code == "server.redirect":
        return msgspec.structs.replace(found, params={"to": urlsplit(reply.header("location")).hostname or ""})
    if reply.status == 503 and b"maintenance" in reply.body[:4000].lower():
        return msgspec.structs.replace(found, code="server.maintenance")
    error = read_error(reply.body)
    if not error.code:
        return found
    text = clean(error.message, 300)
    code, changes = error_code(error.code, text), {"vendor_code": clean(error.code, 80), "vendor_text": text}
    message = msgspec.structs.replace(found, code=code or found.code, **changes)
    if reply.status == 401 and "missing" in text.casefold():
        return msgspec.structs.replace(message, field="keys_in_query")  # the host strips the Authorization header
    if reply.status == 401 and "timestamp" in text.casefold():
        return msgspec.structs.replace(message, code="auth.clock")  # older than a quarter of an hour, the shop says
    if error.code in SKU_TAKEN:
        return msgspec.structs.replace(message, code="item.refused", params={"reason": "sku_taken"}, field="sku")
    if error.code == "rest_invalid_param" and isinstance(error.data, dict):
        named = error.data.get("params")
        return msgspec.structs.replace(message, field=",".join(map(str, named)) if isinstance(named, dict) else "")
    return message
