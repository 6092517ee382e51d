"""OAuth's pure half against a strict authorization server, and tokens that renew: on the disk before use, once for all
connections, honest at the end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import Account, ProviderError, Secret, SignIn, Token
from app.kit import MemoryTokens, Reply, httpx, refreshing
from app.kit.oauth import (
    TOKEN,
    SignInError,
    begin,
    blotted,
    browsable,
    client_request,
    code_request,
    read_device,
    read_pasted,
    read_redirect,
    read_token,
    revoke_request,
    secrets_of,
    token_errors,
)
from app.kit.oauth_refresh import keep_signed_in
from tests.support.oauth_server import OAuthServer
from tests.support.serving import serve
from tests.support.signin import Clock, Pipeline, account_of, consent, manifest_of

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
REDIRECT = "http://127.0.0.1:40123/paxzar"


def spec(flow: str = "loopback") -> SignIn:
    found = manifest_of(flow).sign_in
    assert found is not None
    return found


@pytest.fixture
def server() -> OAuthServer:
    return OAuthServer()


@pytest.fixture
def address(server: OAuthServer) -> Iterator[str]:
    with serve(server.app) as found:
        yield found


@pytest.fixture
async def line(address: str) -> AsyncIterator[Pipeline]:
    async with Pipeline(address) as made:
        yield made


def reply(status: int = 200, **body: Any) -> Reply:
    return Reply(status, {"content-type": "application/json"}, msgspec.json.encode(body), "token")


async def asked(http: httpx.AsyncClient, request: httpx.Request) -> Reply:
    answer = await http.send(request, auth=None)
    return Reply(answer.status_code, dict(answer.headers), answer.content, "token")


async def signed_in(line: Pipeline, account: Account, flow: str = "loopback", redirect: str = REDIRECT) -> Token:
    """A token as a sign-in brings it, kept."""
    started = begin(account, spec(flow), redirect)
    landed = read_redirect(urlsplit(await consent(started.address)).query, started)
    request = code_request(account, spec(flow), started, Secret(landed["code"]))
    token = read_token(await asked(line.client(), request), account.now())
    await keep_signed_in(account.tokens, token)
    return token


# -- the consent page ----------------------------------------------------------------------------------------------
def test_the_consent_page_gets_state_challenge_and_what_the_manifest_adds(server: OAuthServer) -> None:
    account = account_of(server, "https://auth.example")
    started = begin(account, spec(), REDIRECT)
    asks = {k: v[0] for k, v in parse_qs(urlsplit(started.address).query, strict_parsing=True).items()}
    assert started.verifier is not None
    digest = hashlib.sha256(started.verifier.reveal().encode()).digest()
    assert asks == {
        "response_type": "code", "client_id": "public-app", "redirect_uri": REDIRECT, "scope": "orders stock",
        "state": started.state.reveal(), "prompt": "consent", "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }  # fmt: skip
    assert 43 <= len(started.verifier.reveal()) <= 128
    assert begin(account, spec(), REDIRECT).state != started.state


def test_an_address_with_a_query_keeps_it(server: OAuthServer) -> None:
    account = account_of(server, "https://auth.example")
    urls = {**account.urls, "authorize": "https://auth.example/go?tenant=tr"}
    started = begin(Account(**{**account.__dict__, "urls": urls}), spec(), REDIRECT)
    assert started.address.startswith("https://auth.example/go?tenant=tr&response_type=code")


def test_without_pkce_there_is_no_challenge(server: OAuthServer) -> None:
    plain = msgspec.structs.replace(spec("paste"), pkce=False)
    started = begin(account_of(server, "https://auth.example", "paste"), plain, plain.redirect)
    assert started.verifier is None
    assert "code_challenge" not in started.address


def test_nothing_secret_is_in_a_repr(server: OAuthServer) -> None:
    account = account_of(server, "https://auth.example", "paste")
    started = begin(account, spec("paste"), REDIRECT)
    request = code_request(account, spec("paste"), started, Secret("the-code-itself"))
    assert started.verifier is not None
    shown = f"{started!r} {request!r} {refreshing(account, spec('paste'))!r} {SignInError('signin.denied')!r}"
    for secret in (started.state, started.verifier, Secret("the-code-itself")):
        assert secret.reveal() not in shown


# -- the way back --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("code=abc", "signin.wrong_state"),
        ("code=abc&state=another", "signin.wrong_state"),
        ("code=abc&state=%C4%B1", "signin.wrong_state"),
        ("", "signin.wrong_state"),
        ("error=access_denied&state=another", "signin.wrong_state"),
        ("state={s}", "signin.no_code"),
        ("state={s}&code=", "signin.no_code"),
        ("state={s}&code=a&code=b", "signin.no_code"),
        ("state={s}&state={s}&code=a", "signin.no_code"),
        ("state={s}&code=a&error=access_denied", "signin.no_code"),
        ("state={s}&error=access_denied", "signin.denied"),
        ("state={s}&error=server_error&error_description=Kapal%C4%B1", "signin.refused"),
    ],
)
def test_an_answer_that_is_none(server: OAuthServer, query: str, key: str) -> None:
    started = begin(account_of(server, "https://auth.example"), spec(), REDIRECT)
    with pytest.raises(SignInError) as caught:
        read_redirect(query.replace("{s}", started.state.reveal()), started)
    assert caught.value.key == key
    if key == "signin.refused":
        assert caught.value.params == {"reason": "Kapalı"}


@given(st.text(max_size=200))
def test_no_text_is_taken_for_an_answer(text: str) -> None:
    started = begin(account_of(OAuthServer(), "https://auth.example", "paste"), spec("paste"), spec("paste").redirect)
    with pytest.raises(SignInError):
        read_redirect(text, started)
    with pytest.raises(SignInError):
        read_pasted(text, started)


@pytest.mark.parametrize("around", ["{}", "  {}\n", "<{}>", "“{}”", "{}#_=_"])
def test_a_pasted_address(server: OAuthServer, around: str) -> None:
    started = begin(account_of(server, "https://auth.example", "paste"), spec("paste"), spec("paste").redirect)
    right = f"https://shop.example/landed?code=c0de&state={started.state.reveal()}&realmId=77"
    assert read_pasted(around.format(right), started)["realmId"] == "77"


@pytest.mark.parametrize(
    "wrong",
    [
        "https://shop.example.evil/landed?code=a&state={s}", "http://shop.example/landed?code=a&state={s}",
        "https://shop.example:444/landed?code=a&state={s}", "https://shop.example/other?code=a&state={s}",
        "https://auth.example/authorize?state={s}", "code=a&state={s}", "https://shop.example/landed",
        "https://[::1", "https://shop.example:x/landed?code=a", "", "4/0AbCdEf",
    ],
)  # fmt: skip
def test_a_wrong_paste(server: OAuthServer, wrong: str) -> None:
    started = begin(account_of(server, "https://auth.example", "paste"), spec("paste"), spec("paste").redirect)
    with pytest.raises(SignInError) as caught:
        read_pasted(wrong.replace("{s}", started.state.reveal()), started)
    assert caught.value.key == "signin.wrong_paste"
    assert caught.value.params == {"start": "https://shop.example/landed"}


def test_a_redirect_that_is_the_vendors_name_for_one(server: OAuthServer) -> None:
    started = begin(account_of(server, "https://auth.example", "paste"), spec("paste"), "Magaza-RuName-abc")
    landed = read_pasted(f"https://anywhere.example/ok?code=a&state={started.state.reveal()}", started)
    assert landed["code"] == "a"


# -- requests and answers ------------------------------------------------------------------------------------------
async def test_each_client_says_who_it_is_the_way_its_vendor_wants(server: OAuthServer, line: Pipeline) -> None:
    account = account_of(server, line.address, "client")
    token = read_token(await asked(line.client(), client_request(account, spec("client"))), NOW)
    assert token.refresh is None
    assert server.counts["client_credentials"] == 1
    paste = account_of(server, line.address, "paste")
    await signed_in(
        line, paste, "paste", spec("paste").redirect
    )  # a secret with blanks, & and / goes form-encoded in Basic
    other = account_of(server, line.address, "paste", client_secret="not the secret")
    with pytest.raises(ProviderError) as caught:
        await signed_in(line, other, "paste", spec("paste").redirect)
    assert caught.value.message.code == "auth.refused"


@pytest.mark.parametrize("turn", ["verifier", "redirect", "twice", "late"])
async def test_a_strict_server_refuses_a_code(server: OAuthServer, line: Pipeline, turn: str) -> None:
    account = account_of(server, line.address)
    started = begin(account, spec(), REDIRECT)
    code = Secret(read_redirect(urlsplit(await consent(started.address)).query, started)["code"])
    if turn == "verifier":
        started = begin(account, spec(), REDIRECT)
    elif turn == "redirect":
        started = type(started)(started.address, "http://127.0.0.1:1/paxzar", started.state, started.verifier)
    elif turn == "twice":
        read_token(await asked(line.client(), code_request(account, spec(), started, code)), NOW)
    else:
        server.offset = 61
    with pytest.raises(ProviderError) as caught:
        read_token(await asked(line.client(), code_request(account, spec(), started, code)), NOW)
    assert caught.value.message.code == "auth.signed_out"
    assert not [g for g in server.living if g.refresh], "what came of the code before is void too"


async def test_what_we_sent_does_not_come_back_in_the_vendors_words(server: OAuthServer, line: Pipeline) -> None:
    account = account_of(server, line.address)
    started = begin(account, spec(), REDIRECT)
    request = code_request(account, spec(), started, Secret("a-code-of-another-time"))
    found = token_errors(await asked(line.client(), request), secrets_of(request))
    assert found is not None
    assert found.vendor_text == "no such code •••"
    assert found.vendor_code == "invalid_grant"


def test_secrets_are_found_in_every_place(server: OAuthServer) -> None:
    account = account_of(server, "https://auth.example", "paste")
    token = Token(Secret("access-token"), None, Secret("refresh-token"))
    able = msgspec.structs.replace(spec("paste"), revoke="revoke")
    found = secrets_of(revoke_request(account, able, token))
    secret = account.secret("client_secret")
    assert {"refresh-token", secret, quote_plus(secret)} <= set(found)
    assert blotted(f"your secret {secret}", [secret]) == "your secret •••"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(3600, 3600), ("3600", 3600), (3599.5, 3599.5), (None, None), ("soon", None), (0, None), (-5, None), ("nan", None), (1e300, None)],
)  # fmt: skip
def test_an_end_of_life(told: Any, seconds: float | None) -> None:
    token = read_token(reply(access_token="a", expires_in=told), NOW)
    assert token.expires_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_life_without_end_is_cut() -> None:
    assert read_token(reply(access_token="a", expires_in=10**11), NOW).expires_at == NOW + timedelta(days=3650)


def test_a_refresh_token_stays_when_no_new_one_comes() -> None:
    before = Token(Secret("a"), None, Secret("r"), "orders")
    assert read_token(reply(access_token="b"), NOW, before=before) == Token(Secret("b"), None, Secret("r"), "orders")
    after = read_token(reply(access_token="b", refresh_token="s", scope=["x", "y"]), NOW, before=before)
    assert (after.refresh, after.scope) == (Secret("s"), "x y")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(400, error="invalid_grant"), "auth.signed_out"),
        (reply(401, error="invalid_client"), "auth.refused"),
        (reply(400, error="invalid_scope", error_description="no such scope"), "request.refused"),
        (reply(429, error="too_many"), "rate.limited"),
        (reply(500, error="server_error"), "server.error"),
        (reply(503, error="odd"), "server.error"),
        (reply(200, error="invalid_grant"), "auth.signed_out"),
        (reply(502), "server.unavailable"),
        (reply(404), "config.wrong_url"),
        (Reply(200, {"content-type": "text/html"}, b"<!doctype html>secret", ""), "server.html"),
        (Reply(500, {}, b"your token was secret-secret", ""), "server.error"),
    ],
)
def test_errors_of_the_token_address(answer: Reply, code: str) -> None:
    found = token_errors(answer)
    assert found is not None
    assert found.code == code
    assert "secret" not in found.vendor_text, "a body that is no OAuth error is not quoted"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"token_type":"bearer"}', b'{"access_token":""}', b'{"access_token":7}', b"[" * 9999]
)
def test_an_answer_without_a_token(body: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        read_token(Reply(200, {}, body, "token"), NOW)
    assert caught.value.message.code.startswith("answer.")


def test_a_device_answer() -> None:
    made = {"device_code": "d", "user_code": "AB-CD", "verification_uri": "https://v.example/go"}
    plain = read_device(reply(**made))
    assert (plain.interval, plain.lives, plain.complete) == (5.0, 1800.0, "")
    told = read_device(reply(**made, expires_in="600", interval=0.01, verification_uri_complete="javascript:alert(1)"))
    assert (told.interval, told.lives, told.complete) == (1.0, 600.0, "")
    assert "'d'" not in repr(told)
    with pytest.raises(ProviderError):
        read_device(reply(**{**made, "verification_uri": "file:///etc/passwd"}))


@pytest.mark.parametrize(
    ("address", "good"),
    [("https://a.example/x", True), ("http://127.0.0.1:80/x", True), ("http://a.example", False), ("https://u@a.example", False), ("ftp://a", False), ("https://[", False), ("", False)],
)  # fmt: skip
def test_where_a_browser_may_go(address: str, good: bool) -> None:
    assert browsable(address) is good


# -- renewing ------------------------------------------------------------------------------------------------------
class Recording(MemoryTokens):
    """Says what is done to it, and may refuse."""

    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self.log, self.refuses = log, 0

    async def put(self, name: str, token: Token) -> None:
        await asyncio.sleep(0.005)
        if self.refuses:
            self.refuses -= 1
            raise OSError("no room on the disk")
        self.log.append("kept")
        await super().put(name, token)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_the_new_refresh_token_is_on_the_disk_before_the_new_access_token_is_used(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    log: list[str] = []
    store = Recording(log)
    account = account_of(server, line.address, tokens=store, now=clock)
    first = await signed_in(line, account)
    http, auth = line.client(), refreshing(account, spec())

    place = auth._place
    auth._place = lambda request, token: (log.append("used"), place(request, token))[1]  # type: ignore[method-assign]
    assert (await http.get("/shop", auth=auth)).status_code == 200
    clock.ahead = server.offset = 3590
    assert (await http.get("/shop", auth=auth)).status_code == 200
    assert log == ["kept", "used", "kept", "used"]
    second = await store.get(TOKEN)
    assert second is not None
    assert second.refresh != first.refresh
    assert server.counts["refresh_token"] == 1


async def test_a_disk_that_is_full_costs_neither_token(server: OAuthServer, line: Pipeline, clock: Clock) -> None:
    log: list[str] = []
    store = Recording(log)
    account = account_of(server, line.address, tokens=store, now=clock)
    old = await signed_in(line, account)
    clock.ahead = server.offset = 3700
    store.refuses = 2
    http, auth = line.client(), refreshing(account, spec())
    for _ in range(2):
        with pytest.raises(OSError, match="no room"):
            await http.get("/shop", auth=auth)
        assert await store.get(TOKEN) == old, "the old one is still there"
    assert server.counts["shop"] == 0, "the new access token was not used"
    assert server.counts["refresh_token"] == 1, "the token that could not be kept was kept in mind, not asked for anew"
    other = refreshing(account, spec())  # another connection of the account knows it too
    assert (await http.get("/shop", auth=other)).status_code == 200
    assert (server.counts["refresh_token"], server.counts["reuse"]) == (1, 0)
    kept = await store.get(TOKEN)
    assert kept is not None
    assert kept.refresh == Secret(server.grants[0].refresh)


async def test_connections_of_an_account_renew_once(server: OAuthServer, line: Pipeline, clock: Clock) -> None:
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    clock.ahead = server.offset = 3700
    auths = [refreshing(account, spec()) for _ in range(6)]
    answers = await asyncio.gather(*(line.client(n).get("/shop", auth=a) for n, a in enumerate(auths * 3)))
    assert {a.status_code for a in answers} == {200}
    assert (server.counts["refresh_token"], server.counts["reuse"]) == (1, 0)
    server.forget_access()  # the vendor forgets the access token before its time
    clock.ahead += 300
    answers = await asyncio.gather(*(line.client(n).get("/shop", auth=a) for n, a in enumerate(auths * 3)))
    assert {a.status_code for a in answers} == {200}
    assert (server.counts["refresh_token"], server.counts["reuse"]) == (2, 0)


async def test_a_revoked_sign_in_is_told_and_not_asked_for_again(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    server.revoke_all()
    auths = [refreshing(account, spec()) for _ in range(3)]
    for n in range(12):
        with pytest.raises(ProviderError) as caught:
            await line.client(n % 3).get("/shop", auth=auths[n % 3])
        assert caught.value.message.code == "auth.signed_out"
        assert "reason" not in caught.value.message.params
        clock.ahead += 600
    assert server.counts["refresh_token"] == 1, "no storm"
    assert server.counts["shop"] == 1
    assert await account.tokens.get(TOKEN) is None
    await signed_in(line, account)
    server.offset = clock.ahead
    assert (await line.client().get("/shop", auth=auths[0])).status_code == 200


async def test_a_lost_answer_of_a_rotating_refresh_is_told_honestly_and_once(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    clock.ahead = server.offset = 3700
    auth = refreshing(account, spec())
    server.fault("token", "drop")
    with pytest.raises(ProviderError) as lost:
        await line.client().get("/shop", auth=auth)
    assert lost.value.message.code == "net.cut"
    assert server.counts["refresh_token"] == 1, "a rotating refresh is not sent twice by itself"
    with pytest.raises(ProviderError) as ended:
        await line.client().get("/shop", auth=auth)
    assert ended.value.message.code == "auth.signed_out"
    assert ended.value.message.params["reason"] == "refresh_lost"
    for _ in range(5):
        with pytest.raises(ProviderError):
            await line.client().get("/shop", auth=auth)
    assert (server.counts["refresh_token"], server.counts["reuse"]) == (2, 1)


async def test_a_lost_answer_does_no_harm_where_refresh_tokens_do_not_rotate(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    server.rotate = False
    account = account_of(server, line.address, now=clock)
    server.rotate = True
    await signed_in(line, account)
    server.rotate = False
    clock.ahead = server.offset = 3700
    auth = refreshing(account, spec())
    server.fault("token", "drop")
    with pytest.raises(ProviderError):
        await line.client().get("/shop", auth=auth)
    assert (await line.client().get("/shop", auth=auth)).status_code == 200


@pytest.mark.parametrize(("fault", "code"), [("500", "server.error"), ("html", "server.html"), ("garbage", "answer.")])
async def test_trouble_at_the_token_address_keeps_the_refresh_token(
    server: OAuthServer, line: Pipeline, clock: Clock, fault: str, code: str
) -> None:
    account = account_of(server, line.address, now=clock)
    old = await signed_in(line, account)
    clock.ahead = server.offset = 3700
    auth = refreshing(account, spec())
    server.fault("token", fault)
    with pytest.raises(ProviderError) as caught:
        await line.client().get("/shop", auth=auth)
    assert caught.value.message.code.startswith(code)
    assert await account.tokens.get(TOKEN) == old
    assert (await line.client().get("/shop", auth=auth)).status_code == 200


async def test_a_throttled_refresh_waits_its_turn(server: OAuthServer, line: Pipeline, clock: Clock) -> None:
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    clock.ahead = server.offset = 3700
    server.fault("token", "429")
    assert (await line.client().get("/shop", auth=refreshing(account, spec()))).status_code == 200
    assert server.counts["reuse"] == 0


async def test_wrong_client_secret_keeps_the_refresh_token(server: OAuthServer, line: Pipeline, clock: Clock) -> None:
    store = MemoryTokens()
    account = account_of(server, line.address, "paste", tokens=store, now=clock)
    old = await signed_in(line, account, "paste", spec("paste").redirect)
    clock.ahead = server.offset = 3700
    wrong = account_of(server, line.address, "paste", tokens=store, now=clock, client_secret="typed wrong")
    with pytest.raises(ProviderError) as caught:
        await line.client().get("/shop", auth=refreshing(wrong, spec("paste")))
    assert caught.value.message.code == "auth.refused"
    assert await store.get(TOKEN) == old
    assert (await line.client().get("/shop", auth=refreshing(account, spec("paste")))).status_code == 200


@pytest.mark.parametrize("ahead", [-86_400.0, 31_536_000.0])
async def test_a_clock_that_is_wrong(server: OAuthServer, line: Pipeline, clock: Clock, ahead: float) -> None:
    """Ours is a day slow or a year fast, all the time: ends of life are counted on it, so nothing happens."""
    clock.ahead = ahead
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    auth = refreshing(account, spec())
    for _ in range(3):
        assert (await line.client().get("/shop", auth=auth)).status_code == 200
    assert server.counts["refresh_token"] == 0


async def test_a_clock_that_is_set_back_does_not_stop_renewals(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    auth = refreshing(account, spec())
    clock.ahead = 3700
    assert (await line.client().get("/shop", auth=auth)).status_code == 200
    clock.ahead = -86_400  # the token seems to live for a day more, and to be fetched tomorrow
    server.forget_access()
    assert (await line.client().get("/shop", auth=auth)).status_code == 200
    assert server.counts["refresh_token"] == 2


async def test_a_brand_new_token_that_is_refused_is_not_renewed_again(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    account = account_of(server, line.address, "client", now=clock)
    auth = refreshing(account, spec("client"))
    assert (await line.client().get("/shop", auth=auth)).status_code == 200
    server.forget_access()
    for _ in range(4):
        assert (await line.client().get("/shop", auth=auth)).status_code == 401
    assert server.counts["client_credentials"] == 1
    clock.ahead = 200
    assert (await line.client().get("/shop", auth=auth)).status_code == 200


async def test_a_refresh_token_typed_by_hand(server: OAuthServer, line: Pipeline, clock: Clock) -> None:
    store = MemoryTokens()
    got = await signed_in(line, account_of(server, line.address, now=clock))
    assert got.refresh is not None
    account = account_of(server, line.address, tokens=store, now=clock, refresh_token=got.refresh.reveal())
    typed = msgspec.structs.replace(spec(), refresh_token="refresh_token")
    assert (await line.client().get("/shop", auth=refreshing(account, typed))).status_code == 200
    server.revoke_all()
    clock.ahead = 4000
    for _ in range(4):
        with pytest.raises(ProviderError) as caught:
            await line.client().get("/shop", auth=refreshing(account, typed))
        assert caught.value.message.code == "auth.signed_out"
    assert server.counts["refresh_token"] <= 3, "the kept one, then the typed one, then none"


async def test_never_signed_in_asks_nobody(server: OAuthServer, line: Pipeline) -> None:
    with pytest.raises(ProviderError) as caught:
        await line.client().get("/shop", auth=refreshing(account_of(server, line.address), spec()))
    assert caught.value.message.code == "auth.signed_out"
    assert not server.counts


async def test_a_sign_in_waits_for_a_renewal_and_takes_its_place(
    server: OAuthServer, line: Pipeline, clock: Clock
) -> None:
    log: list[str] = []
    account = account_of(server, line.address, tokens=Recording(log), now=clock)
    await signed_in(line, account)
    clock.ahead = server.offset = 3700
    auth = refreshing(account, spec())
    fresh = Token(Secret("fresh"), None, Secret("fresh-refresh"))
    renewal = asyncio.create_task(line.client().get("/shop", auth=auth))
    while not auth._lock.locked():  # noqa: ASYNC110 - an asyncio lock tells nobody
        await asyncio.sleep(0)
    await keep_signed_in(account.tokens, fresh)
    assert await account.tokens.get(TOKEN) == fresh
    assert (await renewal).status_code == 200


async def test_no_secret_in_any_log_line(
    server: OAuthServer, line: Pipeline, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = account_of(server, line.address, now=clock)
    await signed_in(line, account)
    clock.ahead = server.offset = 3700
    await line.client().get("/shop", auth=refreshing(account, spec()))
    server.revoke_all()
    clock.ahead = server.offset = 8000
    with pytest.raises(ProviderError) as caught:
        await line.client().get("/shop", auth=refreshing(account, spec()))
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "uvicorn"))
    ]
    text = "\n".join([*ours, str(caught.value), repr(caught.value.message)])
    assert server.secrets
    assert not [one for one in server.secrets if one in text]
