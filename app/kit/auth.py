"""Ways to sign a call. Each is an httpx.Auth; a secret enters a header here and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit
from weakref import WeakKeyDictionary

from app.contracts.account import Token, TokenStore
from app.contracts.messages import Message, ProviderError, fail
from app.http.lib import httpx
from app.kit.calls import Reply

# One lock an account and token, shared by all connections of the account: they hold the same TokenStore object.
_locks: WeakKeyDictionary[TokenStore, dict[str, asyncio.Lock]] = WeakKeyDictionary()


def lock_of(store: TokenStore, name: str) -> asyncio.Lock:
    """The lock under which a token is renewed. A store that stands before another (a trial of new keys) names it in `below`
    and has its lock: two renewals at one moment would spend one refresh token twice."""
    while (below := getattr(store, "below", None)) is not None:
        store = below
    return _locks.setdefault(store, {}).setdefault(name, asyncio.Lock())


_FRESH = timedelta(minutes=2)


class BasicAuth(httpx.Auth):
    """HTTP Basic (RFC 7617), UTF-8."""

    def __init__(self, user: str, password: str) -> None:
        self._value = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = self._value
        yield request


class HeaderAuth(httpx.Auth):
    """Fixed headers, e.g. an API key."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield request


class OAuth1Auth(httpx.Auth):
    """One-legged OAuth 1.0a with HMAC-SHA256 in the query (RFC 5849 without tokens), as WooCommerce wants it over http."""

    def __init__(self, key: str, secret: str, now: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        self._key, self._secret, self._now, self._nonce = key, secret, now, nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        bare = str(request.url)

        def sign(target: httpx.Request) -> None:
            url = oauth1_url(bare, target.method, self._key, self._secret, self._now(), self._nonce())
            target.url = httpx.URL(url)

        # Servers refuse a nonce that they have seen: the retry layer calls this before it sends the request again.
        request.extensions["resign"] = sign
        sign(request)
        yield request


def oauth1_url(url: str, method: str, key: str, secret: str, now: datetime, nonce: str) -> str:
    """`url` with the oauth_* parameters and the signature added (RFC 5849 §3.4; `oauth_version` left out)."""
    parts = urlsplit(url)
    params = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("oauth_consumer_key", key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(int(now.timestamp()))),
    ]
    encoded = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in params)
    normal = "&".join(f"{k}={v}" for k, v in encoded)
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    text = "&".join((method.upper(), quote(base, safe="~"), quote(normal, safe="~")))
    digest = hmac.new(f"{quote(secret, safe='~')}&".encode(), text.encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(digest).decode(), safe="~")
    return f"{base}?{normal}&oauth_signature={signature}"


class TokenAuth(httpx.Auth):
    """A short-lived access token, fetched when there is none, renewed before its end and once after a 401/403.

    `fetch` builds the token request from the token at hand (None at first); `read` parses its reply into a Token or
    raises ProviderError. Refreshing is single-flight per account; a new token is on disk before it is used.
    """

    requires_response_body = True

    def __init__(
        self,
        *,
        store: TokenStore,
        name: str,
        now: Callable[[], datetime],
        fetch: Callable[[Token | None], httpx.Request],
        read: Callable[[Reply], Token],
        place: Callable[[httpx.Request, str], None],
        margin: timedelta = timedelta(seconds=60),
        renew_on: frozenset[int] = frozenset({401, 403}),
    ) -> None:
        self._store, self._name, self._now = store, name, now
        self._fetch, self._read, self._place = fetch, read, place
        self._margin, self._renew_on = margin, renew_on
        self._lock = lock_of(store, name)
        self._token: Token | None = None
        self._fetched_at: datetime | None = None

    def _usable(self, token: Token | None) -> bool:
        return token is not None and (token.expires_at is None or token.expires_at - self._margin > self._now())

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._token
        if not self._usable(token):
            async with self._lock:
                token = await self._current()
                if not self._usable(token):
                    response = yield self._fetch(token)
                    token = await self._keep(response)
        assert token is not None  # noqa: S101 - narrows the type; _keep returns a token or raises
        self._place(request, token.access.reveal())
        response = yield request
        if response.status_code not in self._renew_on:
            return
        used = token
        async with self._lock:
            token = await self._store.get(self._name)
            if token is None or token.access == used.access:  # no other connection of the account renewed it meanwhile
                if self._fetched_at is not None and abs(self._now() - self._fetched_at) < _FRESH:
                    return  # a brand-new token was refused: it is not its age
                renewed = yield self._fetch(used)
                token = await self._keep(renewed)
            self._token = token
        self._place(request, token.access.reveal())
        yield request

    async def _current(self) -> Token | None:
        if not self._usable(self._token):
            self._token = await self._store.get(self._name) or self._token
        return self._token

    async def _keep(self, response: httpx.Response) -> Token:
        body = await response.aread()
        try:
            token = self._read(Reply(response.status_code, dict(response.headers), body, "token"))
        except ProviderError as error:
            # Only a refusal of the token itself ends it; a limit, a breakdown or a page leaves a good refresh token alone.
            if self._token is not None and error.message.code.startswith("auth."):
                await self._store.drop(self._name)
                self._token = None
            raise
        except (
            OverflowError,
            RecursionError,
        ) as error:  # a token that lives for a million years, or brackets without end
            raise fail(Message("answer.unreadable", {"operation": "token"}, status=response.status_code)) from error
        access = token.access.reveal()
        if not (access.isascii() and access.isprintable()):  # no header can carry it
            raise fail(Message("answer.unreadable", {"operation": "token"}, status=response.status_code))
        await self._store.put(self._name, token)  # on disk before use: a rotated refresh token lost is an account lost
        self._token, self._fetched_at = token, self._now()
        return token


def bearer(request: httpx.Request, token: str) -> None:
    request.headers["authorization"] = f"Bearer {token}"


def in_header(name: str) -> Callable[[httpx.Request, str], None]:
    def place(request: httpx.Request, token: str) -> None:
        request.headers[name] = token

    return place


class MemoryTokens:
    """A TokenStore that forgets at exit: for tests and for rehearsal connections without a vault."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    async def get(self, name: str) -> Token | None:
        return self._tokens.get(name)

    async def put(self, name: str, token: Token) -> None:
        self._tokens[name] = token

    async def drop(self, name: str) -> None:
        self._tokens.pop(name, None)
