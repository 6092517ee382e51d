"""The door of the Amazon SP-API fake: LWA tokens, required headers, usage plans, error shapes, query reading.

Nobody may pass without a live token; a refusal must have the vendor's own status, code and shape.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_records import CREDENTIALS, Account, instant_of
from .kit import Bucket, Handler

TOKEN_LIFE = timedelta(seconds=3600)

#: Requests per second and burst of each operation, from the "Usage Plan" table of the operation in the models.
PLANS: dict[str, tuple[float, float]] = {
    "getMarketplaceParticipations": (0.016, 15),
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "v0.getOrders": (0.0167, 20),
    "v0.getOrder": (0.5, 30),
    "v0.getOrderItems": (0.5, 30),
    "confirmShipment": (2.0, 10),
    "createRestrictedDataToken": (1.0, 10),
    "searchListingsItems": (5.0, 5),
    "getListingsItem": (5.0, 10),
    "patchListingsItem": (5.0, 5),
    "putListingsItem": (5.0, 10),
    "deleteListingsItem": (5.0, 5),
    "createFeed": (0.0083, 15),
    "getFeed": (2.0, 15),
    "getFeeds": (0.0222, 10),
    "cancelFeed": (2.0, 15),
    "createFeedDocument": (0.5, 15),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "getInventorySummaries": (2.0, 2),
    "listTransactions": (0.5, 10),
}
FAST = 1000

_AMZ_DATE = re.compile(r"^\d{8}T\d{6}Z$")
#: `AppName/Version (Language=Python/3.x; Platform=…)`, the form that "Connecting to the SP-API" asks for.
_AGENT = re.compile(r"^[^/()]+/[^()\s]+ \([^()=;]+=[^()=;]+(?:; ?[^()=;]+=[^()=;]+)*\)$")
_PII_OPERATIONS = re.compile(r"^/orders/v0/orders(?:/[^/]+(?:/orderItems)?)?$")


class SpError(Exception):
    """A refusal in SP-API's shape: `{"errors": [{"code", "message", "details"}]}`."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details


def invalid(message: str, details: str = "") -> SpError:
    return SpError(400, "InvalidInput", message, details)


def denied(details: str) -> SpError:
    return SpError(403, "Unauthorized", "Access to requested resource is denied.", details)


def _number(value: object) -> float:
    """Decimals exist only in listing attributes, which the vendor's schema makes JSON numbers."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"cannot write {type(value).__name__}")


def encode(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_number).encode()


def reply(data: Any, status: int = 200) -> Response:
    return Response(encode(data), status, media_type="application/json")


async def json_body(request: Request) -> dict[str, Any]:
    """The body as an object, numbers with a point as Decimal. 415 without a JSON content type, 400 when unreadable."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise SpError(415, "UnsupportedMediaType", "Unsupported media type.")
    try:
        body = json.loads(await request.body(), parse_float=Decimal)
    except ValueError:
        raise invalid("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    return body


class Query:
    """The query string of one call, read as the models declare it: arrays comma-separated, each name once.

    Names that the model does not know are refused, so that a misspelt filter never passes for a filter.
    """

    def __init__(self, request: Request, known: Iterable[str]) -> None:
        pairs = request.query_params.multi_items()
        self.values = dict(pairs)
        if len(self.values) != len(pairs):
            raise invalid("A query parameter was given more than once.")
        if unknown := set(self.values) - set(known):
            raise invalid(f"Unknown query parameter: {', '.join(sorted(unknown))}")

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def required(self, name: str) -> str:
        if not self.values.get(name):
            raise invalid(f"Missing required parameter: {name}")
        return self.values[name]

    def csv(self, name: str, allowed: Iterable[str] | None = None, limit: int = 0) -> list[str]:
        if name not in self.values:
            return []
        found = self.values[name].split(",")
        if "" in found or (allowed is not None and set(found) - set(allowed)):
            raise invalid(f"Invalid value for parameter {name}.")
        if limit and len(found) > limit:
            raise invalid(f"Parameter {name} takes at most {limit} values.")
        return found

    def number(self, name: str, default: int, high: int) -> int:
        raw = self.values.get(name)
        if raw is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not 1 <= int(raw) <= high:
            raise invalid(f"Parameter {name} must be between 1 and {high}.")
        return int(raw)

    def flag(self, name: str) -> bool:
        raw = self.values.get(name, "false")
        if raw not in ("true", "false"):
            raise invalid(f"Parameter {name} must be true or false.")
        return raw == "true"

    def instant(self, name: str) -> datetime | None:
        if name not in self.values:
            return None
        if (found := instant_of(self.values[name])) is None:
            raise invalid(f"Parameter {name} must be an ISO 8601 date and time with a zone.")
        return found


@dataclass(frozen=True)
class Grant:
    """What one access token may do. `kind`: lwa | grantless | rdt."""

    kind: str
    expires: datetime
    resources: tuple[tuple[str, str, frozenset[str]], ...] = ()  # method, path (may hold {…}), data elements

    def elements(self, method: str, path: str) -> frozenset[str] | None:
        """Data elements granted for this call; None when the restricted token does not cover it."""
        for verb, pattern, elements in self.resources:
            shape = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(pattern))
            if verb == method and re.fullmatch(shape, path):
                return elements
        return None


@dataclass
class Gate:
    account: Account
    limits_on: Callable[[], bool]
    buckets: dict[str, Bucket] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    answered: int = 0

    def clear(self) -> None:
        self.buckets.clear()
        self.grants.clear()

    def rate(self, operation: str) -> tuple[float, float]:
        rate, burst = PLANS[operation]
        return (round(rate * FAST, 4), burst * FAST) if self.account.on("fast_limits") else (rate, burst)

    def guard(self, operation: str, handler: Handler) -> Handler:
        """The endpoint of one operation: admits, calls, and dresses the answer with the vendor's headers."""

        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request, operation)
                self.account.settle()
                response = await handler(request)
            except SpError as error:
                one = {"code": error.code, "message": error.message, "details": error.details}
                response = reply({"errors": [one]}, error.status)
            self.answered += 1
            response.headers["x-amzn-RequestId"] = self._opaque("request", self.answered)[:32]
            # The models name the limit header on 2xx, 400 and 404 only: a 429 or a 403 comes without it.
            if response.status_code < 300 or response.status_code in (400, 404):
                response.headers["x-amzn-RateLimit-Limit"] = str(self.rate(operation)[0])
            return response

        return endpoint

    async def elsewhere(self, request: Request) -> Response:
        """A path that no operation has: the gateway answers as for a forbidden one."""
        return reply({"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}, 403)

    def _admit(self, request: Request, operation: str) -> None:
        token = request.headers.get("x-amz-access-token", "")
        if not token:
            raise denied("Access token is missing in the request header.")
        grant = self.grants.get(token)
        if grant is None:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if grant.expires <= self.account.now():
            raise denied("The access token you provided has expired.")
        elements: frozenset[str] = frozenset()
        if grant.kind == "grantless":
            raise denied("A grantless token cannot call a seller operation.")
        if grant.kind == "rdt":
            covered = grant.elements(request.method, request.url.path)
            if covered is None:
                raise denied("The restricted data token does not cover this resource.")
            elements = covered
        request.state.elements = elements
        if not _AMZ_DATE.match(request.headers.get("x-amz-date", "")):
            raise invalid("The x-amz-date header must be YYYYMMDDTHHMMSSZ.")
        agent = request.headers.get("user-agent", "")
        if not _AGENT.match(agent) or "Language=" not in agent or len(agent) > 500:
            raise invalid("The user-agent header must be AppName/Version (Language=…).")
        rate, burst = self.rate(operation)
        bucket = self.buckets.get(operation)
        if bucket is None:
            bucket = self.buckets[operation] = Bucket(self.account.clock, rate, burst)
        if self.limits_on() and not bucket.take():
            raise SpError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")

    def _opaque(self, kind: str, number: int) -> str:
        return hashlib.sha256(f"{self.account.seed}:{kind}:{number}".encode()).hexdigest()

    def _issue(self, prefix: str, grant: Grant) -> str:
        self.account.counts["tokens_issued"] += 1
        token = prefix + self._opaque("token" + str(self.account.epoch), self.account.counts["tokens_issued"])
        self.grants[token] = grant
        return token

    # -- Login with Amazon ------------------------------------------------------------------------------------
    async def lwa_token(self, request: Request) -> Response:
        """`POST /auth/o2/token`, form-encoded. Errors are OAuth's `{error, error_description}`, not SP-API's."""
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            return _lwa_error(400, "invalid_request", "The request must be application/x-www-form-urlencoded")
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        for name in ("grant_type", "client_id", "client_secret"):
            if not form.get(name):
                return _lwa_error(400, "invalid_request", f"The request is missing a required parameter : {name}")
        known = (CREDENTIALS["lwa_client_id"], CREDENTIALS["lwa_client_secret"])
        if (form["client_id"], form["client_secret"]) != known:
            return _lwa_error(401, "invalid_client", "Client authentication failed")
        expires = self.account.now() + TOKEN_LIFE
        answer: dict[str, Any] = {"token_type": "bearer", "expires_in": int(TOKEN_LIFE.total_seconds())}
        if form["grant_type"] == "refresh_token":
            if form.get("refresh_token") != CREDENTIALS["refresh_token"] or self.account.on("revoke_refresh"):
                return _lwa_error(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
            answer |= {"access_token": self._issue("Atza|", Grant("lwa", expires))}
            answer |= {"refresh_token": CREDENTIALS["refresh_token"]}  # the same one: it does not rotate
        elif form["grant_type"] == "client_credentials":
            scopes = ("sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation")
            if form.get("scope") not in scopes:
                return _lwa_error(400, "invalid_scope", "The requested scope is invalid")
            answer |= {"access_token": self._issue("Atza|", Grant("grantless", expires)), "scope": form["scope"]}
        else:
            return _lwa_error(400, "unsupported_grant_type", "The grant type is not supported by the server")
        return Response(encode(answer), media_type="application/json", headers={"cache-control": "no-store"})

    async def restricted_token(self, request: Request) -> Response:
        """`POST /tokens/2021-03-01/restrictedDataToken`: covers the Orders v0 reads that this fake has."""
        resources = (await json_body(request)).get("restrictedResources")
        if not isinstance(resources, list) or not 1 <= len(resources) <= 50:
            raise invalid("Request is missing or has invalid parameters", "Resource not provided.")
        granted = []
        for one in resources:
            method, path = (one.get("method"), one.get("path")) if isinstance(one, dict) else (None, None)
            if method != "GET" or not isinstance(path, str) or not _PII_OPERATIONS.match(path):
                raise invalid("Request is missing or has invalid parameters", "The resource is not a restricted one.")
            elements = one.get("dataElements")
            if not isinstance(elements, list) or not elements:
                raise invalid("Request is missing or has invalid parameters", "dataElements is required.")
            if set(map(str, elements)) - {"buyerInfo", "shippingAddress", "buyerTaxInformation"}:
                raise invalid("Request is missing or has invalid parameters", "Unknown data element.")
            if "shippingAddress" in elements and self.account.on("no_recipient"):
                raise denied("Application does not have access to one or more requested data elements.")
            granted.append((method, path, frozenset(map(str, elements))))
        grant = Grant("rdt", self.account.now() + TOKEN_LIFE, tuple(granted))
        seconds = int(TOKEN_LIFE.total_seconds())
        return reply({"restrictedDataToken": self._issue("Atz.sprdt|", grant), "expiresIn": seconds})


def _lwa_error(status: int, error: str, description: str) -> Response:
    return Response(encode({"error_description": description, "error": error}), status, media_type="application/json")
