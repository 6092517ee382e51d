"""Failover: the alternate address when nobody can be connected to at the usual one, and at no other time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.contracts import ProviderError
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import Environment, check_manifest
from app.http import Network, SampleRing
from app.http.failover import KEPT_S
from app.http.lib import httpx
from app.http.wire import TlsError
from app.jobs.links import Links, alternates
from app.kit import MemoryTokens
from app.store import Store
from tests.app.http.loopback import Visit, local, networking, serving
from tests.app.http.virtual import Wire, network, now, per_second, policy, run_virtual

HOSTS = frozenset({"api.test", "api2.test", "api3.test"})
TWO = {"hosts": HOSTS, "alternates": ("https://api2.test/v2",), "retries": 0}


class Vendor:
    """Answers as each host is told to; notes whom was asked what."""

    def __init__(self, **hosts: Any) -> None:
        self.hosts = {name.replace("_", "."): answer for name, answer in hosts.items()}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> Any:
        self.asked.append(f"{request.method} {request.url} {request.headers['host']}")
        answer = self.hosts[request.url.host]
        return answer if isinstance(answer, Exception) else httpx.Response(answer, json={"from": request.url.host})

    @property
    def whom(self) -> list[str]:
        return [one.split(" ")[2] for one in self.asked]


DEAD = httpx.ConnectError("refused")


def test_a_dead_host_is_stood_in_for_with_path_query_and_body() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200)
        wire, ring = Wire(vendor), SampleRing()
        net = network(wire, on_sample=ring)
        client = net.client(policy(**TWO), "https://api.test/v1")
        reply = await client.post("/orders?page=2", json={"a": 1}, headers={"authorization": "Basic x"})
        assert reply.json() == {"from": "api2.test"}
        assert vendor.asked == [
            "POST https://api.test/v1/orders?page=2 api.test", "POST https://api2.test/v2/orders?page=2 api2.test",
        ]  # fmt: skip
        sent = wire.seen[1][1]
        assert (sent.content, sent.headers["authorization"]) == (b'{"a":1}', "Basic x")
        assert [(s.outcome, s.alternate) for s in ring.drain()] == [("network", ""), ("ok", "api2.test")]
        assert net.breaker(1).state == "closed"

    run_virtual(main)


def test_it_is_remembered_for_a_while_and_the_usual_one_is_tried_again() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200)
        net = network(Wire(vendor))
        client = net.client(policy(**TWO), "https://api.test/v1")
        again = net.client(policy(**TWO), "https://api.test/v1")  # another client of the account knows as well
        for one in (client, again, client):
            await one.get("/x")
        assert vendor.whom == ["api.test", "api2.test", "api2.test", "api2.test"]
        await net._sleep(KEPT_S)
        await client.get("/x")
        await client.get("/x")
        assert vendor.whom[4:] == ["api.test", "api2.test", "api2.test"]
        vendor.hosts["api.test"] = 200
        await net._sleep(KEPT_S)
        vendor.asked.clear()
        for _ in range(3):
            await client.get("/x")
        assert vendor.whom == ["api.test"] * 3
        other = net.client(policy(account_id="other", **TWO), "https://api.test/v1")
        await other.get("/x")
        assert vendor.whom[3:] == ["api.test"]

    run_virtual(main)


def test_while_one_call_tries_the_usual_one_the_others_stay() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200)

        async def slow(request: httpx.Request) -> Any:
            if request.url.host == "api.test":
                await asyncio.sleep(5)
            return vendor(request)

        client = network(Wire(slow)).client(policy(**TWO), "https://api.test/v1")
        await client.get("/x")
        await asyncio.sleep(KEPT_S)
        vendor.asked.clear()
        began = now()
        first = asyncio.ensure_future(client.get("/first"))
        await asyncio.sleep(0.1)
        await client.get("/second")
        assert now() - began < 1
        await first
        assert vendor.whom == ["api2.test", "api.test", "api2.test"]

    run_virtual(main)


def test_an_alternate_that_dies_gives_way_to_the_others() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200, api3_test=DEAD)
        three = {**TWO, "alternates": ("https://api2.test", "https://api3.test")}
        client = network(Wire(vendor)).client(policy(**three), "https://api.test")
        await client.get("/x")
        vendor.hosts.update({"api2.test": DEAD, "api3.test": 200})
        vendor.asked.clear()
        await client.get("/x")
        assert vendor.whom == ["api2.test", "api.test", "api3.test"]
        vendor.hosts["api3.test"] = DEAD
        with pytest.raises(ProviderError) as all_dead:
            await client.get("/x")
        assert all_dead.value.message.code == "net.unreachable"
        assert all_dead.value.message.params["sent"] == "no"

    run_virtual(main)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.ReadError("cut"), "net.cut"),
        (httpx.ReadTimeout("slow"), "net.timeout"),
        (httpx.WriteError("cut"), "net.cut"),
        (TlsError("tls"), "net.tls"),
        (httpx.ProxyError("proxy"), "net.unreachable"),
        (500, ""),
        (503, ""),
        (429, ""),
        (401, ""),
    ],
)
def test_nobody_else_is_asked_for_anything_but_a_failed_connect(answer: Any, code: str) -> None:
    async def main() -> None:
        vendor = Vendor(api_test=answer, api2_test=200)
        client = network(Wire(vendor)).client(policy(**TWO), "https://api.test/v1")
        if code:
            with pytest.raises(ProviderError) as raised:
                await client.post("/x", json={})
            assert raised.value.message.code == code
        else:
            assert (await client.post("/x", json={})).status_code == answer
        assert vendor.whom == ["api.test"]

    run_virtual(main)


def test_offline_is_nobodys_host() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200)
        client = network(Wire(vendor), online=lambda: False).client(policy(**TWO), "https://api.test/v1")
        with pytest.raises(ProviderError) as raised:
            await client.get("/x")
        assert (raised.value.message.code, vendor.whom) == ("net.offline", ["api.test"])

    run_virtual(main)


def test_a_write_that_may_have_acted_goes_nowhere_else() -> None:
    """Cut at the alternate after it left: neither the next alternate nor a retry may say it again."""

    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=httpx.ReadError("cut"), api3_test=200)
        three = {**TWO, "alternates": ("https://api2.test", "https://api3.test"), "retries": 4}
        client = network(Wire(vendor)).client(policy(**three), "https://api.test")
        with pytest.raises(ProviderError) as raised:
            await client.post("/labels", json={})
        assert (raised.value.message.code, raised.value.message.params["sent"]) == ("net.cut", "yes")
        assert raised.value.message.params["host"] == "api2.test"
        assert vendor.whom == ["api.test", "api2.test"]

    run_virtual(main)


def test_the_guard_rules_over_alternates_too() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD)
        client = network(Wire(vendor)).client(
            policy(hosts=frozenset({"api.test"}), alternates=("https://evil.test",), retries=0), "https://api.test"
        )
        with pytest.raises(ProviderError) as raised:
            await client.get("/x")
        assert raised.value.message.code == "config.host_not_allowed"
        plain = network(Wire(vendor)).client(
            policy(hosts=HOSTS, alternates=("http://api2.test",), retries=0), "https://api.test"
        )
        with pytest.raises(ProviderError) as raised:
            await plain.get("/x")
        assert raised.value.message.code == "config.insecure_url"
        assert vendor.whom == ["api.test", "api.test"]

    run_virtual(main)


def test_other_addresses_and_signed_hosts_have_no_alternate() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200, api3_test=DEAD)
        client = network(Wire(vendor)).client(policy(**TWO), "https://api.test/v1")
        for url, known in (("https://api3.test/token", {}), ("https://api.test/v10/x", {}), ("/x", {"resign": print})):
            with pytest.raises(ProviderError):
                await client.get(url, extensions=known)
        assert vendor.whom == ["api3.test", "api.test", "api.test"]

    run_virtual(main)


def test_the_quota_is_one_whichever_host_counts_it() -> None:
    async def main() -> None:
        vendor = Vendor(api_test=DEAD, api2_test=200)
        net = network(Wire(vendor))
        client = net.client(policy(limits=(per_second(2),), **TWO), "https://api.test/v1")
        began = now()
        for _ in range(6):
            await client.get("/x")
        assert now() - began >= 2
        assert [(one.host, one.group) for one in net.head_room("acc")] == [("api.test", "default")]

    run_virtual(main)


async def test_over_real_sockets() -> None:
    async def script(visit: Visit) -> None:
        await visit.answer(200, b'{"alive": true}')

    async with serving(script) as dead:
        gone = dead.url  # nobody listens there once this block is left
    async with serving(script) as alive, networking() as net:
        reply = await net.client(local(alternates=(alive.url,)), gone).post("/x", json={"a": 1})
        assert reply.json() == {"alive": True}
        assert alive.visits[0].body == b'{"a":1}'
        assert alive.visits[0].headers["host"] == alive.url.removeprefix("http://")


async def test_a_server_that_drops_after_reading_is_no_dead_host() -> None:
    async def script(visit: Visit) -> None:
        visit.drop()

    async with serving(script) as cuts, serving(script) as other, networking() as net:
        with pytest.raises(ProviderError) as raised:
            await net.client(local(alternates=(other.url,)), cuts.url).post("/x", json={})
        assert raised.value.message.code == "net.cut"
        assert (len(cuts.visits), len(other.visits)) == (1, 0)


# -- from the manifest to the pipeline, and the evidence --------------------------------------------------------------
CATALOGUE = Catalogue(providers_root(), with_plugins=False)


def test_only_the_live_address_of_the_vendor_has_alternates() -> None:
    manifest = msgspec.structs.replace(
        CATALOGUE.manifest("woocommerce"),
        environments={"live": Environment(api="https://api.test"), "sandbox": Environment(api="https://test.test")},
        alternates=("https://api2.test/{shop}/",),
    )
    assert alternates(manifest, "live", {"shop": "nar"}, {}) == ("https://api2.test/nar",)
    assert alternates(manifest, "sandbox", {"shop": "nar"}, {}) == ()
    assert alternates(manifest, "live", {"shop": "nar"}, {"api": "http://127.0.0.1:9"}) == ()
    bare = msgspec.structs.replace(manifest, environments={"live": Environment(url_from="store_url")})
    assert alternates(bare, "live", {}, {}) == ()


@pytest.mark.parametrize("url", ["http://api2.test", "api2.test", "https://a@api2.test", "https://api2.test?x=1", ""])
def test_a_manifest_names_plain_https_alternates(url: str) -> None:
    trendyol = CATALOGUE.manifest("trendyol")
    assert check_manifest(msgspec.structs.replace(trendyol, alternates=("https://api2.test/x",))) == []
    assert any(repr(url) in one for one in check_manifest(msgspec.structs.replace(trendyol, alternates=(url,))))
    nowhere = msgspec.structs.replace(trendyol, alternates=("https://api2.test",), environments={"sandbox": Environment()})  # fmt: skip
    assert any("alternates" in one for one in check_manifest(nowhere))


async def test_the_link_and_the_evidence_name_the_host(tmp_path: Path) -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: at)
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    real = CATALOGUE.manifest("trendyol")

    class Known:
        def manifest(self, integration: str) -> Any:
            return msgspec.structs.replace(real, alternates=("https://api2.test/base",))

        def client(self, integration: str) -> Any:
            return CATALOGUE.client(integration)

    ring, hosts = SampleRing(), []

    async def answer(request: httpx.Request) -> Any:
        hosts.append(request.url.host)
        return httpx.Response(200) if request.url.host == "api2.test" else DEAD

    net = Network(on_sample=ring, wire=Wire(answer), online=lambda: True)
    keys: Any = object()
    catalogue: Any = Known()
    links = Links(store, keys, catalogue, net, lambda: at)
    link = links.make(row, {"seller_id": "1"}, {}, {}, tokens=MemoryTokens())
    await link.http.get("/x")
    assert hosts[-1] == "api2.test"
    await store.samples.add(ring.drain())
    assert [one.alternate for one in await store.samples.requests(row.id)] == ["api2.test", ""]
    await net.close()
    await store.close()
