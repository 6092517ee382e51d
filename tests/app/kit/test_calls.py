"""Calls, replies, the standard reading of statuses, records one by one, pages, XML, SOAP, GraphQL."""

import msgspec
import pytest

from app.contracts import OursError, ProviderError, TheirsError, YoursError
from app.kit import (
    Call,
    Reply,
    decode_json,
    encode_json,
    graphql_call,
    graphql_errors,
    http_errors,
    httpx,
    json_call,
    pages,
    parse_xml,
    read_records,
    segment,
    send,
    soap_body,
    soap_call,
    soap_errors,
    with_params,
)
from app.model import Money

HTML = b"<!DOCTYPE html><html><body>Attention required</body></html>"


class Wire(msgspec.Struct):
    id: int
    name: str


def reply(status=200, body=b"{}", **headers):
    return Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, body, "orders")


def client(handler):
    return httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="https://api.example")


def test_decimals_become_exact_numbers():
    assert encode_json({"salePrice": Money.of("199.90", "TRY").amount}) == b'{"salePrice":199.90}'


def test_query_and_segments_are_percent_encoded():
    call = json_call("GET", "/x", "orders", params={"q": "a b+c/ş"})
    assert call.url == "/x?q=a%20b%2Bc%2F%C5%9F"
    assert segment("PX/1 ş") == "PX%2F1%20%C5%9F"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b"{}", "auth.refused"), (403, b"{}", "auth.forbidden"), (403, HTML, "auth.ip_not_allowed"),
        (404, b"{}", "item.not_found"), (404, HTML, "config.wrong_url"), (409, b"{}", "item.conflict"),
        (422, b"{}", "request.refused"), (429, b"", "rate.limited"), (500, b"", "server.error"),
        (503, b"", "server.unavailable"), (301, b"", "server.redirect"), (200, HTML, "server.html"), (418, b"", "request.refused"),
    ],
)  # fmt: skip
def test_standard_reading_of_a_status(status, body, code):
    message = http_errors(reply(status, body))
    assert message is not None
    assert message.code == code


def test_a_good_answer_is_no_message():
    assert http_errors(reply(204, b"")) is None


def test_retry_after_in_seconds_only():
    assert http_errors(reply(429, retry_after="7")).retry_after == 7
    assert http_errors(reply(429, retry_after="soon")).retry_after is None


async def test_send_raises_by_kind():
    for status, kind in ((401, YoursError), (503, TheirsError)):
        async with client(lambda request, status=status: httpx.Response(status)) as http:
            with pytest.raises(kind) as caught:
                await send(http, Call("GET", "/orders", "orders"))
        assert caught.value.message.params["operation"] == "orders"


async def test_extensions_reach_the_pipeline():
    seen = {}

    def handler(request):
        seen.update(request.extensions)
        return httpx.Response(200, json={})

    async with client(handler) as http:
        await send(http, Call("POST", "/p", "set_prices", group="inventory", repeatable=True, deadline_s=3.0))
    assert {k: seen[k] for k in ("operation", "group", "repeatable", "deadline")} == {
        "operation": "set_prices", "group": "inventory", "repeatable": True, "deadline": 3.0,
    }  # fmt: skip


def test_a_missing_field_is_named():
    with pytest.raises(OursError) as caught:
        decode_json(reply(body=b'{"id": 1}'), Wire)
    assert caught.value.message.code == "answer.field_missing"
    assert caught.value.message.field == "name"


@pytest.mark.parametrize("body", [b'{"id": 1,', b"\xff\xfe", b"", b'{"id": "x", "name": 1}'])
def test_unreadable_bodies_are_ours(body):
    with pytest.raises(OursError):
        decode_json(reply(body=body), Wire)


def test_a_page_instead_of_data_is_theirs():
    with pytest.raises(TheirsError) as caught:
        decode_json(reply(body=HTML), Wire)
    assert caught.value.message.code == "server.html"


def test_one_bad_record_does_not_cost_its_page():
    raws = [msgspec.Raw(b'{"id":1,"name":"a"}'), msgspec.Raw(b'{"id":2}'), msgspec.Raw(b'{"id":3,"name":"c"}')]
    good, bad = read_records(raws, Wire, lambda w: w.name if w.id != 3 else None, lambda d: str(d["id"]))
    assert good == ("a",)
    assert [(r.remote_id, r.message.code, r.raw) for r in bad] == [("2", "answer.field_missing", '{"id":2}')]


def test_a_mapper_that_fails_makes_a_reject_too():
    raws = [msgspec.Raw(b'{"id":1,"name":"a"}')]

    def mapper(wire):
        raise ValueError("no such currency")

    good, bad = read_records(raws, Wire, mapper, lambda d: d["nope"])
    assert good == ()
    assert bad[0].remote_id == ""
    assert bad[0].message.params["reason"] == "no such currency"


async def test_a_failed_page_is_not_the_last_page():
    def handler(request):
        page = int(request.url.params["page"])
        return httpx.Response(500) if page == 2 else httpx.Response(200, json={"page": page})

    def following(call, answer):
        page = msgspec.json.decode(answer.body)["page"]
        return with_params(call, page=str(page + 1)) if page < 3 else None

    seen = []
    async with client(handler) as http:
        with pytest.raises(TheirsError):
            async for one in pages(http, Call("GET", "/o", "orders", (("page", "1"),)), following):
                seen.append(one.body)
    assert len(seen) == 1


async def test_a_cursor_that_leads_nowhere_is_told():
    async with client(lambda request: httpx.Response(200, json={})) as http:
        with pytest.raises(OursError):
            async for _ in pages(http, Call("GET", "/o", "orders"), lambda call, answer: call):
                pass


def test_with_params_sets_and_removes():
    call = Call("GET", "/o", "orders", (("a", "1"), ("b", "2")))
    assert with_params(call, b=None, c="3").params == (("a", "1"), ("c", "3"))


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
        b"<a><b></a>",
        b"",
        b"\x00\x01",
    ],
)
def test_xml_that_is_not_plain_is_refused(body):
    with pytest.raises(ProviderError):
        parse_xml(body)


def test_soap_envelopes_escape_and_drop_control_characters():
    call = soap_call("/ws", "create", "", ("createShipment", [("name", "Ş & <b>\x01")]), namespace="http://y")
    root = parse_xml(call.body)
    assert "".join(root.itertext()) == "Ş & <b>"
    assert call.repeatable is False


def test_soap_faults_and_bodies():
    fault = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
    <faultcode>s:Server</faultcode><faultstring>kaput</faultstring></s:Fault></s:Body></s:Envelope>"""
    message = soap_errors(reply(500, fault))
    assert (message.code, message.vendor_text) == ("server.error", "kaput")
    assert soap_errors(reply(200, b"<a/>")) is None
    good = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r>1</r></s:Body></s:Envelope>'
    assert soap_body(reply(body=good)).text == "1"
    with pytest.raises(OursError):
        soap_body(reply(body=b"<a/>"))


def test_graphql_errors_come_with_status_200():
    body = b'{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}'
    assert [e.code for e in graphql_errors(reply(body=body))] == ["THROTTLED"]
    assert graphql_errors(reply(body=b'{"errors":"[API] Invalid key"}'))[0].message == "[API] Invalid key"
    assert graphql_errors(reply(body=b'{"data":{}}')) == []
    assert graphql_errors(reply(body=b'{"errors": <<')) == []


def test_queries_repeat_and_mutations_do_not():
    assert graphql_call("/g", "orders", "query { shop { id } }").repeatable is True
    assert graphql_call("/g", "set_prices", "mutation M { x }").repeatable is False
