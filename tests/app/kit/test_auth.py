"""Signing: OAuth 1.0a against RFC 5849's rules, tokens that renew once, single-flight, on disk before use."""

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from app.contracts import ProviderError, Secret, Token, fail
from app.contracts.messages import Message
from app.kit import BasicAuth, MemoryTokens, OAuth1Auth, TokenAuth, bearer, httpx, oauth1_url

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def verify(url, method, secret):
    """An independent check of a signed address."""
    parts = urlsplit(url)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature = params.pop("oauth_signature")
    normal = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(params.items()))
    base = "&".join((method, quote(f"{parts.scheme}://{parts.netloc}{parts.path}", safe="~"), quote(normal, safe="~")))
    digest = hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode() == signature


def test_oauth1_signature_holds():
    url = oauth1_url(
        "http://shop.test/wp-json/wc/v3/orders?per_page=100&search=a%20b", "GET", "ck", "cs", NOW, "n" * 32
    )
    assert verify(url, "GET", "cs")
    assert not verify(url, "POST", "cs")
    assert "oauth_version" not in url


async def test_a_repeated_attempt_is_signed_anew():
    nonces = iter(("a" * 32, "b" * 32))
    auth = OAuth1Auth("ck", "cs", lambda: NOW, lambda: next(nonces))
    request = httpx.Request("GET", "http://shop.test/x?a=1")
    next(auth.auth_flow(request))
    first = str(request.url)
    request.extensions["resign"](request)
    assert first != str(request.url)
    assert str(request.url).count("oauth_nonce") == 1
    assert verify(str(request.url), "GET", "cs")


def test_basic_auth_speaks_utf8():
    request = httpx.Request("GET", "http://x/")
    next(BasicAuth("ş", "ı").auth_flow(request))
    assert base64.b64decode(request.headers["authorization"].split()[1]).decode() == "ş:ı"


class Server:
    """A vendor whose tokens can be counted and revoked."""

    def __init__(self):
        self.issued = 0
        self.valid = set()
        self.refuse_refresh = False

    async def __call__(self, request):
        await asyncio.sleep(0)
        if request.url.path == "/token":
            if self.refuse_refresh:
                return httpx.Response(400, json={"error": "invalid_grant"})
            self.issued += 1
            self.valid = {f"t{self.issued}"}
            return httpx.Response(200, json={"access_token": f"t{self.issued}"})
        good = request.headers.get("authorization", "").removeprefix("Bearer ") in self.valid
        return httpx.Response(200 if good else 401)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def make(server, store=None, clock=None):
    clock = clock or Clock()

    def read(reply):
        if reply.status != 200:
            raise fail(Message("auth.expired"))
        import json

        return Token(Secret(json.loads(reply.body)["access_token"]), clock() + timedelta(hours=1))

    auth = TokenAuth(
        store=store or MemoryTokens(), name="access", now=clock, place=bearer, read=read,
        fetch=lambda token: httpx.Request("POST", "https://api.example/token"),
    )  # fmt: skip
    return httpx.AsyncClient(transport=httpx.MockTransport(server), base_url="https://api.example", auth=auth), clock


async def test_one_token_for_many_calls():
    server = Server()
    http, _ = make(server)
    async with http:
        answers = await asyncio.gather(*(http.get("/x") for _ in range(20)))
    assert {a.status_code for a in answers} == {200}
    assert server.issued == 1


async def test_two_connections_of_an_account_share_a_token():
    server, store = Server(), MemoryTokens()
    (one, clock), (two, _) = make(server, store), make(server, store)
    async with one, two:
        await asyncio.gather(one.get("/x"), two.get("/x"))
        clock.now += timedelta(minutes=30)
        server.valid = set()  # the vendor forgets it
        answers = await asyncio.gather(one.get("/x"), two.get("/x"))
    assert {a.status_code for a in answers} == {200}
    assert server.issued == 2


async def test_renewed_before_its_end():
    server = Server()
    http, clock = make(server)
    async with http:
        await http.get("/x")
        clock.now += timedelta(minutes=59, seconds=30)
        assert (await http.get("/x")).status_code == 200
    assert server.issued == 2


async def test_a_fresh_token_that_is_refused_is_not_renewed_again():
    server = Server()
    http, _ = make(server)
    async with http:
        await http.get("/x")
        server.valid = set()
        for _ in range(5):
            assert (await http.get("/x")).status_code == 401
    assert server.issued == 1


async def test_revocation_is_told_at_once_and_forgets_the_token():
    server, store = Server(), MemoryTokens()
    http, clock = make(server, store)
    async with http:
        await http.get("/x")
        clock.now += timedelta(hours=2)
        server.refuse_refresh = True
        with pytest.raises(ProviderError) as caught:
            await http.get("/x")
    assert caught.value.message.code == "auth.expired"
    assert await store.get("access") is None


async def test_on_disk_before_use():
    events = []

    class Slow(MemoryTokens):
        async def put(self, name, token):
            await asyncio.sleep(0.01)
            events.append("kept")
            await super().put(name, token)

    class Watching(Server):
        async def __call__(self, request):
            if request.url.path == "/x":
                events.append("used")
            return await super().__call__(request)

    http, _ = make(Watching(), Slow())
    async with http:
        await http.get("/x")
    assert events == ["kept", "used"]


@pytest.mark.parametrize(("status", "code"), [(429, "rate.limited"), (400, "request.refused"), (404, "server.html")])
async def test_a_renewal_that_is_put_off_keeps_the_refresh_token(status, code):
    """A limit, a firewall's page: the token itself was not refused, and a rotated one is all that the account has."""
    store, clock = MemoryTokens(), Clock()
    kept = Token(Secret("old"), NOW - timedelta(minutes=1), Secret("refresh-1"))
    await store.put("access", kept)

    def read(reply):
        raise fail(Message(code, status=reply.status))

    auth = TokenAuth(
        store=store, name="access", now=clock, place=bearer, read=read,
        fetch=lambda token: httpx.Request("POST", "https://api.example/token"),
    )  # fmt: skip
    transport = httpx.MockTransport(lambda request: httpx.Response(status))
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example", auth=auth) as http:
        with pytest.raises(ProviderError, match=code.replace(".", r"\.")):
            await http.get("/x")
    assert await store.get("access") == kept


async def test_a_clock_that_was_set_back_does_not_stop_renewals():
    server = Server()
    http, clock = make(server)
    async with http:
        await http.get("/x")
        clock.now -= timedelta(days=1)
        server.valid = set()
        assert (await http.get("/x")).status_code == 200
    assert server.issued == 2
