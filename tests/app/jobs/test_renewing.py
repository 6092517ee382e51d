"""New keys: the old ones stay in force until the new ones have probed well, whatever happens in between; and jobs that are
held while the vault is locked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.contracts import Kind, Message, ProviderError, Secret, Token
from app.jobs.connect import Wish
from app.jobs.runner import Result
from app.jobs.tokens import SpokenTokens, TrialTokens
from app.kit import MemoryTokens
from app.store.audit import AuditFilter
from app.vault import VaultLocked, VaultUnsaved
from tests.support.waiting import PATIENCE_S, until

NEVER = "http://127.0.0.1:9"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


async def held(woo) -> dict[str, str]:
    return {k: v.reveal() for k, v in (await woo.console.keys.get(woo.row.account_id)).items()}


async def outcomes(woo) -> list[str]:
    return [e.outcome for e in await woo.console.store.audit.query(AuditFilter(action="keys.changed"))]


async def test_a_refused_key_is_dropped_and_the_old_one_works(woo):
    before = await held(woo)
    with pytest.raises(ProviderError) as refused:
        await woo.console.connecting.renew(woo.row, {"consumer_secret": "cs_" + "0" * 40})
    assert refused.value.message.kind is Kind.YOURS
    assert refused.value.message.params["connection"] == "Mağaza"
    assert await held(woo) == before
    assert not await woo.console.connecting.renewing.waits(woo.row.account_id)
    assert (await woo.console.engine.probe(woo.row))[0].outcome == "done"
    row = await woo.console.store.connections.get(woo.row.id)
    assert row.last_error is None, "a trial is no mark on the connection"
    assert await outcomes(woo) == ["refused"]


async def test_a_proved_key_takes_its_place(woo):
    good = await held(woo)
    await woo.console.keys.put(woo.row.account_id, {**good, "consumer_secret": "old"})
    assert (await woo.console.engine.probe(woo.row))[0].outcome == "failed"
    assert await woo.console.connecting.renew(
        woo.row, {"consumer_secret": good["consumer_secret"], "consumer_key": " "}
    )
    assert await held(woo) == good
    assert (await woo.console.engine.probe(woo.row))[0].outcome == "done", "the living link is a new one"
    assert await outcomes(woo) == ["done"]
    assert await woo.console.connecting.renew(woo.row, {"consumer_secret": good["consumer_secret"]}) is None
    assert await woo.console.connecting.settle_renewal(woo.row) is None


async def test_a_vendor_that_is_down_leaves_the_new_key_waiting(woo):
    good = await held(woo)
    woo.fault(kind="status", status=503, path="/", count=50, body="")
    with pytest.raises(ProviderError) as down:
        await woo.console.connecting.renew(woo.row, {"consumer_secret": "cs_" + "5" * 40})
    assert down.value.message.kind is Kind.THEIRS
    assert await held(woo) == good, "the old one is in force"
    assert await woo.console.connecting.renewing.waits(woo.row.account_id)
    assert await outcomes(woo) == ["failed"]
    woo.control.post("/_control/faults", json={"kind": "none"})
    woo.control.post("/_control/reset", json={"orders": 3, "listings": 2, "seed": 4})
    with pytest.raises(ProviderError):  # it is up again, and refuses that key
        await woo.console.connecting.settle_renewal(woo.row)
    assert not await woo.console.connecting.renewing.waits(woo.row.account_id)
    assert await held(woo) == good


async def test_a_kill_while_it_is_tried_loses_neither(woo, monkeypatch):
    good = await held(woo)
    await woo.console.keys.put(woo.row.account_id, {**good, "consumer_secret": "old"})
    woo.fault(kind="delay", seconds=20, path="/", count=9)
    trying = asyncio.ensure_future(woo.console.connecting.renew(woo.row, {"consumer_secret": good["consumer_secret"]}))
    while not await woo.console.connecting.renewing.waits(woo.row.account_id):  # noqa: ASYNC110 - the vault tells nobody
        await asyncio.sleep(0.01)
    trying.cancel()  # as far as the vault is concerned: nothing of the program runs after this
    await asyncio.wait([trying])
    assert (await held(woo))["consumer_secret"] == "old"
    woo.control.post("/_control/reset", json={"orders": 3, "listings": 2, "seed": 4})
    assert await woo.console.connecting.settle_renewal(woo.row) is not None
    assert await held(woo) == good
    assert not await woo.console.connecting.renewing.waits(woo.row.account_id)


@pytest.mark.parametrize("step", ["update_settings", "forget"])
async def test_a_kill_while_it_is_put_in_force_is_made_good(woo, monkeypatch, step):
    class Killed(BaseException):
        pass

    async def killed(*_args, **_more):
        raise Killed

    good = await held(woo)
    await woo.console.keys.put(woo.row.account_id, {**good, "consumer_secret": "old"})
    renewing = woo.console.connecting.renewing
    target = woo.console.store.accounts if step == "update_settings" else renewing
    with monkeypatch.context() as patched:
        patched.setattr(target, step, killed)
        with pytest.raises(Killed):
            await woo.console.connecting.renew(woo.row, {"consumer_secret": good["consumer_secret"]})
    assert await renewing.waits(woo.row.account_id)
    assert await woo.console.connecting.settle_renewal(woo.row) is not None
    assert await held(woo) == good
    account = await woo.console.store.accounts.get(woo.row.account_id)
    assert set(account.settings).isdisjoint(good), "no secret went into the store"


async def test_a_new_address_is_no_new_key(woo, monkeypatch):
    put = []
    keys = woo.console.keys
    real = keys.put

    async def noting(entry, values):
        put.append(entry)
        await real(entry, values)

    monkeypatch.setattr(keys, "put", noting)
    assert await woo.console.connecting.renew(woo.row, {"store_url": woo.address})
    assert (await woo.console.store.accounts.get(woo.row.account_id)).settings["store_url"] == woo.address
    assert woo.row.account_id not in put, "its age goes on"


async def test_an_attempt_leaves_no_token_behind(woo, monkeypatch):
    asked = []
    monkeypatch.setattr(woo.console.keys, "tokens", lambda entry: asked.append(entry) or MemoryTokens())
    values = {k: v for k, v in woo.control.get("/_control/credentials").json().items() if v}
    for address in (NEVER, NEVER, NEVER, woo.address):  # and a dead address is no reason to refuse the next one
        wish = Wish("woocommerce", "Yeni", "live", values, address)
        if address == NEVER:
            with pytest.raises(ProviderError):
                await woo.console.connecting.attempt(wish, NOW)
        else:
            assert await woo.console.connecting.attempt(wish, NOW)
    assert asked == []


async def test_a_key_that_the_vendor_repeats_is_not_told_while_it_is_tried(woo):
    good = await held(woo)
    typed = "cs_" + "7" * 20 + "Kq9xTz"
    body = '{"code": "woocommerce_rest_authentication_error", "message": "bad key ' + typed + '"}'
    for _ in range(2):
        woo.fault(kind="status", status=401, path="/", count=9, body=body)
        with pytest.raises(ProviderError) as refused:
            await woo.console.connecting.renew(woo.row, {"consumer_secret": typed})
        assert "bad key •••" in refused.value.message.vendor_text
    wish = Wish(
        "woocommerce", "Yeni", "live", {**good, "store_url": woo.address, "consumer_secret": typed}, woo.address
    )
    with pytest.raises(ProviderError) as refused:
        await woo.console.connecting.attempt(wish, NOW)
    assert "bad key •••" in refused.value.message.vendor_text


# -- tokens --------------------------------------------------------------------------------------------------------
async def test_a_trial_proves_with_the_new_keys_only():
    store = MemoryTokens()
    await store.put("short", Token(Secret("old"), NOW + timedelta(hours=1)))
    await store.put("long", Token(Secret("old"), NOW + timedelta(hours=1), Secret("r1")))
    trial = TrialTokens(store)
    assert await trial.get("short") is None
    asked = await trial.get("long")
    assert (asked.refresh, asked.expires_at < NOW) == (Secret("r1"), True)
    await trial.put("short", Token(Secret("new")))
    assert (await store.get("short")).access == Secret("old"), "not before the trial went well"
    await trial.put("long", Token(Secret("new"), None, Secret("r2")))
    assert (await store.get("long")).refresh == Secret("r2"), "the vendor has voided r1"
    assert (await trial.get("long")).access == Secret("new")
    await trial.drop("long")
    await trial.keep()
    assert (await store.get("short")).access == Secret("new")


async def test_trouble_of_the_vault_is_a_message():
    class Broken:
        async def get(self, _name):
            raise VaultLocked

        async def put(self, _name, _token):
            raise VaultUnsaved("vault.disk_full")

        async def drop(self, _name):
            raise VaultLocked

    spoken = SpokenTokens(Broken())
    for call, code in (
        (spoken.get("x"), "vault.locked"),
        (spoken.put("x", Token(Secret("y"))), "vault.disk_full"),
        (spoken.drop("x"), "vault.locked"),
    ):
        with pytest.raises(ProviderError) as told:
            await call
        assert told.value.message.code == code


async def test_a_link_meets_a_locked_vault_with_a_sentence(woo, monkeypatch):
    async def locked(_entry):
        raise VaultLocked

    monkeypatch.setattr(woo.console.keys, "get", locked)
    result, _ = await woo.console.engine.probe(woo.row)
    assert (result.outcome, result.message.code) == ("failed", "vault.locked")
    assert result.message.params["connection"] == "Mağaza"


# -- held ----------------------------------------------------------------------------------------------------------
async def test_held_jobs_leave_no_mark_and_are_made_up_for(woo):
    engine = woo.console.engine
    await engine.hold(Message("vault.locked"), 1)
    assert engine.held == Message("vault.locked")
    jobs = len(await woo.console.store.jobs.recent(10))
    for result in (await engine.sync_orders(woo.row, asked_by="clock"), (await engine.probe(woo.row))[0]):
        assert (result.outcome, result.message.code) == ("failed", "vault.locked")
    assert len(await woo.console.store.jobs.recent(10)) == jobs, "no row for what did not run"
    assert (await woo.console.store.connections.get(woo.row.id)).last_error is None
    hurried = []

    class Clock:
        def hurry(self, kind, connection_id):
            hurried.append((kind, connection_id))

    engine.scheduler = Clock()
    engine.release()
    engine.scheduler = None
    assert hurried == [("orders", woo.row.id)], "what a person asked for, that person asks again"
    assert engine.held is None
    assert (await engine.sync_orders(woo.row)).outcome == "done"


async def test_jobs_under_way_end_and_late_ones_are_stopped(woo, monkeypatch):
    engine, begun, ended = woo.console.engine, [], []

    def slow(seconds):
        async def work(_handle):
            begun.append(seconds)
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                ended.append("stopped")
                raise
            ended.append("done")
            return Result()

        return work

    quick = asyncio.ensure_future(engine._run("orders", woo.row, slow(0.2), "user"))
    await until(lambda: begun == [0.2], "the quick one is under way")
    await engine.hold(Message("vault.locked"), PATIENCE_S)
    assert ended == ["done"]
    assert (await quick).outcome == "done"
    engine.release()
    late = asyncio.ensure_future(engine._run("orders", woo.row, slow(60), "user"))
    await until(lambda: begun == [0.2, 60], "the late one is under way")
    await woo.console.store.outbox.enqueue(woo.row.id, "price", 1, b"{}")
    await woo.console.store.outbox.take(woo.row.id, "price", 5, datetime.now(UTC))
    await engine.hold(Message("vault.locked"), 0.1)
    assert ended == ["done", "stopped"]
    assert (await late).outcome == "cancelled"
    assert (await woo.console.store.outbox.counts()).get("sending", 0) == 0, "an intent in mid-sending is looked after"
