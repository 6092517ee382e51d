"""Signing in as a use case: four flows through the real pipeline into a real vault, then the ordinary probe and save; and
what a merchant, a browser and a vendor can do wrong."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.changes import Changes
from app.console import utc_now
from app.contracts import ProviderError, Secret, Token
from app.contracts.catalogue import Catalogue
from app.http.pipeline import Network
from app.http.samples import SampleRing
from app.jobs.connect import Connecting, Wish
from app.jobs.engine import Engine
from app.jobs.links import Links
from app.jobs.signing_in import SigningIn
from app.jobs.tokens import TrialTokens, drop_orphans
from app.kit.oauth import TOKEN, SignInError
from app.store import Store
from app.store.audit import Action, AuditFilter
from app.vault import Profile, Vault
from tests.support.oauth_server import OAuthServer
from tests.support.serving import serve
from tests.support.signin import Clock, Merchant, catalogue_root, consent, importable, manifest_of, values_of


@dataclass
class Bench:
    server: OAuthServer
    address: str
    vault: Vault
    store: Store
    connecting: Connecting
    links: Links
    engine: Engine
    clock: Clock
    slept: list[float]

    def signing(self, **more: Any) -> SigningIn:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.clock.ahead += seconds
            self.server.offset += seconds

        return SigningIn(self.connecting, self.clock, sleep=sleep, clock=lambda: self.clock().timestamp(), **more)

    def wish(self, flow: str, **more: Any) -> Wish:
        return Wish(f"signin_{flow}", "Dükkân", "live", values_of(self.server, flow), self.address, **more)

    async def connected(self, flow: str, merchant: Merchant | None = None) -> Any:
        wish = await self.signing().sign_in(self.wish(flow), merchant or Merchant(self.server))
        await self.connecting.attempt(wish, self.clock())
        return await self.connecting.save(wish, self.clock())

    def token_ids(self) -> list[str]:
        return [one for one in self.vault.ids(tokens=True) if one.startswith("token/")]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    server, clock, changes, ring = OAuthServer(), Clock(), Changes(), SampleRing()
    vault, _ = await Vault.create(
        tmp_path / "vault", keyring=None, password=Secret("a password for tests"), profile=Profile.TEST
    )
    store = await Store.open(tmp_path / "store.db", now=utc_now)
    with serve(server.app) as address, importable():
        catalogue = Catalogue(catalogue_root(tmp_path / "catalogue"), with_plugins=False)
        network = Network(on_sample=ring)
        links = Links(store, vault, catalogue, network, clock)
        connecting = Connecting(store, vault, catalogue, links, changes)
        engine = Engine(store, links, changes, ring, clock)
        yield Bench(server, address, vault, store, connecting, links, engine, clock, [])
        await engine.close()
        await network.close()
        await store.close()
        await vault.lock()


# -- the four flows ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flow", ["loopback", "device", "client"])
async def test_a_flow_ends_in_a_connection_that_works(bench: Bench, flow: str) -> None:
    merchant = Merchant(bench.server)
    wish = await bench.signing().sign_in(bench.wish(flow), merchant)
    assert bench.token_ids() == [f"token/{wish.signed}/{TOKEN}"], "kept before anything used it"
    result = await bench.connecting.attempt(wish, bench.clock())
    assert result.facts == {"shop": "Sırça Dükkân"}
    row = await bench.connecting.save(wish, bench.clock())
    assert row.account_id == wish.signed
    probed, _ = await bench.engine.probe(row)
    assert probed.outcome == "done"
    assert bench.server.counts["token"] == (1 if flow != "device" else bench.server.counts["token"])
    await merchant.settled()
    if flow == "loopback":
        page = merchant.pages[0]
        assert (page.status_code, "Paxzar’a dönün" in page.text) == (200, True)
        assert 'lang="tr"' in page.text
        assert merchant.landed[0].startswith("http://127.0.0.1:")
    if flow == "device":
        code, address, complete, until = merchant.codes[0]
        assert address == f"{bench.address}/activate"
        assert complete.endswith(code)
        assert until > bench.clock()


async def test_paste_brings_fields_too(bench: Bench) -> None:
    bench.server.landing = {"realmId": "93-A"}
    merchant = Merchant()
    row = await bench.connected("paste", merchant)
    account = await bench.store.accounts.get(row.account_id)
    assert account is not None
    assert account.settings["company"] == "93-A"
    assert merchant.landed[0].startswith("https://shop.example/landed?realmId=93-A&")
    held = await bench.vault.get(row.account_id)
    assert set(held) == {"client_secret"}


async def test_a_wrong_paste_is_told_and_asked_for_again(bench: Bench) -> None:
    bench.server.landing = {"realmId": "1"}
    merchant = Merchant()
    merchant.answers = [
        "https://auth.giris.example/authorize?x=1",
        "çöp",
        lambda right: right.replace("state=", "state=x"),
        lambda right: right.partition("&code=")[0],
        lambda right: f"  <{right}> ",
    ]
    await bench.connected("paste", merchant)
    assert [one.code for one in merchant.wrong] == [
        "signin.wrong_paste", "signin.wrong_paste", "signin.wrong_state", "signin.no_code",
    ]  # fmt: skip
    assert bench.server.counts["token"] == 1


async def test_a_loopback_flow_by_paste_on_a_machine_without_a_browser(bench: Bench) -> None:
    merchant = Merchant()
    wish = await bench.signing().sign_in(bench.wish("loopback"), merchant, paste=True)
    assert merchant.landed[0].startswith("http://127.0.0.1:")
    assert (await bench.connecting.attempt(wish, bench.clock())).facts


async def test_the_device_flow_keeps_to_its_pace(bench: Bench) -> None:
    merchant = Merchant()  # decides later
    signing = bench.signing()
    work = asyncio.create_task(signing.sign_in(bench.wish("device"), merchant))
    bench.server.fault("token", "slow_down")
    while len(bench.slept) < 4:  # noqa: ASYNC110 - the other end is a server in a thread
        await asyncio.sleep(0.01)
    bench.server.decide(merchant.codes[0][0])
    await work
    assert bench.slept[:4] == [1.0, 6.0, 6.0, 6.0], "slow_down adds five seconds for good"
    assert bench.server.counts["too_early"] == 0


async def test_a_lost_poll_is_asked_again_more_slowly(bench: Bench) -> None:
    bench.server.fault("token", "500")
    await bench.connected("device")
    assert bench.slept[:2] == [1.0, 6.0]


@pytest.mark.parametrize(
    ("decides", "fault", "key"),
    [("no", "", "signin.denied"), ("yes", "access_denied", "signin.denied"), ("yes", "expired", "signin.code_expired"), ("", "", "signin.code_expired")],
)  # fmt: skip
async def test_device_endings(bench: Bench, decides: str, fault: str, key: str) -> None:
    bench.server.device_life = 20
    if fault:
        bench.server.fault("token", fault)
    with pytest.raises(SignInError) as caught:
        await bench.signing().sign_in(bench.wish("device"), Merchant(bench.server, decides=decides))
    assert caught.value.key == key
    assert bench.token_ids() == []
    assert sum(bench.slept) <= 21


# -- what a browser does wrong -------------------------------------------------------------------------------------
async def test_strays_do_not_end_it(bench: Bench) -> None:
    merchant = Merchant()

    def bend(landing: str) -> list[str]:
        base, _, query = landing.partition("?")
        origin = base.rpartition("/")[0]
        return [f"{origin}/favicon.ico", f"{base}?code=stolen&state=guess", f"{base}?error=access_denied&state=guess", f"{base}?{query.partition('&code')[0]}", landing]  # fmt: skip

    merchant.bend = bend
    await bench.connected("loopback", merchant)
    await merchant.settled()
    assert [page.status_code for page in merchant.pages] == [404, 400, 400, 400, 200]
    assert "Beklenen bu değil" in merchant.pages[1].text
    assert bench.server.counts["token"] == 1


async def test_the_merchant_says_no(bench: Bench) -> None:
    bench.server.say_no = True
    merchant = Merchant()
    with pytest.raises(SignInError) as caught:
        await bench.signing().sign_in(bench.wish("loopback"), merchant)
    assert caught.value.key == "signin.denied"
    await merchant.settled()
    assert "Oturum açılmadı" in merchant.pages[0].text
    assert bench.token_ids() == []


async def test_a_browser_that_is_closed(bench: Bench) -> None:
    merchant = Merchant()
    merchant.stays_away = True
    with pytest.raises(SignInError) as caught:
        await bench.signing(patience_s=0.1).sign_in(bench.wish("loopback"), merchant)
    assert caught.value.key == "signin.timeout"
    assert bench.server.counts["token"] == 0


async def test_cancelled_in_the_middle_leaves_nothing(bench: Bench) -> None:
    merchant = Merchant()
    merchant.stays_away = True
    work = asyncio.create_task(bench.signing().sign_in(bench.wish("loopback"), merchant))
    while not merchant.opened:  # noqa: ASYNC110 - a list tells nobody
        await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    landing = await consent(merchant.opened[0])
    async with httpx.AsyncClient() as browser:
        with pytest.raises(httpx.ConnectError):
            await browser.get(landing)
    assert bench.vault.ids(tokens=True) == []


async def test_a_fixed_port_that_is_taken(bench: Bench) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        manifest = bench.connecting.catalogue.manifest("signin_loopback")
        assert manifest.sign_in is not None
        fixed = msgspec.structs.replace(manifest.sign_in, redirect=f"http://127.0.0.1:{port}/paxzar")
        bench.connecting.catalogue._manifests["signin_loopback"] = msgspec.structs.replace(manifest, sign_in=fixed)
        with pytest.raises(SignInError) as caught:
            await bench.signing().sign_in(bench.wish("loopback"), Merchant())
    assert (caught.value.key, caught.value.params) == ("signin.port_taken", {"port": str(port)})


async def test_a_code_that_comes_too_late(bench: Bench) -> None:
    bench.server.fault("token", "expired")
    with pytest.raises(SignInError) as caught:
        await bench.signing().sign_in(bench.wish("loopback"), Merchant())
    assert caught.value.key == "signin.code_spent"


@pytest.mark.parametrize(("fault", "code"), [("drop", "net.cut"), ("500", "server.error"), ("html", "server.html")])
async def test_a_code_is_never_sent_twice(bench: Bench, fault: str, code: str) -> None:
    bench.server.fault("token", fault)
    with pytest.raises(ProviderError) as caught:
        await bench.signing().sign_in(bench.wish("loopback"), Merchant())
    assert caught.value.message.code == code
    assert bench.server.counts["authorization_code"] == 1
    assert bench.token_ids() == []


async def test_what_is_missing_is_asked_for_before_a_browser_opens(bench: Bench) -> None:
    merchant = Merchant()
    with pytest.raises(ProviderError) as caught:
        await bench.signing().sign_in(msgspec.structs.replace(bench.wish("loopback"), values={}), merchant)
    assert caught.value.message.field == "client_id"
    assert merchant.opened == []


# -- again, and away -----------------------------------------------------------------------------------------------
async def test_signed_out_then_again(bench: Bench) -> None:
    row = await bench.connected("loopback")
    bench.server.revoke_all()
    for _ in range(3):
        result, _ = await bench.engine.probe(row)
        assert result.message is not None
        assert result.message.code == "auth.signed_out"
    stored = await bench.store.connections.get(row.id)
    assert stored is not None
    assert stored.last_error is not None
    assert stored.last_error.code == "auth.signed_out", "the window and the command line show it from here"
    assert bench.server.counts["refresh_token"] == 1
    await bench.signing().sign_in_again(row, Merchant())
    result, _ = await bench.engine.probe(row)
    assert result.outcome == "done"
    notes = await bench.store.audit.query(AuditFilter(action=Action.KEYS_CHANGED))
    assert [one.subject_id for one in notes] == [row.account_id]


async def test_again_that_fails_leaves_the_old_sign_in(bench: Bench) -> None:
    row = await bench.connected("loopback")
    bench.server.say_no = True
    with pytest.raises(SignInError):
        await bench.signing().sign_in_again(row, Merchant())
    result, _ = await bench.engine.probe(row)
    assert result.outcome == "done"


async def test_a_sign_in_whose_connection_is_not_made_is_taken_back(bench: Bench) -> None:
    signing = bench.signing()
    wish = await signing.sign_in(bench.wish("loopback"), Merchant())
    await signing.discard(wish)
    assert bench.vault.ids(tokens=True) == []
    assert bench.server.living == [], "and the vendor knows"
    with pytest.raises(ProviderError) as caught:
        await bench.connecting.attempt(wish, bench.clock())
    assert caught.value.message.code == "auth.signed_out"


async def test_what_a_killed_sign_in_left_is_swept_and_nothing_else(bench: Bench) -> None:
    made = await bench.connected("loopback")
    left = await bench.signing().sign_in(bench.wish("loopback", again=True), Merchant())
    await bench.vault.put("backup/key", {"key": "k" * 44})
    # An account whose entry is gone (a vault that was healed), and an entry whose account is gone (a store begun anew).
    await bench.vault.tokens("healed").put(TOKEN, Token(Secret("access-of-healed")))
    await bench.vault.put("lost", {"key": "secret-of-lost"})
    await bench.vault.tokens("lost").put(TOKEN, Token(Secret("access-of-lost")))
    before = set(bench.vault.ids(tokens=True))
    assert await drop_orphans(bench.vault, {made.account_id, "healed"}) == [left.signed]
    assert before - set(bench.vault.ids(tokens=True)) == {f"token/{left.signed}/{TOKEN}"}
    assert await drop_orphans(bench.vault, {made.account_id, "healed"}) == []


async def test_a_trial_and_a_job_at_one_moment_spend_a_refresh_token_once_each(bench: Bench) -> None:
    row = await bench.connected("loopback")
    account = await bench.store.accounts.get(row.account_id)
    assert account is not None
    bench.clock.ahead += 86_400
    bench.server.offset += 86_400
    trial = bench.links.make(
        msgspec.structs.replace(row, id=0), account.settings, account.urls, await bench.vault.get(row.account_id),
        tokens=TrialTokens(bench.links.tokens(row.account_id)),
    )  # fmt: skip
    tried, (probed, _) = await asyncio.gather(trial.provider.probe(), bench.engine.probe(row))
    assert (tried.facts, probed.outcome) == ({"shop": "Sırça Dükkân"}, "done")
    assert bench.server.counts["refresh_token"] in (1, 2)


async def test_discard_never_touches_a_connection_that_was_made(bench: Bench) -> None:
    signing = bench.signing()
    wish = await signing.sign_in(bench.wish("loopback"), Merchant())
    row = await bench.connecting.save(wish, bench.clock())
    await signing.discard(wish)
    result, _ = await bench.engine.probe(row)
    assert result.outcome == "done"


@pytest.mark.parametrize("fault", ["", "500", "drop"])
async def test_removing_the_connection_ends_the_sign_in(bench: Bench, fault: str) -> None:
    row = await bench.connected("loopback")
    if fault:
        bench.server.fault("revoke", fault)
    await bench.connecting.remove(row)
    assert bench.vault.ids(tokens=True) == []
    assert bench.server.counts["revoke"] == 1
    assert bool(bench.server.living) == (fault == "500"), "told to the vendor where the vendor can hear"


async def test_saving_that_fails_can_be_tried_again(bench: Bench) -> None:
    await bench.connected("loopback")
    wish = await bench.signing().sign_in(bench.wish("loopback"), Merchant())
    with pytest.raises(ProviderError) as caught:
        await bench.connecting.save(wish, bench.clock())
    assert caught.value.message.code == "item.duplicate"
    row = await bench.connecting.save(msgspec.structs.replace(wish, name="İkinci"), bench.clock())
    assert row.account_id == wish.signed


async def test_without_a_sign_in_the_manifest_says_so(bench: Bench) -> None:
    plain = msgspec.structs.replace(manifest_of("loopback"), sign_in=None)
    bench.connecting.catalogue._manifests["signin_loopback"] = plain
    with pytest.raises(SignInError) as caught:
        await bench.signing().sign_in(bench.wish("loopback"), Merchant())
    assert (caught.value.key, caught.value.params) == ("signin.none", {"name": "Giriş loopback"})


async def test_nothing_secret_in_logs_store_or_audit(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = await bench.connected("loopback")
    bench.server.revoke_all()
    await bench.engine.probe(row)
    bench.server.fault("token", "expired")
    with pytest.raises(SignInError) as caught:
        await bench.signing().sign_in_again(row, Merchant())
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore", "uvicorn"))]
    text = "\n".join([*ours, repr(caught.value), str(caught.value), str(caught.value.message)])
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in bench.server.secrets:
        assert secret not in text
        assert secret.encode() not in files
