"""Slack and webhooks through the pipeline, against servers on loopback: signed, never twice unasked, and with an end."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator

import pytest
from alert_making import NOW, row

from app.api.answers import sentence
from app.formats.words import Words
from app.http import Network
from app.monitor.alerting import hooks
from app.monitor.alerting.courier import Telling, hook_body, slack_body
from app.monitor.alerting.sending import SendFailed
from app.store.alerts import AlertBody
from tests.app.http.loopback import Visit, networking, serving

SECRET = "T0/B0/topsecret"
SIGNING = "0123456789abcdef-çok"


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with networking() as made:
        yield made


async def post(network: Network, url: str, channel: str = "slack", **more: str) -> None:
    body = slack_body("Title", "Text")
    await hooks.post(
        network, channel, f"{url}/services/{SECRET}", body, {"content-type": "application/json"}, NOW, **more
    )


async def refused(network: Network, url: str, channel: str = "slack", **more: str) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await post(network, url, channel, **more)
    told = sentence(Words.load("en"), caught.value.message)
    assert not set("⟦{") & set(told)
    assert SECRET not in told + repr(caught.value.message)
    return caught.value


async def test_slack_gets_its_text_and_its_three_signs_escaped(network: Network) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(200, b"ok")

    async with serving(script) as server:
        await hooks.post(network, "slack", f"{server.url}/x?a=%2C", slack_body("A & <B>", "c > d\ne"), {}, NOW)
    (visit,) = server.visits
    assert (visit.method, visit.target) == ("POST", "/x?a=%2C")
    assert json.loads(visit.body) == {"text": "*A &amp; &lt;B&gt;*\nc &gt; d\ne"}


async def test_a_webhook_is_signed_over_its_time_and_body(network: Network) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(204, b"")

    alert = row(7, AlertBody("pull_late", "connection:1", "medium", (1,), ("Dükkân",), {"value": 4000, "limit": 3600}))
    body = hook_body(Telling("k1", "opened", alert), "Orta: Dükkân", "Metin", NOW)
    async with serving(script) as server:
        await hooks.post(
            network, "webhook", server.url, body, hooks.signed_headers(SIGNING, "k1", body, NOW), NOW, repeatable="k1"
        )
    (visit,) = server.visits
    stamp = visit.headers["x-paxzar-timestamp"]
    assert (stamp, visit.headers["x-paxzar-delivery"]) == (str(int(NOW.timestamp())), "k1")
    expected = hmac.new(SIGNING.encode(), stamp.encode() + b"." + visit.body, hashlib.sha256).hexdigest()
    assert visit.headers["x-paxzar-signature"] == f"sha256={expected}"
    told = json.loads(visit.body)
    assert (told["id"], told["event"], told["title"]) == ("k1", "opened", "Orta: Dükkân")
    assert told["alert"] == {
        "id": 7, "rule": "pull_late", "severity": "medium", "subject": "connection:1", "connections": ["Dükkân"],
        "figures": {"value": 4000, "limit": 3600}, "cause": None, "opened_at": "2026-11-24T09:00:00Z", "ended_at": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "code", "again"),
    [
        (404, b"no_service", "alerts.fail.hook_gone", False),
        (410, b"channel_is_archived", "alerts.fail.hook_gone", False),
        (403, b"invalid_token", "alerts.fail.hook_barred", False),
        (400, b"invalid_payload", "alerts.fail.hook_refused", False),
        (500, b"oops", "alerts.fail.hook_busy", True),
    ],
)
async def test_what_the_receiver_answers(network: Network, status: int, body: bytes, code: str, again: bool) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(status, body)

    async with serving(script) as server:
        failure = await refused(network, server.url)
    assert (failure.message.code, failure.again, len(server.visits)) == (code, again, 1)
    assert (failure.message.params["status"], failure.message.params["reason"]) == (str(status), body.decode())


async def test_it_waits_as_long_as_it_is_asked_to(network: Network) -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(429, b"", "retry-after: 90")

    async with serving(script) as server:
        failure = await refused(network, server.url)
    assert (failure.again, failure.after_s) == (True, 90)


async def test_a_webhook_that_never_answers_has_an_end(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(visit: Visit) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(hooks, "DEADLINE_S", 0.8)
    async with serving(script) as server:
        started, ticks = time.monotonic(), 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.004)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        failure = await refused(network, server.url, "webhook", repeatable="k1")
        ticking.cancel()
    assert (failure.message.code, failure.again) == ("net.timeout", True)
    assert time.monotonic() - started < 30
    assert ticks >= 8  # the loop went on


async def test_a_dead_host_a_redirect_and_a_page(network: Network) -> None:
    async def away(visit: Visit) -> None:
        await visit.answer(302, b"", "location: https://elsewhere.test/")

    async def page(visit: Visit) -> None:
        await visit.answer(404, b"<html><body>nothing here</body></html>")

    async with serving(away) as server:
        failure = await refused(network, server.url)
        assert (failure.message.code, failure.again, len(server.visits)) == ("server.redirect", False, 1)
    assert (await refused(network, server.url)).message.code == "net.unreachable"
    async with serving(page) as server:
        assert (await refused(network, server.url)).message.params["reason"] == ""


async def test_what_may_have_arrived_is_repeated_only_with_an_id(network: Network) -> None:
    async def drop(visit: Visit) -> None:
        visit.drop()

    async with serving(drop) as server:
        assert (await refused(network, server.url)).again
        assert len(server.visits) == 1
        await refused(network, server.url, "webhook", repeatable="k1")
        assert len(server.visits) == 3


async def test_an_answer_of_megabytes_is_cut_off(network: Network) -> None:
    async def flood(visit: Visit) -> None:
        await visit.answer(404, b"x" * 5_000_000)

    async with serving(flood) as server:
        failure = await refused(network, server.url)
        assert failure.message.code == "server.too_large"


async def test_an_echoed_secret_is_cleaned(network: Network) -> None:
    async def echo(visit: Visit) -> None:
        await visit.answer(400, f"bad {visit.target}".encode())

    async with serving(echo) as server:
        await refused(network, server.url, clean=lambda text: text.replace(SECRET, "•••"))  # type: ignore[arg-type]
