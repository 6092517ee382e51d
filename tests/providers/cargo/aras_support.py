"""An account, a request and answers of Aras Kargo for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import Address, Parcel, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = {
    "order_username": "neodyum", "order_password": "nd2580", "query_username": "neodyum-sorgu", "query_password": "nds2580",
    "customer_code": "1932448851342",
}  # fmt: skip
RECEIVER = Address("Elif Örnek", "", "Gül Mah. Lale Sok. 4/2", "BORNOVA", "İZMİR", "", "35000", "TR", "0555 111 22 33")
REQUEST = ShipmentRequest(
    "2026112417", RECEIVER, (Parcel(1200, 200, 100, 300), Parcel(500)), order_number="#1042", invoice_number="F2026000123",
    content="Kazak", note="Zili çalın",
)  # fmt: skip
CODE = "2026112417"


def account(base_url: str = "https://customerws.araskargo.com.tr", keys: Mapping[str, str] | None = None) -> Account:
    held = {k: v for k, v in (KEYS if keys is None else keys).items() if v}
    return Account(
        id="ak", integration="aras_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789abcdef0123", settings={k: v for k, v in held.items() if "password" not in k},
        secrets={k: Secret(v) for k, v in held.items() if "password" in k},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(RECEIVER, **to), **rest)


def answer(action: str, inner: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{action}Response xmlns="http://tempuri.org/"><{action}Result>{inner}</{action}Result></{action}Response>'
        "</s:Body></s:Envelope>"
    ).encode()


def fields(**values: str) -> str:
    return "".join(f"<{k}>{escape(v)}</{k}>" for k, v in values.items())


def created(result: str = "0", text: str = "", code: str = CODE) -> bytes:
    row = fields(ResultCode=result, ResultMessage=text, **({"IntegrationCode": code} if code else {}))
    return answer("SetOrder", f"<OrderResultInfo>{row}</OrderResultInfo>")


def known(code: str = CODE, *barcodes: str) -> bytes:
    pieces = "".join(f"<PieceDetail>{fields(BarcodeNumber=one)}</PieceDetail>" for one in barcodes)
    order = f"<Order>{fields(IntegrationCode=code)}<PieceDetails>{pieces}</PieceDetails></Order>"
    return answer("GetOrderWithIntegrationCode", f"{fields(ResultCode='0')}{order}")


def asked(result: str = "0", text: str = "Kayıt bulunamadı.") -> bytes:
    return answer("GetOrderWithIntegrationCode", fields(ResultCode=result, ResultMessage=text))


def cancelled(result: str, text: str = "") -> bytes:
    return answer("CancelDispatch", fields(ResultCode=result, ResultMessage=text) if text else result)


def row(code: str = CODE, **values: str) -> str:
    """One row of kind 39."""
    return f"<Collection>{fields(MUSTERI_OZEL_KODU=code, **{'TIP_KODU': '1', **values})}</Collection>"


def rows(*found: str) -> bytes:
    return answer("GetQueryXML", f'<QueryResult xmlns="">{"".join(found)}</QueryResult>')


def label(result: str = "0", **values: str) -> bytes:
    return answer("GetArasBarcode", fields(ResultCode=result, **values))


def fault(text: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
        f"<faultstring>{text}</faultstring></s:Fault></s:Body></s:Envelope>"
    ).encode()


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "text/xml; charset=utf-8"}, body, "find")
