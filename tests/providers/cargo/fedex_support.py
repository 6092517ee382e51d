"""An account, a request and answers of FedEx for tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from app.contracts import Account, Secret
from app.kit import MemoryTokens, Reply
from app.model import ShipmentRequest
from tests.providers.cargo.ups_support import ABROAD, GOODS, NOW, RECEIVER, REQUEST, SENDER, ZPL

KEYS = {
    "ship_key": "k" * 24, "ship_secret": "s" * 24, "track_key": "t" * 24, "track_secret": "u" * 24, "account_number": "740561073", **SENDER,
}  # fmt: skip
SECRETS = ("ship_secret", "track_secret")
FIRST, SECOND = "794953555571", "794953555582"


def account(base_url: str = "https://apis.fedex.com", keys: Mapping[str, str] | None = None, **more: str) -> Account:
    held = {**(KEYS if keys is None else keys), **more}
    return Account(
        id="fedex", integration="fedex_kargo", environment="live", urls={"api": base_url}, tokens=MemoryTokens(),
        now=lambda: NOW, nonce=lambda: "0123456789ABCDEF0123456789ABCDEF99", settings={k: v for k, v in held.items() if k not in SECRETS},
        secrets={k: Secret(v) for k, v in held.items() if k in SECRETS},
    )  # fmt: skip


def request(**changes: Any) -> ShipmentRequest:
    """The good request with other fields; `to_…` ones change the receiver."""
    to = {k.removeprefix("to_"): v for k, v in changes.items() if k.startswith("to_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("to_")}
    base = rest.pop("receiver", RECEIVER)
    return msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(base, **to), **rest)


def exported(**changes: Any) -> ShipmentRequest:
    """The good request abroad."""
    return request(**{"receiver": ABROAD, "options": GOODS, **changes})


def reply(data: Any, status: int = 200, operation: str = "find") -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, {"content-type": "application/json"}, body, operation)


def problems(code: str, text: str = "Olmaz") -> dict[str, Any]:
    return {"transactionId": "x", "errors": [{"code": code, "message": text}]}


def packed(text: str = ZPL) -> str:
    return base64.b64encode(text.encode()).decode()


def document(text: str | None = ZPL, form: str = "ZPLII", kind: str = "LABEL") -> dict[str, Any]:
    return {
        "contentType": kind,
        "docType": form,
        "copiesToPrint": 1,
        "encodedLabel": packed(text) if text is not None else None,
    }


def created(*texts: str | None, form: str = "ZPLII", **changes: Any) -> dict[str, Any]:
    numbers = (FIRST, SECOND)
    pieces = [{"trackingNumber": numbers[n], "packageDocuments": [document(text, form)], "netChargeAmount": 21.45} for n, text in enumerate(texts)]  # fmt: skip
    rating = {"shipmentRateDetails": [{"rateType": "PAYOR_LIST_SHIPMENT", "currency": "TRY", "totalNetCharge": 1500.5}, {"rateType": "PAYOR_ACCOUNT_SHIPMENT", "currency": "TRY", "totalNetCharge": 1122.4}]}  # fmt: skip
    made = {
        "masterTrackingNumber": FIRST,
        "serviceType": "FEDEX_INTERNATIONAL_PRIORITY",
        "pieceResponses": pieces,
        "completedShipmentDetail": {"shipmentRating": rating},
        **changes,
    }
    return {"transactionId": "x", "output": {"transactionShipments": [made]}}


def scan(code: str, at: str = "2026-11-24T10:00:00+03:00", **more: Any) -> dict[str, Any]:
    return {
        "date": at, "eventType": code, "derivedStatusCode": code, "eventDescription": "Teslim alındı", "exceptionDescription": "",
        "scanLocation": {"city": "İSTANBUL", "countryCode": "TR"}, **more,
    }  # fmt: skip


def piece(number: str = FIRST, code: str | None = "OC", *scans: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "trackingNumberInfo": {"trackingNumber": number},
        "latestStatusDetail": {"code": code, "derivedCode": code, "statusByLocale": "x"},
        "scanEvents": list(scans),
        **more,
    }


def tracked(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"output": {"completeTrackResults": [{"trackingNumber": FIRST, "trackResults": list(pieces)}]}}


def not_found(code: str = "TRACKING.TRACKINGNUMBER.NOTFOUND") -> dict[str, Any]:
    return tracked({"trackingNumberInfo": {"trackingNumber": FIRST}, "error": {"code": code, "message": "Yok"}})
