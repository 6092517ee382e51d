"""OAuth 2 for a desktop, its pure half: requests and answers of the four flows (RFC 6749, 7636, 8252, 8628, 7009) as
`SignIn` of the manifest describes them. No clock, no network, no browser. A secret enters a request here and nothing else:
no message, no repr and no log line may hold a code, a verifier, a state or a token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import importlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote_plus, unquote_plus, urlencode, urlsplit

import msgspec

from app.contracts.account import Account, Secret, Token
from app.contracts.manifest import SignIn
from app.contracts.messages import Message, fail
from app.http.client import USER_AGENT
from app.http.lib import httpx
from app.kit.calls import Reply, decode_json, http_errors, looks_like_html, retry_after
from app.model import clean

TOKEN = "access"  # noqa: S105 - the name under which an account's token is kept
LOOPBACK = "http://127.0.0.1/paxzar"  # where the browser comes back to, if the manifest says nothing else
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SIGNED_OUT = "auth.signed_out"
PENDING = frozenset({"authorization_pending", "slow_down"})
_LONGEST_LIFE = timedelta(days=3650)
_LEAST_POLL_S = 1.0
_POLL_S = 5.0  # RFC 8628 3.2: where the server names none
_HIDDEN_FROM = 6  # letters from which on a secret is looked for in what the vendor says


class SignInError(Exception):
    """A sign-in that did not come about. `key` names the words (`signin.…`), `params` fill them; never a secret."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key, self.params = key, params

    @property
    def message(self) -> Message:
        return Message(self.key, self.params)


@dataclass(frozen=True)
class Started:
    """A sign-in under way in a browser. `address` is the consent page; `redirect` goes along with the code later."""

    address: str = field(repr=False)
    redirect: str
    state: Secret
    verifier: Secret | None


@dataclass(frozen=True)
class DeviceCode:
    """What the merchant types elsewhere, and where. `lives` and `interval` in seconds."""

    device: Secret
    user_code: str
    address: str
    complete: str
    lives: float
    interval: float


def warm_up() -> None:
    """Load what the first sign-in needs; takes about 0.1 s, once."""
    for name in ("authlib.oauth2.rfc6749.parameters", "authlib.oauth2.rfc7636"):
        importlib.import_module(name)


# -- requests ------------------------------------------------------------------------------------------------------
def begin(account: Account, sign_in: SignIn, redirect: str) -> Started:
    """The consent page's address with a state and an S256 challenge of this attempt."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

    state = account.nonce()
    verifier = (account.nonce() + account.nonce())[:128] if sign_in.pkce else ""
    more = dict(sign_in.extra)
    if verifier:
        more |= {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
    address: str = prepare_grant_uri(
        account.urls[sign_in.authorize], _client_id(account, sign_in), "code", redirect_uri=redirect,
        scope=list(sign_in.scopes), state=state, **more,
    )  # fmt: skip
    return Started(address, redirect, Secret(state), Secret(verifier) if verifier else None)


def code_request(account: Account, sign_in: SignIn, started: Started, code: Secret) -> httpx.Request:
    """The code for a token (RFC 6749 4.1.3). The code is good for one request: it is never sent again."""
    pairs = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": started.redirect}
    if started.verifier is not None:
        pairs["code_verifier"] = started.verifier.reveal()
    return _request(account, sign_in, sign_in.token, pairs)


def refresh_request(account: Account, sign_in: SignIn, refresh: Secret) -> httpx.Request:
    """RFC 6749 6. Not repeatable: a rotating refresh token that comes twice costs the whole sign-in."""
    return _request(account, sign_in, sign_in.token, {"grant_type": "refresh_token", "refresh_token": refresh.reveal()})


def client_request(account: Account, sign_in: SignIn) -> httpx.Request:
    """Client credentials (RFC 6749 4.4): no person, no refresh token."""
    return _request(account, sign_in, sign_in.token, {"grant_type": "client_credentials", **_scope(sign_in)})


def device_request(account: Account, sign_in: SignIn) -> httpx.Request:
    """RFC 8628 3.1."""
    return _request(account, sign_in, sign_in.device, _scope(sign_in))


def poll_request(account: Account, sign_in: SignIn, device: DeviceCode) -> httpx.Request:
    """RFC 8628 3.4."""
    pairs = {"grant_type": DEVICE_GRANT, "device_code": device.device.reveal()}
    return _request(account, sign_in, sign_in.token, pairs)


def revoke_request(account: Account, sign_in: SignIn, token: Token) -> httpx.Request:
    """RFC 7009: the refresh token where there is one, for it takes the others along."""
    hint, held = ("refresh_token", token.refresh) if token.refresh is not None else ("access_token", token.access)
    return _request(account, sign_in, sign_in.revoke, {"token": held.reveal(), "token_type_hint": hint})


def _scope(sign_in: SignIn) -> dict[str, str]:
    return {"scope": " ".join(sign_in.scopes)} if sign_in.scopes else {}


def _client_id(account: Account, sign_in: SignIn) -> str:
    """Raises YoursError `config.field` when the merchant has not filled it in."""
    found = account.setting(sign_in.client_id) or account.secret(sign_in.client_id)
    if not found:
        raise fail(Message("config.field", {"field": sign_in.client_id, "why": "missing"}, field=sign_in.client_id))
    return found


def _request(account: Account, sign_in: SignIn, purpose: str, pairs: Mapping[str, str]) -> httpx.Request:
    """A form to the address of that purpose; who we are by RFC 6749 2.3.1 (Basic with both parts form-encoded)."""
    name, secret = _client_id(account, sign_in), account.secret(sign_in.client_secret)
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": USER_AGENT,
    }
    form = dict(pairs)
    if secret and sign_in.client_auth == "basic":
        both = f"{quote_plus(name)}:{quote_plus(secret)}"
        headers["authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
    else:
        form["client_id"] = name
        if secret:
            form["client_secret"] = secret
    return httpx.Request(
        "POST", account.urls[purpose], content=urlencode(form).encode(), headers=headers,
        extensions={"operation": "token", "repeatable": False},
    )  # fmt: skip


# -- the browser's way back ----------------------------------------------------------------------------------------
def read_redirect(query: str, started: Started) -> dict[str, str]:
    """The redirect's parameters, `code` among them. Raises SignInError: `signin.wrong_state`, `signin.denied`,
    `signin.refused` (the vendor's reason), `signin.no_code`. State is compared in constant time, before all else.
    """
    from authlib.oauth2.rfc6749.errors import MissingCodeException  # type: ignore[import-untyped]
    from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response

    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    state = found.get("state", "").encode("utf-8", "replace")
    if not hmac.compare_digest(state, started.state.reveal().encode()):
        raise SignInError("signin.wrong_state")
    if sum(name in ("state", "code", "error") for name, _ in pairs) != 2:  # one of each kind, none twice, not both
        raise SignInError("signin.no_code")
    error = found.get("error", "")
    if error == "access_denied":
        raise SignInError("signin.denied")
    if error:
        raise SignInError("signin.refused", reason=clean(found.get("error_description") or error, 200))
    try:
        landed: dict[str, str] = parse_authorization_code_response(f"{LOOPBACK}?{query}")
    except MissingCodeException:
        raise SignInError("signin.no_code") from None
    return landed


def read_pasted(text: str, started: Started) -> dict[str, str]:
    """As `read_redirect`, from what a merchant pasted. Raises SignInError `signin.wrong_paste` too."""
    text = text.strip().strip("<>\"'“”‘’").strip()
    try:
        parts, due = urlsplit(text), urlsplit(started.redirect)
        here = (parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/"))
        there = (due.scheme, due.hostname, due.port, due.path.rstrip("/"))
    except ValueError:
        raise SignInError("signin.wrong_paste", start=_start(started)) from None
    fixed = due.scheme in ("http", "https")  # else the vendor's name for an address that we do not know (RuName)
    if parts.scheme not in ("http", "https") or not parts.query or (fixed and here != there):
        raise SignInError("signin.wrong_paste", start=_start(started))
    return read_redirect(parts.query, started)


def _start(started: Started) -> str:
    return started.redirect if "://" in started.redirect else "https://"


# -- answers -------------------------------------------------------------------------------------------------------
class _TokenWire(msgspec.Struct):
    access_token: str
    expires_in: int | float | str | None = None
    refresh_token: str | None = None
    scope: str | list[str] | None = None


class _ErrorWire(msgspec.Struct):
    error: str
    error_description: str | None = None


class _DeviceWire(msgspec.Struct):
    device_code: str
    user_code: str
    verification_uri: str = ""
    verification_url: str = ""  # what Google says
    verification_uri_complete: str | None = None
    expires_in: int | float | str | None = None
    interval: int | float | str | None = None


def read_token(reply: Reply, now: datetime, *, before: Token | None = None, hide: Iterable[str] = ()) -> Token:
    """The answer of the token address. `before`: the token that it renews, whose refresh token stays when no new one comes.
    `hide`: secrets of the request, blotted out in what the vendor says. Raises ProviderError; `invalid_grant` is
    `auth.signed_out`. The end of life is counted from `now`, so that a clock that is wrong all the time does no harm.
    """
    wrong = token_errors(reply, hide)
    if wrong is not None:
        raise fail(wrong)
    wire = decode_json(reply, _TokenWire)
    if not wire.access_token:
        raise fail(
            Message("answer.field_missing", {"field": "access_token", "operation": "token"}, field="access_token")
        )
    life = _seconds(wire.expires_in)
    scope = " ".join(wire.scope) if isinstance(wire.scope, list) else wire.scope
    kept = before.refresh if before is not None else None
    return Token(
        Secret(wire.access_token),
        None if life is None else now + min(timedelta(seconds=life), _LONGEST_LIFE),
        Secret(wire.refresh_token) if wire.refresh_token else kept,
        clean(scope, 2000) if scope else (before.scope if before is not None else ""),
    )


def read_device(reply: Reply, hide: Iterable[str] = ()) -> DeviceCode:
    """RFC 8628 3.2. Raises ProviderError, also for an address that no browser should be sent to."""
    wrong = token_errors(reply, hide)
    if wrong is not None:
        raise fail(wrong)
    wire = decode_json(reply, _DeviceWire)
    address, complete = wire.verification_uri or wire.verification_url, wire.verification_uri_complete or ""
    if not browsable(address):
        raise fail(
            Message(
                "answer.unexpected", {"reason": "no address to open", "field": "verification_uri", "operation": "token"}
            )
        )
    life, interval = _seconds(wire.expires_in), _seconds(wire.interval)
    return DeviceCode(
        Secret(wire.device_code), clean(wire.user_code, 40), address, complete if browsable(complete) else "",
        1800.0 if life is None else min(life, 3600.0), max(_LEAST_POLL_S, _POLL_S if interval is None else min(interval, 60.0)),
    )  # fmt: skip


def browsable(address: str) -> bool:
    """Whether a browser may be sent there: https, or http on this computer."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or local) and not parts.username


_CODES = {
    "invalid_grant": SIGNED_OUT,
    "invalid_client": "auth.refused",
    "unauthorized_client": "auth.refused",
    "access_denied": "auth.forbidden",
    "slow_down": "rate.limited",
    "server_error": "server.error",
    "temporarily_unavailable": "server.unavailable",
}


def token_errors(reply: Reply, hide: Iterable[str] = ()) -> Message | None:
    """What an authorization server's answer says is wrong (RFC 6749 5.2), its own code in `vendor_code`; None for a token.
    A body that is no OAuth error is not quoted: it may hold what we sent."""
    told = None
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # a token, or no answer of this kind
        told = msgspec.json.decode(reply.body, type=_ErrorWire)
    if told is None or looks_like_html(reply):
        found = http_errors(msgspec.structs.replace(reply, body=b"" if reply.status >= 300 else reply.body))
        if found is None:
            return None
        code = "config.wrong_url" if found.code == "item.not_found" else found.code
        return msgspec.structs.replace(found, code=code, vendor_text="").about(operation="token")
    code = _CODES.get(told.error, "request.refused")
    if reply.status == 429:
        code = "rate.limited"
    elif reply.status >= 500 and code == "request.refused":
        code = "server.error"
    text = blotted(clean(told.error_description or told.error, 300), hide)
    return Message(
        code, {"operation": "token"}, vendor_code=clean(told.error, 60), vendor_text=text, status=reply.status,
        retry_after=retry_after(reply),
    )  # fmt: skip


_NO_SECRETS = frozenset({"client_id", "grant_type", "redirect_uri", "scope", "token_type_hint"})


def secrets_of(request: httpx.Request) -> list[str]:
    """What must not come back in a vendor's words: the values of the form, and the secret of a Basic header."""
    found = [value for name, value in parse_qsl(request.content.decode()) if name not in _NO_SECRETS]
    header = request.headers.get("authorization", "")
    if header.startswith("Basic "):
        try:
            secret = base64.b64decode(header[6:]).decode().partition(":")[2]
            found += [header[6:], secret, unquote_plus(secret)]
        except (binascii.Error, UnicodeDecodeError):
            found.append(header[6:])
    return found


def blotted(text: str, hide: Iterable[str]) -> str:
    for one in sorted({h for h in hide if len(h) >= _HIDDEN_FROM}, key=len, reverse=True):
        text = text.replace(one, "•••").replace(quote_plus(one), "•••")
    return text


def _seconds(told: int | float | str | None) -> float | None:
    """A number of seconds as vendors write them (3600, "3600", 3599.9); None for none, nonsense and what is not positive."""
    try:
        found = float(told) if told is not None else 0.0
    except ValueError:
        return None
    return found if 0 < found < 1e12 else None
