"""TNT ExpressConnect's answers: the result of a consignment, its way, prices, and the barcodes of the routing label. Pure.

Must never take an answer that speaks of other consignments for "no such consignment". Source of the facts: specs/tnt (XSDs); TNT's guides
Shipping v3.8 and Tracking V3.1; the label service by a client's source; reference/cargo.md, "## TNT (ExpressConnect)".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Message, fail
from app.kit import Element, Reply, child, children, known, local_name, maybe, read_xml, text_of, tracking_number
from app.model import Money, Rate, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean
from providers.cargo.tnt_errors import of_number

ISTANBUL = ZoneInfo("Europe/Istanbul")  # times are the depot's own, whose zone is not told
TRACKING_URL = "https://www.tnt.com/express/tr_tr/site/shipping-tools/tracking.html?searchType=con&cons="
NOT_FOUND = "CNF"
_S = ShipmentStatus
#: SummaryCode of a consignment (specs/tnt/TrackResponse-v3.1.xsd).
SUMMARIES = {"INT": _S.IN_TRANSIT, "DEL": _S.DELIVERED, "EXC": _S.PROBLEM}
#: StatusCode of an event: OK by TNT's guide, the others by clients (the list is handed out by TNT only). Others: on the way.
STATES = {"OK": _S.DELIVERED, "OD": _S.OUT_FOR_DELIVERY, "PU": _S.ACCEPTED}
_TOLD_OF = re.compile(
    r"data received", re.ASCII | re.IGNORECASE
)  # the description of a consignment that TNT does not have yet
_SERVICE = re.compile(r"[A-Z0-9]{0,3}")  # products without one are sold in other ways only
_WHOLE = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_CODE = re.compile(rb"COMPLETE:\s*([A-Za-z0-9_-]{1,60})")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})(?::?\d{2})?")


class Result(msgspec.Struct, frozen=True):
    """What came of a document: the consignment's number, and whether TNT has its data and its collection (None: not asked)."""

    number: str
    shipped: bool | None
    booked: bool | None = None
    booking: str = ""


class Found(msgspec.Struct, frozen=True):
    """One consignment as tracking tells it. `moves`: the oldest first."""

    number: str
    summary: str
    moves: tuple[TrackingEvent, ...] = ()
    code: str = ""  # of the last event
    delivered_at: datetime | None = None
    signed_by: str = ""

    @property
    def status(self) -> ShipmentStatus:
        """By the summary; within "on the way" the last event tells more, and one without events was only told of."""
        if self.summary != "INT":
            return SUMMARIES.get(self.summary, _S.UNKNOWN)
        return self.moves[-1].status if self.moves else _S.CREATED


# -- shipping ------------------------------------------------------------------------------------------------------------
def parse_code(reply: Reply) -> str:
    """The code to fetch the result with. Raises OursError when there is none."""
    found = _CODE.match(reply.body.strip())
    if found is None:
        raise fail(
            Message("answer.field_missing", {"field": "COMPLETE", "operation": reply.operation}, field="COMPLETE")
        )
    return found[1].decode()


def parse_result(reply: Reply) -> Result:
    """Raises YoursError for what TNT refused, TheirsError where it failed, OursError for an answer that does not say."""
    root = read_xml(reply)
    if local_name(root) != "document":
        raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": local_name(root)[:60]}))
    made, errors = child(root, "CREATE"), children(root, "ERROR")
    number = _plain(text_of(made, "CONNUMBER")) if made is not None else ""
    ship, book = child(root, "SHIP"), child(root, "BOOK")
    if made is not None and text_of(made, "SUCCESS") == "Y":
        if not number:
            raise fail(_missing("CONNUMBER", reply))
        return Result(number, _done(ship), _done(book), _booking(book))
    if errors:
        raise fail(
            of_number(text_of(errors[0], "CODE"), text_of(errors[0], "DESCRIPTION")).about(operation=reply.operation)
        )
    if (
        made is not None and text_of(made, "SUCCESS") == "N"
    ):  # "at peak times": nothing was made, and it may be sent again
        raise fail(Message("server.error", {"operation": reply.operation, "sent": "no"}))
    if made is None and ship is not None:
        return Result(number, _done(ship), _done(book), _booking(book))
    raise fail(_missing("CREATE", reply))


def _plain(text: str) -> str:
    """Letters and digits, as TNT's numbers are; '' for anything else."""
    found = tracking_number(text).replace(" ", "")
    return found if found.isascii() and found.isalnum() else ""


def _missing(field: str, reply: Reply) -> Message:
    return Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field)


def _done(activity: Element | None) -> bool | None:
    if activity is None:
        return None
    one = child(activity, "CONSIGNMENT")
    return text_of(one, "SUCCESS") == "Y" if one is not None else False


def _booking(book: Element | None) -> str:
    one = child(book, "CONSIGNMENT") if book is not None else None
    return tracking_number(text_of(one, "BOOKINGREF")) if one is not None else ""


# -- the label -----------------------------------------------------------------------------------------------------------
def parse_barcodes(reply: Reply, pieces: int) -> tuple[str, dict[str, str]]:
    """Barcodes of the pieces with spaces between ('' unless each has its own), and what of the route a label shows."""
    root = read_xml(reply)
    numbered: dict[int, str] = {}
    for one in root.iter("{*}pieceLabelData"):
        place, code = text_of(one, "pieceNumber"), text_of(one, "barcode").replace(" ", "")
        if place.isascii() and place.isdigit() and len(place) < 4 and code.isascii() and code.isalnum():
            numbered[int(place)] = clean(code, 60)
    complete = sorted(numbered) == list(range(1, pieces + 1))
    data = next(root.iter("{*}consignmentLabelData"), None)
    route: dict[str, str] = {}
    if data is not None:
        told = {
            "origin": text_of(child(data, "originDepot"), "depotCode") if child(data, "originDepot") is not None else "",
            "destination": text_of(child(data, "destinationDepot"), "depotCode") if child(data, "destinationDepot") is not None else "",
            "cluster": text_of(data, "clusterCode"), "service": text_of(data, "product"),
        }  # fmt: skip
        route = {f"route.{name}": clean(text, 40) for name, text in told.items() if text}
    return " ".join(numbered[n] for n in sorted(numbered)) if complete else "", route


# -- tracking ------------------------------------------------------------------------------------------------------------
def parse_found(reply: Reply, keys: list[str]) -> dict[str, Found | None]:
    """By our reference; None where TNT says that it has no such consignment. One that it does not speak of is left out. A consignment
    that cannot be read is left out as well. Raises OursError for an answer that is none."""
    root = read_xml(reply)
    if local_name(root) != "TrackResponse":
        raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": local_name(root)[:60]}))
    found: dict[str, Found | None] = {}
    for one in children(root, "Consignment"):
        told = text_of(one, "CustomerReference")
        key = told if told in keys else keys[0] if not told and len(keys) == 1 else ""
        if not key:
            continue
        read = _found(one)
        before = found.get(key)
        if read is not None and read.summary != NOT_FOUND:
            found[key] = read if before is None or _later(read) >= _later(before) else before
        elif read is not None:
            found.setdefault(key, None)
    return found


def _number(one: Element) -> str:
    """The whole number (`GE123456785TR`) where both are told: it is what the result of the shipment said."""
    number, other = (_plain(text_of(one, name)) for name in ("ConsignmentNumber", "AlternativeConsignmentNumber"))
    return other if _WHOLE.fullmatch(other) and number in other else number


def _later(found: Found) -> datetime:
    return found.moves[-1].at if found.moves else datetime.min.replace(tzinfo=UTC)


def _found(one: Element) -> Found | None:
    """None for one without a summary, or without a number although it is there."""
    summary, number = text_of(one, "SummaryCode"), _number(one)
    if summary == NOT_FOUND:
        return Found("", NOT_FOUND)
    if not summary or not number:
        return None
    moves: list[tuple[datetime, str, str, str]] = []
    for row in children(one, "StatusData"):
        at = _instant(text_of(row, "LocalEventDate"), text_of(row, "LocalEventTime"))
        if at is not None:
            place = text_of(row, "DepotName") or text_of(row, "Depot")
            moves.append(
                (at, text_of(row, "StatusCode"), known(text_of(row, "StatusDescription"), 200), known(place, 120))
            )
    moves.sort(key=lambda move: move[0])
    last = len(moves) - 1
    events = tuple(
        TrackingEvent(at, _state(code, text, summary, ended=n == last), text, place)
        for n, (at, code, text, place) in enumerate(moves)
    )
    delivered = _instant(text_of(one, "DeliveryDate"), text_of(one, "DeliveryTime")) if summary == "DEL" else None
    if delivered is None and summary == "DEL":
        delivered = next((event.at for event in reversed(events) if event.status is _S.DELIVERED), None)
    return Found(
        number, summary, events, moves[-1][1] if moves else "", delivered, clean(text_of(one, "Signatory"), 200)
    )


def _state(code: str, text: str, summary: str, *, ended: bool) -> ShipmentStatus:
    if ended and summary == "EXC":
        return _S.PROBLEM
    return STATES.get(code) or (_S.CREATED if _TOLD_OF.search(text) else _S.IN_TRANSIT)


def _instant(day: str, time: str) -> datetime | None:
    """UTC instant of `YYYYMMDD` and `HHMM`; without a time midnight."""
    date, clock = _DATE.fullmatch(day), _TIME.fullmatch(time)
    if date is None:
        return None
    year, month, number = (int(part) for part in date.groups())
    hour, minute = (int(part) for part in clock.groups()) if clock is not None else (0, 0)
    return maybe(_utc, (year, month, number, hour, minute))


def _utc(told: tuple[int, int, int, int, int]) -> datetime:
    year, month, day, hour, minute = told
    return datetime(year, month, day, hour, minute, tzinfo=ISTANBUL).astimezone(UTC)


def to_shipment(reference: str, found: Found) -> Shipment:
    return Shipment(
        reference=reference,
        status=found.status,
        tracking_number=found.number,
        tracking_url=TRACKING_URL + found.number,
        vendor_status=found.code or found.summary,
        barcode=found.number,
    )


def to_report(reference: str, found: Found) -> TrackingReport:
    return TrackingReport(
        reference=reference,
        status=found.status,
        tracking_number=found.number,
        vendor_status=found.code or found.summary,
        events=found.moves,
        delivered_at=found.delivered_at,
        signed_by=found.signed_by,
        tracking_url=TRACKING_URL + found.number,
    )


# -- prices --------------------------------------------------------------------------------------------------------------
def parse_rates(reply: Reply) -> tuple[Rate, ...]:
    """One a service, VAT included, cheapest first. TNT tells no days. Raises OursError where a price cannot be read: the cheapest may be
    it."""
    root = read_xml(reply)
    best: dict[str, Rate] = {}
    for answer in root.iter("{*}ratedServices"):
        currency = text_of(answer, "currency")
        for one in children(answer, "ratedService"):
            product = child(one, "product")
            service = clean(text_of(product, "id"), 20) if product is not None else ""
            price = maybe(lambda told: Money.of(Decimal(told[0]), told[1]), (text_of(one, "totalPrice"), currency))
            if price is None or not _SERVICE.fullmatch(service):
                raise fail(_missing("product/id" if price is not None else "totalPrice", reply))
            if service and price.amount > 0 and (service not in best or price.amount < best[service].price.amount):
                best[service] = Rate(service, price)
    if not best and not list(root.iter("{*}priceResponse")):
        raise fail(_missing("priceResponse", reply))
    return tuple(sorted(best.values(), key=lambda rate: (rate.price.currency, rate.price.amount, rate.service)))
