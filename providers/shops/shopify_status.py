"""What Shopify's three words (payment, fulfilment, return) mean together. Must never call an order open that is not paid for,
unless the buyer pays at the door.

Source of the facts: the enum descriptions of the official schema 2026-10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from app.model import OrderStatus, fold


class _Fulfilment(Protocol):
    @property
    def display_status(self) -> str | None: ...


class _States(Protocol):
    @property
    def cancelled_at(self) -> str | None: ...
    @property
    def display_financial_status(self) -> str | None: ...
    @property
    def display_fulfillment_status(self) -> str: ...
    @property
    def return_status(self) -> str: ...
    @property
    def payment_gateway_names(self) -> list[str]: ...
    @property
    def fulfillments(self) -> Iterable[_Fulfilment]: ...


_OPEN = frozenset({"UNFULFILLED", "OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT", "REQUEST_DECLINED"})
_WAITING = frozenset({"ON_HOLD", "SCHEDULED"})
_SENT = frozenset({"FULFILLED", "FULFILLMENT_NOT_REQUIRED"})
_UNPAID = frozenset({"PENDING", "PARTIALLY_PAID", "EXPIRED", "VOIDED"})
_PAID = frozenset({"PAID", "AUTHORIZED", "PARTIALLY_REFUNDED"})
_CAME_BACK = frozenset({"RETURNED", "INSPECTION_COMPLETE"})
_ARRIVED = frozenset({"DELIVERED", "PICKED_UP"})
#: Folded names of the manual payment methods with which the buyer pays the courier.
_AT_THE_DOOR = ("cash on delivery", "kapida odeme", "kapida nakit", "kapida kredi", "kapida kart")


def paid_on_delivery(gateways: Iterable[str]) -> bool:
    """Shopify has no flag for it: the manual payment method's name is all there is."""
    names = [fold(name) for name in gateways]
    return any(name == "cod" or any(word in name for word in _AT_THE_DOOR) for name in names)


def order_status(wire: _States, *, all_gone: bool) -> OrderStatus:
    """`all_gone`: every unit was refunded or removed. A word that we do not know is UNKNOWN, never guessed."""
    money, parcel = wire.display_financial_status, wire.display_fulfillment_status
    if wire.cancelled_at:
        return OrderStatus.CANCELLED
    if parcel in _SENT:
        if wire.return_status in _CAME_BACK and (all_gone or money == "REFUNDED"):
            return OrderStatus.RETURNED
        states = [f.display_status for f in wire.fulfillments if f.display_status != "CANCELED"]
        arrived = bool(states) and all(state in _ARRIVED for state in states)
        return OrderStatus.DELIVERED if arrived else OrderStatus.SHIPPED
    if parcel == "PARTIALLY_FULFILLED":
        return OrderStatus.PARTIALLY_SHIPPED
    if parcel in _WAITING:
        return OrderStatus.PENDING
    if parcel not in _OPEN:
        return OrderStatus.UNKNOWN
    if money == "REFUNDED":
        return OrderStatus.CANCELLED
    if money in _UNPAID:
        return OrderStatus.OPEN if paid_on_delivery(wire.payment_gateway_names) else OrderStatus.PENDING
    return OrderStatus.OPEN if money is None or money in _PAID else OrderStatus.UNKNOWN
