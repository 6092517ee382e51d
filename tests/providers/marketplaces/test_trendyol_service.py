"""Trendyol's questions, invoice links, splits and box counts: requests by the reference's tables, parsers, flows on scripted answers."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Outcome, OutcomeState, ProviderError
from app.kit import Call
from app.model import Order, OrderStatus, QuestionStatus, ShipmentStatus, Window
from providers.marketplaces import trendyol_service as service
from providers.marketplaces.trendyol_views import (
    STAGES,
    TrendyolExpress,
    TrendyolFulfillment,
    by_express,
    parse_reports,
)
from providers.marketplaces.trendyol_wire import STATUSES, depot_marked, parse_stream
from tests.providers.marketplaces.trendyol_support import NOW, V1, V2, Script, account, reply, scripted

A = account()
PACKAGE = "/integration/order/sellers/2738/shipment-packages/700000001"
LINKS = "/integration/sellers/2738/seller-invoice-links"
QNA = "/integration/qna/sellers/2738/questions"
URL, NUMBER = "https://fatura.example/ığ?id=1", "PXZ2026000000001"
ISSUED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=3), NOW)
ERROR = {"errors": [{"key": "k", "message": "olmaz"}]}


def order(**changes: Any) -> Order:
    (found,) = parse_stream(reply({"content": [{**V1, **changes}], "hasMore": False})).items
    return found


def packages(*content: Any) -> dict[str, Any]:
    return {"totalElements": len(content), "totalPages": 1, "page": 0, "size": 200, "content": list(content)}


NONE = [packages()] * 8

#: request function → (call, method, path, query parameters, body)
TABLE: dict[str, tuple[Call, str, str, dict[str, str], Any]] = {
    "questions_request": (
        service.questions_request(A, WINDOW), "GET", f"{QNA}/filter",
        {"supplierId": "2738", "startDate": "1795165200000", "endDate": "1795424400000", "orderByField": "CreatedDate",
         "orderByDirection": "ASC", "page": "0", "size": "50"}, None),
    "question_request": (service.question_request(A, "9/1"), "GET", f"{QNA}/9%2F1", {}, None),
    "answer_request": (
        service.answer_request(A, "91", "Evet, pamukludur."), "POST", f"{QNA}/91/answers", {}, {"text": "Evet, pamukludur."}),
    "invoice_link_request": (
        service.invoice_link_request(A, "700000001", URL, NUMBER, ISSUED), "POST", LINKS, {},
        {"invoiceLink": URL, "shipmentPackageId": 700000001, "invoiceNumber": NUMBER, "invoiceDateTime": 1795420800000}),
    "split_request": (
        service.split_request(A, "700000001", [[("1", 2), ("2", 1)], [("3", 1)]]), "POST", f"{PACKAGE}/split-packages", {},
        {"splitPackages": [
            {"packageDetails": [{"orderLineId": 1, "quantities": 2}, {"orderLineId": 2, "quantities": 1}]},
            {"packageDetails": [{"orderLineId": 3, "quantities": 1}]}]}),
    "box_info_request": (
        service.box_info_request(A, "700000001", 2, Decimal("4.40")), "PUT", f"{PACKAGE}/box-info", {},
        {"boxQuantity": 2, "deci": Decimal("4.40")}),
}  # fmt: skip


def test_every_request_has_a_row() -> None:
    made = {n for n, f in inspect.getmembers(service, inspect.isfunction) if n.endswith("_request")}
    assert made == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_requests(name: str) -> None:
    call, method, path, params, body = TABLE[name]
    assert (call.method, call.path, dict(call.params)) == (method, path, params)
    assert dict(call.headers)["user-agent"] == "2738 - SelfIntegration"
    assert (json.loads(call.body, parse_float=Decimal) if call.body is not None else None) == body
    assert call.repeatable is {"PUT": True, "POST": False}.get(method)


def test_number_and_date_of_an_invoice_are_left_out_when_unknown() -> None:
    call = service.invoice_link_request(A, "5", URL, "", None)
    assert json.loads(call.body or b"") == {"invoiceLink": URL, "shipmentPackageId": 5}


# -- questions -----------------------------------------------------------------------------------------------------------
QUESTION = {
    "id": 90000298, "text": "Yün mü? Ölçüsü nedir?", "creationDate": 1795518253275, "customerId": 1, "userName": "A** Ö**",
    "productName": "Yün Kazak", "productMainId": "PX-9", "public": True, "webUrl": "https://www.trendyol.com/p",
    "status": "WAITING_FOR_ANSWER", "answer": None, "rejectedAnswer": None, "reason": "", "answeredDateMessage": "",
}  # fmt: skip


class TestQuestions:
    def test_a_question(self) -> None:
        page = service.parse_questions(reply(packages(QUESTION, {"id": 7, "text": "?"})))
        (one,) = page.items
        assert (one.remote_id, one.status, one.vendor_status) == ("90000298", QuestionStatus.OPEN, "WAITING_FOR_ANSWER")
        assert one.asked_at == datetime(2026, 11, 24, 11, 4, 13, 275000, tzinfo=UTC)
        assert (one.buyer, one.product, one.product_id) == ("A** Ö**", "Yün Kazak", "PX-9")
        assert (one.answer, one.answered_at, one.refused_answer, one.refused_reason) == ("", None, "", "")
        assert [(r.remote_id, r.message.code) for r in page.rejects] == [("7", "answer.field_missing")]

    @pytest.mark.parametrize(
        ("word", "status"),
        [("WAITING_FOR_APPROVE", "in_review"), ("ANSWERED", "answered"), ("REPORTED", "reported"), ("REJECTED", "closed"),
         ("UNANSWERED", "closed"), ("SOMETHING_NEW", "unknown")],
    )  # fmt: skip
    def test_states(self, word: str, status: str) -> None:
        (one,) = service.parse_questions(reply(packages({**QUESTION, "status": word}))).items
        assert (one.status, one.vendor_status) == (status, word)

    def test_answers(self) -> None:
        told = {
            **QUESTION,
            "answer": {"id": 1, "text": "Evet, yündür.", "creationDate": 1795518253275, "hasPrivateInfo": False},
            "rejectedAnswer": {"text": "Bizi arayın", "creationDate": 10**17, "reason": "yasaklı kelime"},
        }
        one = service.parse_question(reply(told))
        assert (one.answer, one.refused_answer, one.refused_reason) == (
            "Evet, yündür.",
            "Bizi arayın",
            "yasaklı kelime",
        )
        assert one.answered_at == one.asked_at

    @pytest.mark.parametrize(
        ("body", "told"), [(b'{"answerId": 12}', "12"), (b'"Kaydedildi"', ""), (b"", ""), (b"{}", "")]
    )
    def test_the_three_ways_to_say_taken(self, body: bytes, told: str) -> None:
        assert service.parse_answer_id(reply(body)) == told

    async def test_walks_fortnights_and_pages(self) -> None:
        two = {**packages(QUESTION), "totalPages": 2}
        client, script = scripted(packages(), two, packages({**QUESTION, "id": 5}))
        found = [q.remote_id async for p in client.questions(Window(NOW - timedelta(days=20), NOW)) for q in p.items]
        assert found == ["90000298", "5"]
        spans = [(r.url.params["startDate"], r.url.params["endDate"], r.url.params["page"]) for r in script.requests]
        assert spans[0][1] == spans[1][0]
        assert int(spans[0][1]) - int(spans[0][0]) == 14 * 86_400_000
        assert [page for _, _, page in spans] == ["0", "0", "1"]

    TEXT = "Evet, yüzde yüz yündür."

    async def test_answered(self) -> None:
        client, script = scripted({"answerId": 12})
        assert await client.answer("91", f"  {self.TEXT} ") == Outcome("91", OutcomeState.DONE, remote_ref="12")
        assert script.bodies == [{"text": self.TEXT}]

    @pytest.mark.parametrize("text", ["kısa", "  dokuz ha ", "x" * 2001])
    async def test_too_short_or_long_stays_at_home(self, text: str) -> None:
        client, script = scripted()
        outcome = await client.answer("91", text)
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.message is not None
        assert outcome.message.params == {"reason": "answer_10_2000"}
        assert script.requests == []

    @pytest.mark.parametrize(
        ("failure", "status", "answer", "state"),
        [
            (400, "WAITING_FOR_APPROVE", TEXT, OutcomeState.DONE),  # the same one, told before
            (400, "ANSWERED", "Hayır, pamukludur.", OutcomeState.REFUSED),
            (
                400,
                "WAITING_FOR_ANSWER",
                TEXT,
                OutcomeState.REFUSED,
            ),  # a forbidden word: the text stands there as refused
            (502, "WAITING_FOR_APPROVE", TEXT, OutcomeState.DONE),  # the answer was lost on its way back
            (502, "WAITING_FOR_ANSWER", None, OutcomeState.UNKNOWN),
        ],
    )
    async def test_a_failure_is_looked_into(
        self, failure: int, status: str, answer: str | None, state: OutcomeState
    ) -> None:
        stands = {**QUESTION, "status": status, "answer": {"text": answer} if answer else None}
        client, script = scripted((failure, ERROR), stands)
        assert (await client.answer("91", self.TEXT)).state is state
        assert script.paths[1] == f"GET {QNA}/91"

    async def test_no_such_question_and_nothing_to_look_at(self) -> None:
        client, script = scripted((404, ERROR))
        outcome = await client.answer("91", self.TEXT)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.code, len(script.requests)) == (
            OutcomeState.REFUSED,
            "item.not_found",
            1,
        )
        client, _ = scripted((502, {}), (503, {}))
        assert (await client.answer("91", self.TEXT)).state is OutcomeState.UNKNOWN

    @pytest.mark.parametrize(("status", "code"), [(401, r"auth\.refused"), (429, r"rate\.limited")])
    async def test_what_was_not_taken_raises(self, status: int, code: str) -> None:
        client, _ = scripted((status, ERROR))
        with pytest.raises(ProviderError, match=code):
            await client.answer("91", self.TEXT)


# -- invoice links -------------------------------------------------------------------------------------------------------
class TestInvoiceLinks:
    async def test_sent(self) -> None:
        client, script = scripted((201, None))
        outcome = await client.send_invoice_link(order(), URL, NUMBER, ISSUED)
        assert outcome == Outcome("700000001", OutcomeState.DONE, remote_ref="700000001")
        assert script.paths == [f"POST {LINKS}"]

    @pytest.mark.parametrize(
        ("stored", "state", "reason"),
        [(URL, OutcomeState.DONE, ""), ("https://baska.example/2", OutcomeState.REFUSED, "other_link"),
         ("", OutcomeState.REFUSED, "link_elsewhere")],
    )  # fmt: skip
    async def test_a_409_has_three_meanings(self, stored: str, state: OutcomeState, reason: str) -> None:
        client, _ = scripted((409, ERROR), packages({**V1, "invoiceLink": stored}))
        outcome = await client.send_invoice_link(order(), URL, NUMBER, ISSUED)
        assert outcome.state is state
        assert (outcome.message.params["reason"] if outcome.message else "") == reason
        assert outcome.message is None or (outcome.message.code, outcome.message.vendor_text) == (
            "item.conflict",
            "olmaz",
        )

    @pytest.mark.parametrize(
        ("changes", "url", "number", "issued", "reason"),
        [
            ({}, "fatura.pdf", NUMBER, ISSUED, "link"),
            ({}, "https:///x", NUMBER, ISSUED, "link"),
            ({}, URL, "FRY12345", ISSUED, "invoice_number"),
            ({}, URL, "ŞXZ2026000000001", ISSUED, "invoice_number"),
            ({"micro": True}, URL, "", ISSUED, "invoice_of_export"),
            ({"micro": True}, URL, NUMBER, None, "invoice_of_export"),
        ],
    )
    async def test_refused_at_home(
        self, changes: dict[str, Any], url: str, number: str, issued: datetime | None, reason: str
    ) -> None:
        client, script = scripted()
        outcome = await client.send_invoice_link(order(**changes), url, number, issued)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.params["reason"]) == (OutcomeState.REFUSED, reason)
        assert script.requests == []

    async def test_an_order_of_another_channel(self) -> None:
        client, script = scripted()
        outcome = await client.send_invoice_link(msgspec.structs.replace(order(), remote_id="A-1"), URL, "", None)
        assert outcome.message is not None
        assert (outcome.message.code, script.requests) == ("item.not_found", [])

    @pytest.mark.parametrize(("status", "state"), [(400, OutcomeState.REFUSED), (502, OutcomeState.UNKNOWN)])
    async def test_refused_or_lost(self, status: int, state: OutcomeState) -> None:
        client, _ = scripted((status, ERROR))
        assert (await client.send_invoice_link(order(), URL, NUMBER, ISSUED)).state is state

    async def test_a_401_may_mean_an_unknown_package(self) -> None:
        client, _ = scripted((401, ERROR), *NONE)
        outcome = await client.send_invoice_link(order(), URL, NUMBER, ISSUED)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.not_found")
        for look in ((401, ERROR), packages(V1)):
            client, _ = scripted((401, ERROR), look)
            with pytest.raises(ProviderError, match=r"auth\.refused"):
                await client.send_invoice_link(order(), URL, NUMBER, ISSUED)


# -- splits and boxes ----------------------------------------------------------------------------------------------------
LINES = [{**V1["lines"][0], "id": 1, "quantity": 3}, {**V1["lines"][0], "id": 2, "quantity": 1},
         {**V1["lines"][0], "id": 3, "quantity": 1, "orderLineItemStatusName": "Cancelled"}]  # fmt: skip


class TestSplits:
    async def test_split(self) -> None:
        client, script = scripted(None)
        outcome = await client.split(order(lines=LINES), [[("1", 2)]])
        assert outcome.state is OutcomeState.DONE
        assert script.paths == [f"POST {PACKAGE}/split-packages"]
        assert script.bodies == [{"splitPackages": [{"packageDetails": [{"orderLineId": 1, "quantities": 2}]}]}]

    @pytest.mark.parametrize(
        ("groups", "reason"),
        [
            ([[("9", 1)]], "split_line"),
            ([[("3", 1)]], "split_line"),  # cancelled
            ([[("1", 4)]], "split_pieces"),
            ([[("1", 2)], [("1", 2)]], "split_pieces"),
            ([[("1", 0)]], "split_pieces"),
            ([], "split_nothing"),
            ([[("1", 3), ("2", 1)]], "split_nothing"),  # all of it in one package
            ([[("1", 3)], []], "split_nothing"),
        ],
    )
    async def test_refused_at_home(self, groups: list[list[tuple[str, int]]], reason: str) -> None:
        client, script = scripted()
        outcome = await client.split(order(lines=LINES), groups)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.params["reason"]) == (OutcomeState.REFUSED, reason)
        assert script.requests == []

    async def test_refused_there(self) -> None:
        client, script = scripted((400, {"errors": ["UnPacked statüsündeki paket üzerinde bu işlem yapılamaz"]}))
        outcome = await client.split(order(lines=LINES), [[("1", 2)]])
        assert (outcome.state, len(script.requests)) == (OutcomeState.REFUSED, 1)

    @pytest.mark.parametrize(
        ("look", "state"),
        [(packages({**V1, "status": "UnPacked"}), OutcomeState.DONE), (packages(V1), OutcomeState.UNKNOWN),
         ((503, {}), OutcomeState.UNKNOWN)],
        ids=["it-was-split", "it-was-not-yet", "nobody-knows"],
    )  # fmt: skip
    async def test_a_lost_answer_is_looked_up(self, look: Any, state: OutcomeState) -> None:
        client, _ = scripted((502, {}), look)
        assert (await client.split(order(lines=LINES), [[("1", 2)]])).state is state

    async def test_boxes(self) -> None:
        client, script = scripted(None)
        assert (await client.set_box_info(order(), 2, Decimal("3.5"))).state is OutcomeState.DONE
        assert script.bodies == [{"boxQuantity": 2, "deci": 3.5}]

    @pytest.mark.parametrize(
        ("boxes", "desi", "reason"),
        [(0, "1", "boxes"), (1, "0", "desi"), (1, "-2", "desi"), (1, "NaN", "desi"), (1, "Infinity", "desi")],
    )
    async def test_boxes_refused_at_home(self, boxes: int, desi: str, reason: str) -> None:
        client, script = scripted()
        outcome = await client.set_box_info(order(), boxes, Decimal(desi))
        assert outcome.message is not None
        assert (outcome.message.params["reason"], script.requests) == (reason, [])

    async def test_boxes_told_before_differ(self) -> None:
        text = "Zaten atanmış bir koli bilgisi bulunmaktadır."
        client, _ = scripted((400, {"errors": [{"key": "box.info.already.assigned", "message": text}]}))
        outcome = await client.set_box_info(order(), 2, Decimal(1))
        assert outcome.message is not None
        assert (outcome.state, outcome.message.vendor_code) == (OutcomeState.REFUSED, "box.info.already.assigned")


# -- the views -----------------------------------------------------------------------------------------------------------
def view(kind: Callable[..., Any], *answers: Any, **settings: str) -> tuple[Any, Script]:
    script = Script(*answers)
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url="https://apigw.trendyol.com")
    return kind(http, account(**settings)), script


class TestExpress:
    def test_whose_packages(self) -> None:
        names = [
            "Trendyol Express Marketplace",
            "TEX Marketplace",
            "Aras Kargo Marketplace",
            "",
            "DHL eCommerce Marketplace",
        ]
        assert [by_express(name) for name in names] == [True, True, False, False, False]

    async def test_labels_of_its_own_packages_only(self) -> None:
        client, script = view(TrendyolExpress, None, {"data": [{"label": "^XA^XZ"}]})
        (label,) = await client.label(order())
        assert (label.data, len(script.requests)) == (b"^XA^XZ", 2)
        client, script = view(TrendyolExpress)
        assert await client.label(order(cargoProviderName="Aras Kargo Marketplace")) == ()
        assert script.requests == []

    async def test_tracking(self) -> None:
        history = [{"createdDate": 1795425000000, "status": "Shipped"}, {"createdDate": 1795421400000, "status": "Created"},
                   {"createdDate": 1795428600000, "status": "Delivered"}]  # fmt: skip
        mine = {**V1, "status": "Delivered", "packageHistories": history, "cargoTrackingLink": "https://t.example/1"}
        client, _ = view(TrendyolExpress, packages(mine), packages(V2), *NONE)
        (report,) = await client.track(["700000001", "3330111111", "5"])
        assert (report.reference, report.status, report.vendor_status) == (
            "700000001",
            ShipmentStatus.DELIVERED,
            "Delivered",
        )
        assert (report.tracking_number, report.tracking_url) == ("7330000000000001", "https://t.example/1")
        assert [one.status for one in report.events] == ["created", "in_transit", "delivered"]
        assert report.delivered_at == datetime(2026, 11, 23, 10, 10, tzinfo=UTC)

    def test_every_word_of_the_order_list_has_a_stage(self) -> None:
        assert set(STATUSES) == set(STAGES)
        ((_, report),) = parse_reports(reply(packages({**V1, "status": "Yeni", "packageHistories": None}))).items
        assert (report.status, report.events) == (ShipmentStatus.UNKNOWN, ())


class TestFulfillment:
    DEPOT: dict[str, Any] = {**V1, "warehouseId": 372389}  # noqa: RUF012 - read only

    def stream(self) -> dict[str, Any]:
        return {"content": [self.DEPOT, {**V1, "id": 2, "warehouseId": 1}], "hasMore": False}

    async def test_none_named(self) -> None:
        client, _ = view(TrendyolFulfillment, self.stream(), packages(self.DEPOT))
        (page,) = [p async for p in client.orders(WINDOW)]
        assert [(o.remote_id, o.fulfilled_by_channel) for o in page.items] == [("700000001", False), ("2", False)]
        assert len(await client.order("9000000001")) == 1

    async def test_the_depots_packages_only(self) -> None:
        client, _ = view(TrendyolFulfillment, self.stream(), packages({**V1, "id": 2}), depot_warehouse="372389")
        (page,) = [p async for p in client.orders(WINDOW)]
        assert [(o.remote_id, o.fulfilled_by_channel) for o in page.items] == [("700000001", True)]
        assert await client.order("9000000001") == ()

    def test_the_trendyol_connection_marks_the_same(self) -> None:
        page = depot_marked(parse_stream(reply(self.stream())), "372389")
        assert [o.fulfilled_by_channel for o in page.items] == [True, False]
        assert all(o.status is OrderStatus.OPEN for o in page.items)


def test_no_path_holds_a_raw_id() -> None:
    for call in (service.box_info_request(A, "7/../8", 1, Decimal(1)), service.answer_request(A, "7?x", "t" * 10)):
        assert re.fullmatch(r"/[A-Za-z0-9/%.-]+", call.path)
        assert "7/" not in call.path
