"""ÇiçekSepeti's pure ends: rows to orders, products, batches, returns, requests and errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.contracts import Kind, Outcome, OutcomeState, ProviderError, Throttled
from app.kit import Call, Reply
from app.model import (
    ListingRef,
    ListingStatus,
    Money,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
    Window,
)
from providers.marketplaces import ciceksepeti_calls as calls
from providers.marketplaces import ciceksepeti_claims as returns
from providers.marketplaces import ciceksepeti_errors as errors
from providers.marketplaces import ciceksepeti_goods as goods
from providers.marketplaces import ciceksepeti_shipping as shipping
from providers.marketplaces.ciceksepeti_walk import Rows, Walk
from providers.marketplaces.ciceksepeti_wire import RowWire, instant, status_of
from tests.providers.marketplaces.ciceksepeti_support import CANCELLED, NOW, account, cancelled, orders, reply, row

WINDOW = Window(datetime(2026, 11, 10, 7, 30, 45, tzinfo=UTC), datetime(2026, 11, 20, 6, 15, 59, tzinfo=UTC))


def read(*rows: Any) -> Any:
    found = Rows()
    found.add(reply(orders(*rows)))
    return found.page()


# -- orders --------------------------------------------------------------------------------------------------------------
def test_the_reference_example() -> None:
    (order,) = read(row(cardMessage="İyi ki doğdun")).items
    assert (order.remote_id, order.number, order.status, order.vendor_status) == (
        "40000001", "40000001", OrderStatus.OPEN, "Yeni",
    )  # fmt: skip
    assert order.placed_at == datetime(2026, 11, 20, 7, 15, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 11, 21, 5, 5, tzinfo=UTC)
    assert order.total == Money.of("220.0", "TRY")
    assert (order.buyer.name, order.buyer.email) == ("Ali Örnek", "x@example.com"), "the sender pays"
    assert (order.ship_to.name, order.ship_to.street, order.ship_to.phone) == (
        "Ayşe Örnek", "Deneme Mah. Deneme Sk. 1", "+905550000000",
    )  # fmt: skip
    assert order.bill_to is not None
    assert order.bill_to.city == "İzmir"
    (line,) = order.lines
    assert (line.remote_id, line.sku, line.listing_id, line.barcode, line.vat_rate) == (
        "50000001", "PX-KUPA-01", "PX-KUPA-01", "8690000000011", Decimal(20),
    )  # fmt: skip
    assert order.note == "İyi ki doğdun"
    assert order.extra == {"items": "50000001:1", "model": "1"}


def test_the_items_of_an_order_become_one() -> None:
    found = Rows()
    found.add(reply(orders(row(), row(orderId=7, orderItemId=71))))
    second = row(
        orderItemId=50000002, quantity=2, totalPrice=100.0, invoicePrice=None, branchDiscountPart=10.0, code="B", orderItemStatusId=5,
        orderProductStatus="Kargoya Verildi", cargoNumber=734512098765, partialNumber="7001111-10", cargoCompany="Sürat",
        orderModifyDate="22/11/2026", shipmentTrackingUrl="https://k.example/7",
    )  # fmt: skip
    gone = row(orderItemId=50000003, isOrderStatusActive=False, orderProductStatus="İptal Edildi", invoicePrice=5.0)
    found.add(reply(orders(second, gone)))
    order = next(one for one in found.page().items if one.number == "40000001")
    assert order.status is OrderStatus.PARTIALLY_SHIPPED
    assert order.vendor_status == "Yeni, Kargoya Verildi"
    assert [(x.remote_id, x.quantity, x.cancelled) for x in order.lines] == [
        ("50000001", 1, False), ("50000002", 2, False), ("50000003", 1, True),
    ]  # fmt: skip
    assert order.lines[1].unit_price.money == Money.of("45.0000", "TRY")
    assert (order.total, order.discount) == (Money.of("315.0", "TRY"), Money.of("10.0", "TRY"))
    assert (order.carrier, order.tracking_number) == ("MNG", "734512098765")
    assert order.extra["partialNumber"] == "7001111-10"
    assert order.updated_at.day == 22
    assert order.extra["items"] == "50000001:1,50000002:5"


def test_an_item_that_comes_twice_is_its_later_word() -> None:
    found = Rows()
    found.add(reply(orders(row())))
    found.add(reply(orders(row(isOrderStatusActive=False, orderProductStatus="İptal Edildi"))))
    (order,) = found.page().items
    assert order.status is OrderStatus.CANCELLED
    assert len(order.lines) == 1


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((1, 2), OrderStatus.OPEN), ((11,), OrderStatus.OPEN), ((3,), OrderStatus.SHIPPED), ((5, 7), OrderStatus.SHIPPED),
        ((1, 7), OrderStatus.PARTIALLY_SHIPPED), ((7, 18), OrderStatus.DELIVERED), ((18,), OrderStatus.RETURNED),
        ((20,), OrderStatus.DELIVERED), ((99,), OrderStatus.UNKNOWN), ((1, 99), OrderStatus.UNKNOWN), ((), OrderStatus.CANCELLED),
    ],
)  # fmt: skip
def test_statuses(statuses: tuple[int, ...], expected: OrderStatus) -> None:
    rows = [msgspec.convert(row(orderItemStatusId=one), RowWire) for one in statuses]
    assert status_of(rows) is expected


def test_only_what_changed_is_told() -> None:
    found = Rows()
    new = row(orderId=2, orderModifyDate="23/11/2026", orderModifyTime="10:00")
    silent, odd = row(orderId=3, orderModifyDate=None), row(orderId=4, orderModifyDate="dün")
    found.add(reply(orders(row(), new, silent, odd)))
    page = found.page(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))
    assert {one.number for one in page.items} == {"2", "3", "4"}, "who does not say when is told"
    assert next(one for one in page.items if one.number == "3").updated_at == datetime(2026, 11, 20, 7, 15, tzinfo=UTC)


def test_one_unreadable_item_costs_its_order_only() -> None:
    page = read(row(), row(orderItemId=2, quantity="iki"), row(orderId=2), {"orderItemId": 3})
    assert [one.number for one in page.items] == ["2"]
    assert [(one.remote_id, one.message.code) for one in page.rejects] == [
        ("", "answer.field_missing"), ("40000001", "answer.unreadable"),
    ]  # fmt: skip


def test_odd_optional_parts_do_not_cost_the_order() -> None:
    page = read(row(quantity=1.5, name="Zeytin", cargoModelType="bir"))
    (order,) = page.items
    assert (order.lines[0].quantity, order.lines[0].title) == (0, "Zeytin × 1.5")
    assert [one.message.code for one in page.rejects] == ["answer.odd_field"]
    assert read(row(isOrderStatusActive="belki")).items == (), "whether it was cancelled decides what is sent"


def test_texts_money_and_dates_of_made_to_order_goods() -> None:
    texts = [{"text": "Ad", "value": "Işıl"}, "x", {"text": "Yalnız metin"}]
    (order,) = read(
        row(orderItemTextListModel=texts, cardMessage="Kart", tax=27, deliveryDate="24/11/2026", deliveryTime="14:00-18:00",
            orderPaymentType="Kapıda Ödeme", senderName="", senderCity="", receiverPhone="yok", receiverRegion="")
    ).items  # fmt: skip
    assert order.note == "Kart · Işıl · Yalnız metin"
    assert order.lines[0].vat_rate is None, "an amount is no rate"
    assert order.extra["deliveryDate"] == "24/11/2026 14:00-18:00"
    assert order.cash_on_delivery
    assert order.bill_to is None
    assert order.buyer.name == "Ayşe Örnek"
    assert (order.ship_to.phone, order.ship_to.street) == ("yok", "Deneme Sk. 1")


@pytest.mark.parametrize("day", ["20/11/2026", "20-11-2026", "20.11.2026", "2026-11-20"])
def test_dates(day: str) -> None:
    assert instant(day, "10:15:30") == datetime(2026, 11, 20, 7, 15, tzinfo=UTC)
    assert instant(day) == datetime(2026, 11, 19, 21, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="no such date"):
        instant("yarın")


# -- walks ---------------------------------------------------------------------------------------------------------------
def test_a_walk_ends_at_a_page_that_is_not_full() -> None:
    walk = Walk(100)
    for count, total in ((100, 100), (100, 100), (40, 40)):  # a total that is the page's own says nothing
        assert walk.page is not None
        walk.take(count, total)
    assert (walk.page, walk.steps) == (None, 3)
    with pytest.raises(ValueError, match="ended"):
        walk.take(1, 1)


def test_a_list_that_became_shorter_is_read_again() -> None:
    walk = Walk(100)
    walk.take(100, 250)
    assert (walk.page, walk.again) == (1, 0)
    walk.take(100, 249)
    assert (walk.page, walk.again) == (0, 2), "asked otherwise than before"
    walk.take(100, 249)
    assert walk.page == 1
    assert walk.again
    walk.take(100, 249)
    assert (walk.page, walk.again) == (2, 0)
    walk.take(49, 249)
    assert walk.page is None


def test_a_list_that_only_shrinks_is_given_up() -> None:
    walk = Walk(100)
    with pytest.raises(ProviderError, match="moves faster"):
        for left in range(5000, 0, -1):
            walk.take(100, left)


# -- requests ------------------------------------------------------------------------------------------------------------
def body(call: Call) -> Any:
    assert call.body is not None
    return msgspec.json.decode(call.body)


def test_order_requests() -> None:
    call = calls.orders_request(WINDOW, 2, NOW, active=True, patient=False)
    assert (call.method, call.path, call.group, call.repeatable, call.deadline_s) == (
        "POST", "/api/v1/Order/GetOrders", "orders", False, None,
    )  # fmt: skip
    # Whole minutes, Turkish time, three hours of doubt before; the end's seconds are the clock's.
    assert body(call) == {
        "startDate": "2026-11-10T07:30:00", "endDate": "2026-11-20T09:15:17", "pageSize": 100, "page": 2,
    }  # fmt: skip
    again = calls.orders_request(WINDOW, 2, NOW, active=False, again=3)
    assert (body(again)["endDate"], body(again)["isOrderStatusActive"]) == ("2026-11-20T09:18:17", False)
    assert again.deadline_s == calls.PATIENT_S
    one = calls.order_request("40000001", "order", NOW, active=True)
    assert body(one) == {"orderNo": 40000001, "pageSize": 92, "page": 0}
    assert body(calls.order_request("4", "order", NOW, active=False))["isOrderStatusActive"] is False
    told = body(calls.cancelled_request(WINDOW, 0, NOW, "orders"))
    assert told == {
        "cancellationStartDate": "2026-11-10T10:30:00", "cancellationEndDate": "2026-11-20T09:15:17", "pageSize": 100, "page": 0,
    }  # fmt: skip
    assert body(calls.accept_claim_request("50000001")) == {"orderItemId": 50000001, "process": 1}


def test_the_widest_order_window_is_within_two_weeks() -> None:
    piece = next(Window(NOW - timedelta(days=60), NOW).split(calls.WIDEST))
    asked = body(calls.orders_request(piece, 0, NOW, active=True, again=60))
    width = datetime.fromisoformat(asked["endDate"]) - datetime.fromisoformat(asked["startDate"])
    assert calls.WIDEST + calls.ZONE_DOUBT <= width <= timedelta(days=14)
    year = Window(NOW - timedelta(days=90), NOW)
    assert all(x.until - x.since < timedelta(days=29) for x in year.split(calls.CANCELLED_WIDEST))


def ref(code: str = "PX-1") -> ListingRef:
    return ListingRef(code, code)


def lira(text: str) -> Money:
    return Money.of(text, "TRY")


def test_price_and_stock_requests() -> None:
    changes = [
        PriceChange("a", ref("İ-1"), lira("199.90"), list_price=lira("249.9")),
        PriceChange("b", ref(), lira("10.005"), was_list_price=lira("12.00")),
        PriceChange("c", ref(), lira("10"), list_price=lira("10.00")),
    ]
    call = calls.set_prices_request(changes)
    assert (call.method, call.path, call.repeatable) == ("PUT", "/api/v1/Products/price-and-stock", True)
    assert call.body is not None
    assert call.body.decode() == (
        '{"items":[{"stockCode":"İ-1","salesPrice":199.90,"listPrice":249.90},'
        '{"stockCode":"PX-1","salesPrice":10.01},{"stockCode":"PX-1","salesPrice":10.00}]}'
    )
    assert body(calls.set_stocks_request([StockChange("s", ref(), 0)])) == {
        "items": [{"stockCode": "PX-1", "stockQuantity": 0}]
    }
    assert calls.batch_request("a/b").path == "/api/v1/Products/batch-status/a%2Fb"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (PriceChange("x", ref(), Money.of("5", "EUR")), "currency"),
        (PriceChange("x", ref(), lira("5"), list_price=Money.of("6", "USD")), "currency"),
        (PriceChange("x", ref(), lira("0.004")), "salesPrice"),
        (PriceChange("x", ref(), lira("5"), list_price=lira("4.99")), "listPrice"),
    ],
)
def test_prices_that_are_not_sent(change: PriceChange, field: str) -> None:
    message = calls.refused_price(change)
    assert message is not None
    assert (message.kind, message.field) == (Kind.YOURS, field)
    assert calls.refused_price(PriceChange("x", ref(), lira("5"), list_price=lira("6"))) is None


def test_stocks_that_are_not_sent() -> None:
    assert calls.refused_stock(StockChange("x", ref(), -1)) is not None
    assert calls.refused_stock(StockChange("x", ref(), 2**31)) is not None
    assert calls.refused_stock(StockChange("x", ref(), 0)) is None


def test_the_same_question_is_worded_otherwise() -> None:
    sizes = calls.Variants(calls.PAGE_SIZES)
    asked = [sizes.next(NOW + timedelta(seconds=n)) for n in range(calls.PAGE_SIZES)]
    assert sorted(asked) == list(range(calls.PAGE_SIZES)), "none comes twice within ten minutes"
    assert sizes.next(NOW + timedelta(seconds=60)) == asked[0], "then the one that has rested longest"
    assert sizes.next(NOW + timedelta(seconds=700)) not in (asked[0],)
    later = calls.Variants(calls.SORTS)
    assert later.next(NOW) != calls.Variants(calls.SORTS).next(NOW + timedelta(seconds=100)), "after a restart, too"
    call = calls.listings_request(2, 3)
    assert call.params == (("PageSize", "57"), ("Page", "2"), ("SortMethod", "7"))
    assert (call.deadline_s, calls.listings_request(1, 0).deadline_s) == (calls.PATIENT_S, None)
    assert calls.probe_request(7).params == (("PageSize", "1"), ("Page", "1"), ("SortMethod", "8"))


def test_a_batch_rests_for_a_minute() -> None:
    batches = calls.Rested(60)
    assert batches.may("b", NOW)
    batches.note("b", NOW)
    assert not batches.may("b", NOW + timedelta(seconds=59))
    assert batches.may("c", NOW)
    assert batches.may("b", NOW + timedelta(seconds=60))
    batches.note("c", NOW + timedelta(seconds=61))
    assert batches.may("b", NOW), "forgotten when it does not matter any more"


def test_user_agent() -> None:
    assert calls.user_agent(account()) == "123456"
    assert calls.user_agent(account(integrator_name="Paxzar")) == "123456-Paxzar"


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "data", "operation", "code", "wait"),
    [
        (401, {"Message": "Geçersiz API Key"}, "orders", "auth.refused", None),
        (400, {"message": "Geçersiz API Key"}, "orders", "auth.refused", None),
        (403, {"Message": "Yetki yok"}, "orders", "auth.forbidden", None),
        (400, {"Message": "stockCode zorunlu"}, "set_prices", "request.refused", None),
        (404, {"Message": "Batch bulunamadı"}, "batch_result", "item.not_found", None),
        (429, {}, "orders", "rate.limited", None),
        (429, [1], "set_stocks", "rate.limited", None),
        (429, {"Message": "Bu servise 5 saniye içinde izin verilenden fazla istek gönderildi"}, "orders", "rate.limited", 5.0),
        (400, {"Message": "Limit aşımı. Kalan Süre: 4 saniye"}, "orders", "rate.limited", 5.0),
        (400, {"message": "Limit aşımı"}, "set_stocks", "rate.limited", None),
        (429, {"Message": "Aynı istek 10 dakika içinde yalnızca 1 kez gönderilebilir"}, "listings", "rate.limited", 600.0),
        (429, {"Message": "Aynı istek 30 dakika içinde yalnızca 1 kez gönderilebilir"}, "set_prices", "rate.repeated", 1800.0),
        (400, {"Message": "Limit aşımı. Kalan Süre: 700 saniye"}, "set_stocks", "rate.repeated", 701.0),
        (500, {"Message": "Bir hata oluştu"}, "orders", "server.error", None),
    ],
)  # fmt: skip
def test_errors(status: int, data: Any, operation: str, code: str, wait: float | None) -> None:
    message = errors.ciceksepeti_errors(reply(data, status, operation))
    assert message is not None
    assert (message.code, message.retry_after, message.status) == (code, wait, status)
    if code == "rate.repeated":
        assert message.params == {"vendor": "ÇiçekSepeti", "minutes": "30"}
    if isinstance(data, dict) and data:
        assert message.vendor_text == next(iter(data.values()))


def test_a_foreign_address_and_a_wrong_seller() -> None:
    page = Reply(403, {"content-type": "text/html"}, b"<html><title>404 Not Found</title>Page Not Available</html>")
    message = errors.ciceksepeti_errors(page)
    assert message is not None
    assert message.code == "auth.ip_not_allowed"
    seller = errors.ciceksepeti_errors(reply({"Message": "user-agent başlığı SatıcıId olmalıdır"}, 401))
    assert seller is not None
    assert (seller.code, seller.field) == ("auth.refused", "seller_id")
    assert errors.ciceksepeti_errors(reply({})) is None
    assert errors.ciceksepeti_errors(Reply(400, {}, b"\xff", "orders")) is not None


@pytest.mark.parametrize(
    ("status", "data", "expected"),
    [
        (400, {"Message": "Limit aşımı. Kalan Süre: 4 saniye"}, Throttled(5.0)),
        (400, {"Message": "Limit aşımı"}, Throttled(None)),
        (400, {"Message": "Aynı istek 30 dakika içinde yalnızca 1 kez gönderilebilir"}, None),
        (400, {"Message": "stockCode zorunlu"}, None),
        (200, {"Message": "Limit aşımı"}, None),
    ],
)
def test_limits_that_do_not_say_429(status: int, data: Any, expected: Throttled | None) -> None:
    assert errors.throttling(status, msgspec.json.encode(data)) == expected


# -- products and batches ------------------------------------------------------------------------------------------------
PRODUCT = {
    "productName": "Işıklı Kupa", "productCode": "kcm1", "stockCode": "PX-1", "mainProductCode": "ANA", "productStatusType": 3,
    "isActive": True, "isUseStockQuantity": True, "stockQuantity": 4, "salesPrice": 199.90, "listPrice": 249.9,
    "barcode": "869", "link": "https://www.ciceksepeti.com/x",
}  # fmt: skip


def test_products_in_either_spelling() -> None:
    other = {
        "ProductName": "Bot", "STOCKCODE": "007", "productStatusType": "YAYINDA", "stock": 1, "StockQuantity": None,
        "TotalPrice": 129, "ListPrice": 100, "barcode": None, "link": "http://x",
    }  # fmt: skip
    page, count = goods.parse_listings(
        reply({"totalCount": 9, "products": [PRODUCT, other, {"stockCode": " "}, {"stock": 1}]})
    )
    assert (count, page.total) == (4, 9)
    first, second = page.items
    assert (first.remote_id, first.sku, first.title, first.stock, first.barcode) == (
        "PX-1",
        "PX-1",
        "Işıklı Kupa",
        4,
        "869",
    )
    assert (first.price, first.list_price) == (lira("199.90"), lira("249.9"))
    assert (first.parent_id, first.product_url, first.extra) == (
        "ANA", "https://www.ciceksepeti.com/x", {"productCode": "kcm1"},
    )  # fmt: skip
    assert (second.remote_id, second.price, second.list_price, second.stock) == ("007", lira("129"), None, 1)
    assert (second.status, second.product_url, second.extra) == (ListingStatus.ACTIVE, "", {})
    assert [one.message.code for one in page.rejects] == ["answer.unreadable", "answer.field_missing"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"productStatusType": 2}, ListingStatus.DRAFT), ({"productStatusType": "4"}, ListingStatus.REFUSED),
        ({"productStatusType": 7}, ListingStatus.ACTIVE), ({"productStatusType": 8}, ListingStatus.PASSIVE),
        ({"productStatusType": 8, "stockQuantity": 0}, ListingStatus.ACTIVE), ({"productStatusType": 77}, ListingStatus.UNKNOWN),
        ({"productStatusType": None}, ListingStatus.UNKNOWN), ({"isActive": False}, ListingStatus.PASSIVE),
        ({"productStatusType": "SATIŞA KAPALI"}, ListingStatus.PASSIVE), ({"productStatusType": "Onay Bekleyen"}, ListingStatus.DRAFT),
    ],
)  # fmt: skip
def test_product_statuses(changes: dict[str, Any], expected: ListingStatus) -> None:
    page, _ = goods.parse_listings(reply({"products": [{**PRODUCT, **changes}]}))
    assert page.items[0].status is expected


def test_stock_that_is_not_counted_and_a_draft_without_price() -> None:
    page, _ = goods.parse_listings(reply({"products": [{"stockCode": "A", "isUseStockQuantity": False, "stock": 5}]}))
    assert (page.items[0].stock, page.items[0].price) == (None, None)
    bad, _ = goods.parse_listings(reply({"products": [{**PRODUCT, "salesPrice": "pahalı"}]}))
    assert bad.rejects[0].remote_id == "PX-1"


def batch(*items: dict[str, Any]) -> Any:
    return {"batchId": "b", "itemCount": len(items), "items": list(items)}


def item(code: str, status: str, *reasons: dict[str, Any]) -> dict[str, Any]:
    return {
        "itemId": "i",
        "data": {"StockCode": code, "salesPrice": 1},
        "status": status,
        "failureReasons": list(reasons),
    }


def judged(*items: dict[str, Any]) -> dict[str, tuple[OutcomeState, str]]:
    changes = [StockChange(code, ref(code), 1) for code in ("A", "B", "C")]
    receipt = goods.parse_batch(reply(batch(*items)), "b", changes)
    assert receipt.ticket == "b"
    return {one.key: (one.state, one.message.code if one.message else "") for one in receipt.outcomes}


def test_batches_are_judged_item_by_item() -> None:
    assert judged(
        item("A", "Success"), item("B", "Failed", {"message": "Girmiş olduğunuz kod bulunmamaktadır", "code": 4000}),
        item("C", "Failed", {"message": "Fark", "code": 4006}),
    ) == {
        "A": (OutcomeState.DONE, ""), "B": (OutcomeState.REFUSED, "item.not_found"), "C": (OutcomeState.REFUSED, "item.refused"),
    }  # fmt: skip
    assert judged(item("A", "Warning", {"message": "30 gün"}), item("B", "Failed"), item("C", "Belirsiz")) == {
        "A": (OutcomeState.DONE, "item.refused"), "B": (OutcomeState.UNKNOWN, "answer.unexpected"),
        "C": (OutcomeState.UNKNOWN, "answer.unexpected"),
    }  # fmt: skip
    pending = (OutcomeState.PENDING, "")
    assert judged(item("A", "Processing")) == {"A": pending, "B": pending, "C": pending}
    assert judged() == {"A": pending, "B": pending, "C": pending}
    lost = (OutcomeState.UNKNOWN, "answer.unexpected")
    assert judged({"status": "Success"}) == {"A": lost, "B": lost, "C": lost}


# -- shipping ------------------------------------------------------------------------------------------------------------
def notice(
    carrier: str = "Sürat Kargo", number: str = "734", url: str = "", lines: tuple[str, ...] = (), **extra: str
) -> Any:
    told = tuple(ShippedLine(one, 1) for one in lines)
    return ShipmentNotice("n", "40000001", "40000001", carrier, number, url, lines=told, extra=extra)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Yurtiçi Kargo", 2), ("YURTİÇİ", 2), ("Sürat Kargo Işık", 25), ("MNG", 1), ("Aras Kargo", 43), ("PTT Kargo", 44),
        ("kargomSENDE", 116), ("Sendeo", 59), ("Kolay Gelsin", 117), ("DHL eCommerce (MNG)", 1), ("Bilinmeyen", 0),
        ("Grups Kurye", 0),
    ],
)  # fmt: skip
def test_carriers(name: str, number: int) -> None:
    assert shipping.carrier_of(name)[0] == number


def test_what_is_still_to_be_told() -> None:
    items = "1:1,2:11,3:7,x:"
    assert shipping.to_tell(notice(), {"items": items}) == (["1"], ["2", "3"])
    assert shipping.to_tell(notice(), {"items": items, "model": "2"}) == (["1", "2"], ["3"])
    assert shipping.to_tell(notice("Yurtiçi"), {"items": items, "model": "2"}) == (["1"], ["2", "3"])
    assert shipping.to_tell(notice(lines=("3", "9")), {"items": items}) == ([], ["3"])


def test_both_ways_to_tell() -> None:
    ready = shipping.confirm_request("1", ["1", "2"], notice())
    assert isinstance(ready, Call)
    assert (ready.method, ready.path, ready.repeatable) == (
        "PUT",
        "/api/v1/Order/readyforcargowithcsintegration",
        False,
    )
    assert body(ready) == {"orderItemsGroup": [{"orderItemIds": [1, 2]}]}
    own = shipping.confirm_request("2", ["1", "x"], notice(url="https://k.example/734"))
    assert isinstance(own, Call)
    told = {
        "orderItemStatusId": 5,
        "cargoBusinessId": 25,
        "shipmentNumber": "734",
        "shipmentTrackingUrl": "https://k.example/734",
    }
    assert body(own) == {"orderItems": [{"orderItemId": 1, **told}, {"orderItemId": "x", **told}]}
    yurtici = shipping.confirm_request("2", ["1"], notice("Yurtiçi"))
    assert isinstance(yurtici, Call)
    assert body(yurtici)["orderItems"][0]["orderItemStatusId"] == 11, "only announced"
    for bad, field in (
        (notice("?"), "carrier"),
        (notice(number=""), "tracking_number"),
        (notice("Arvato"), "tracking_url"),
    ):
        missing = shipping.confirm_request("2", ["1"], bad)
        assert not isinstance(missing, Call)
        assert missing.field == field


def test_answers_to_a_confirmation() -> None:
    good = {
        "orderItems": [
            {"orderItemId": 1, "partialNumber": "7001111-10"},
            {"orderItemId": 2, "partialNumber": "7001111-10"},
        ],
        "isSuccess": True,
        "message": None,
    }
    assert shipping.parse_confirmed(reply({"statusUpdateResponse": [good]})) == ("7001111-10", None)
    bad = {"orderItems": None, "isSuccess": False, "message": "Order not available for this status!"}
    code, message = shipping.parse_confirmed(reply({"statusUpdateResponse": [good, bad]}))
    assert message is not None
    assert (code, message.vendor_text) == ("", "Order not available for this status!")
    assert shipping.parse_confirmed(reply({"statusUpdateResponse": []}))[1] is not None


# -- returns -------------------------------------------------------------------------------------------------------------
def test_returns_and_cancellations() -> None:
    page, count = returns.parse_cancelled(
        reply(cancelled(CANCELLED, {**CANCELLED, "cancelType": 1}, {"orderItemId": 9}))
    )
    assert (count, [one.remote_id for one in page.rejects]) == (3, ["9"])
    back, off = page.items
    assert (returns.is_return(back), returns.is_return(off)) == (True, False)
    (order,) = read(row(quantity=3)).items
    asked = Window(datetime(2026, 11, 1, tzinfo=UTC), NOW)
    claim = returns.to_claim(back, order, asked)
    assert (claim.remote_id, claim.order_number, claim.status) == ("50000001", "40000001", "İade Tedarikçide")
    assert (claim.lines, claim.reason, claim.tracking_number) == (
        (("50000001", 3),),
        "İade Sebepleri: Beğenmedim",
        "975",
    )
    assert claim.opened_at == order.updated_at
    lost = returns.to_claim(back, None, asked)
    assert (lost.lines, lost.opened_at) == ((("50000001", 0),), asked.since)
    assert returns.order_numbers(page.items) == ["40000001"]


def test_states_of_a_return() -> None:
    def claim(**changes: Any) -> Any:
        row_ = msgspec.convert({**CANCELLED, **changes}, returns.CancelledWire)
        return returns.to_claim(row_, None, WINDOW)

    waiting, decided = claim(), claim(orderItemCancelStatus="Bayi Onay")
    nothing = claim(orderItemStatus=None, cancelReason=None, subCancelReason=None)
    assert (decided.status, nothing.status, nothing.reason) == ("İade Tedarikçide · Bayi Onay", "?", "")
    assert [returns.waits_for_seller(one) for one in (waiting, decided, nothing)] == [0, 1, 1]
    assert returns.is_decided("Firmaya İade Edildi")
    assert not returns.is_decided("İade Kargoda")
    refused = returns.parse_accepted(reply({"isSuccess": False, "message": "Olmaz"}))
    assert refused is not None
    assert refused.vendor_text == "Olmaz"
    assert returns.parse_accepted(reply({"isSuccess": True})) is None


def test_outcomes_of_orders_that_nothing_could_be_told_of() -> None:
    (open_one,) = read(row()).items
    (told,) = read(row(orderItemStatusId=11)).items
    (gone,) = read(row(isOrderStatusActive=False)).items

    def code(found: Outcome) -> tuple[OutcomeState, str]:
        return found.state, found.message.code if found.message else ""

    refused = errors.ciceksepeti_errors(reply({"Message": "x"}, 400))
    assert code(shipping.judged(notice(), told)) == (OutcomeState.DONE, "")
    assert code(shipping.judged(notice(), gone, refused)) == (OutcomeState.REFUSED, "item.conflict")
    assert code(shipping.judged(notice(), open_one, refused)) == (OutcomeState.REFUSED, "request.refused")
    assert code(shipping.judged(notice(), None)) == (OutcomeState.REFUSED, "item.not_found")
