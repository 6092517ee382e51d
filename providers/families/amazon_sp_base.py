"""What all rooms of the Amazon family share: the marketplace of a connection, the token, the reading of errors.

One account serves a whole region (six countries in Europe), so nothing here may be keyed by the account alone.
Source: marketplaces-intl-1.md, "Amazon Selling Partner API"; the vendor's models in specs/amazon-sp-api.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from app.contracts import Account, Message, Secret, Token, fail
from app.kit import Reply, TokenAuth, decode_json, http_errors, httpx
from app.model import Money, Vat, clean

#: The documents demand a descriptive user agent of this shape.
USER_AGENT = "Paxzar/0.1 (Language=Python)"
TOKEN_NAME = "lwa"  # noqa: S105 - the name under which the token is kept
_SITES = {
    "TR": "www.amazon.com.tr", "US": "www.amazon.com", "GB": "www.amazon.co.uk", "UK": "www.amazon.co.uk",
    "DE": "www.amazon.de", "FR": "www.amazon.fr", "IT": "www.amazon.it", "ES": "www.amazon.es", "IN": "www.amazon.in",
}  # fmt: skip


class Site(msgspec.Struct, frozen=True):
    """The marketplace that a connection stands for, from the manifest's params, and the merchant's id there."""

    marketplace: str
    currency: str
    country: str
    language: str
    seller: str = ""

    @property
    def vat(self) -> Vat:
        """US prices are without sales tax; in Türkiye, Europe, the UK and India the buyer's price holds its VAT."""
        return Vat.EXCLUDED if self.country == "US" else Vat.INCLUDED

    def zero(self) -> Money:
        return Money(Decimal(0), self.currency)

    def listing_id(self, sku: str) -> str:
        """Six countries share an account and may share an SKU: the marketplace is part of a listing's id."""
        return f"{self.marketplace}:{sku}"

    def product_url(self, asin: str) -> str:
        host = _SITES.get(self.country, "")
        return f"https://{host}/dp/{asin}" if host and asin else ""


class WireMoney(msgspec.Struct, frozen=True, rename="camel"):
    """Amazon's Money: the amount is a decimal text."""

    amount: Decimal
    currency_code: str

    def money(self) -> Money:
        """Raises OursError for a currency that does not exist."""
        try:
            return Money.of(self.amount, self.currency_code)
        except ValueError as error:
            raise fail(Message("answer.unreadable", {"reason": str(error)[:120]}, field="currencyCode")) from error


def credential(account: Account, key: str) -> str:
    """A credential field, wherever the manifest keeps it. Raises YoursError `config.field` when it is blank."""
    found = account.setting(key) or account.secret(key)
    if not found:
        raise fail(Message("config.field", {"field": key}, field=key))
    return found


def site_of(account: Account) -> Site:
    """Raises YoursError `config.field` without a seller id."""
    params = account.params
    return Site(
        marketplace=params["marketplace_id"],
        currency=params["currency"],
        country=params["country"],
        language=params.get("language", "") or "en_US",
        seller=credential(account, "seller_id"),
    )


# -- Login with Amazon -------------------------------------------------------------------------------------------------
def token_request(account: Account) -> httpx.Request:
    """The refresh token does not rotate; the access token lives for an hour."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credential(account, "refresh_token"),
        "client_id": credential(account, "lwa_client_id"),
        "client_secret": credential(account, "lwa_client_secret"),
    }
    extensions = {"operation": "token", "group": "tokens", "repeatable": True}
    return httpx.Request(
        "POST", account.urls["token"], data=form, headers={"user-agent": USER_AGENT}, extensions=extensions
    )


class _LwaAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class _LwaError(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


#: RFC 6749 words of Login with Amazon. A revoked refresh token is cured by a new authorisation only.
_LWA_CODES = {
    "invalid_grant": "auth.expired",
    "invalid_client": "auth.refused",
    "unauthorized_client": "auth.refused",
    "access_denied": "auth.refused",
}


def parse_token(reply: Reply, now: datetime) -> Token:
    """Raises ProviderError: `auth.expired` for a revoked refresh token, `auth.refused` for a wrong client."""
    wrong = token_errors(reply)
    if wrong is not None:
        raise fail(wrong.about(operation="token"))
    answer = decode_json(reply, _LwaAnswer)
    return Token(Secret(answer.access_token), now + timedelta(seconds=max(answer.expires_in, 0)))


def token_errors(reply: Reply) -> Message | None:
    wrong = http_errors(reply)
    if wrong is None:
        return None
    try:
        told = msgspec.json.decode(reply.body, type=_LwaError)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return wrong
    code = _LWA_CODES.get(told.error) if wrong.status < 429 else None
    return msgspec.structs.replace(
        wrong, code=code or wrong.code, vendor_code=told.error[:60], vendor_text=clean(told.error_description, 300)
    )


def lwa_auth(account: Account) -> TokenAuth:
    """Puts the token, the date and the user agent on a call. An upload or download by a signed address gets none of it."""

    def place(request: httpx.Request, token: str) -> None:
        request.headers["x-amz-access-token"] = token
        request.headers["x-amz-date"] = account.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        request.headers["user-agent"] = USER_AGENT

    return TokenAuth(
        store=account.tokens,
        name=TOKEN_NAME,
        now=account.now,
        fetch=lambda _: token_request(account),
        read=lambda reply: parse_token(reply, account.now()),
        place=place,
    )


# -- errors --------------------------------------------------------------------------------------------------------------
class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""
    details: str | None = None


class _Errors(msgspec.Struct, frozen=True):
    errors: list[_Error] = []


#: Amazon's code → ours, where the status alone would mislead. The codes differ in style from API to API.
_CODES = {
    "QuotaExceeded": "rate.limited",
    "NotFound": "item.not_found",
    "NOT_FOUND": "item.not_found",
    "ResourceNotFound": "item.not_found",
    "InvalidInput": "request.refused",
    "BAD_REQUEST": "request.refused",
    "MissingAuthenticationToken": "auth.refused",
    "InternalFailure": "server.error",
    "ServiceUnavailable": "server.unavailable",
}


def amazon_errors(reply: Reply) -> Message | None:
    """What is wrong with an SP-API answer, None when nothing is. 403 means a stale token, a missing role or the wrong
    region; the text tells the first apart, and TokenAuth has renewed the token before it comes to this."""
    wrong = http_errors(reply)
    if wrong is None or wrong.code == "server.html":
        return wrong
    try:
        told = msgspec.json.decode(reply.body, type=_Errors).errors
    except (msgspec.DecodeError, msgspec.ValidationError):
        return wrong
    if not told:
        return wrong
    first = told[0]
    code = _CODES.get(first.code, wrong.code)
    if reply.status == 403 and any(word in first.message for word in ("expired", "revoked")):
        code = "auth.expired"
    text = clean(" – ".join(part for part in (first.message, first.details) if part), 300)
    return msgspec.structs.replace(wrong, code=code, vendor_code=first.code[:60], vendor_text=text)


def store_errors(reply: Reply) -> Message | None:
    """The document store behind the signed addresses: a refusal there means a link that ran out, never the key."""
    if 200 <= reply.status < 300:
        return None
    found = http_errors(reply) or Message("server.error")  # its body is XML for machines: no words for a merchant
    return Message("server.error", vendor_code=str(reply.status), vendor_text=found.vendor_text, status=reply.status)
