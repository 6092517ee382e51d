"""The wire over real sockets: what is sent is what was signed, nothing is repeated or kept, and errors say whether it left."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import logging
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import app.http
from app.contracts import ProviderError
from app.http import SampleClass, never_left, reach
from app.http.lib import httpx
from tests.app.http.loopback import Visit, local, networking, serving


async def echo(visit: Visit) -> None:
    await visit.answer(200, visit.target.encode(), "set-cookie: session=abc; Path=/", "content-type: text/plain")


async def test_not_one_byte_of_an_address_changes() -> None:
    async with serving(echo) as server, networking() as net:
        client = net.client(local(), server.url)
        for target in ("/a%2Cb%7Ec/%C5%9F?x=%2B%2C%7E&sig=%41bc%3D%3D&y=a%20b+c", "/v1%7C123%7C0?q=%5B1%5D"):
            assert (await client.get(target)).text == target


async def test_headers_and_bodies_arrive_as_given() -> None:
    async with serving(echo) as server, networking() as net:
        client = net.client(local(), server.url)
        await client.post("/", content=b"<x/>", headers={"SOAPAction": '"urn:x"', "X-Name": "değer".encode()})
        await client.post("/", json={"a": "ş"})
        await client.post("/", data={"a": "1"}, files={"f": ("n.txt", b"data")})
        await client.delete("/")
        soap, json, form, bare = server.visits
        assert b'SOAPAction: "urn:x"' in soap.head
        assert "değer".encode() in soap.head
        assert (soap.body, "content-type" in soap.headers) == (b"<x/>", False)
        assert (json.body, json.headers["content-type"]) == ('{"a":"ş"}'.encode(), "application/json")
        assert b"data" in form.body
        assert "transfer-encoding" not in form.headers
        assert (bare.headers.get("content-type"), bare.headers["user-agent"]) == (None, "Paxzar")


async def test_cookies_are_not_kept() -> None:
    async with serving(echo) as server, networking() as net:
        client = net.client(local(), server.url)
        for _ in range(3):
            assert "set-cookie" in (await client.get("/")).headers
        assert [v.headers.get("cookie") for v in server.visits] == [None] * 3
        assert server.connections == 1  # while connections are kept
        assert not list(client.cookies.jar)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_connection_dropped_after_acting_is_not_silently_tried_again(method: str) -> None:
    """aiohttp would send GET, PUT and DELETE twice on a kept connection, and httpx-aiohttp would call it a failed connect."""

    async def script(visit: Visit) -> None:
        if visit.number == 0:
            await visit.answer()
        else:
            visit.drop()

    async with serving(script) as server, networking() as net:
        client = net.client(local(), server.url)
        await client.get("/")
        with pytest.raises(ProviderError) as caught:
            await client.request(method, "/act")
        assert caught.value.message.code == "net.cut"
        assert not never_left(caught.value)
        assert len(server.visits) == 2
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.OK, SampleClass.NETWORK]


async def test_a_read_on_a_connection_that_died_meanwhile_is_repeated_in_the_open() -> None:
    async def script(visit: Visit) -> None:
        if visit.number == 1:
            visit.drop()
        else:
            await visit.answer()

    async with serving(script) as server, networking() as net:
        client = net.client(local(retries=2), server.url)
        for _ in range(2):
            assert (await client.get("/")).status_code == 200
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.OK, SampleClass.NETWORK, SampleClass.OK]


def closed_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


async def test_nobody_there() -> None:
    async with networking(online=lambda: False) as net:
        client = net.client(local(), f"http://127.0.0.1:{closed_port()}")
        with pytest.raises(ProviderError) as caught:  # loopback is reachable without a network
            await client.post("/")
        assert (caught.value.message.code, never_left(caught.value)) == ("net.unreachable", True)


@pytest.mark.parametrize(("online", "code"), [(True, "net.unreachable"), (False, "net.offline")])
async def test_a_name_that_does_not_resolve(online: bool, code: str) -> None:
    async with networking(online=lambda: online) as net:
        client = net.client(local(hosts=frozenset({"nobody.invalid"})), "https://nobody.invalid")
        with pytest.raises(ProviderError) as caught:
            await client.post("/")
        assert (caught.value.message.code, caught.value.message.params["host"]) == (code, "nobody.invalid")
        assert never_left(caught.value)


async def test_a_line_break_in_a_header_is_not_sent() -> None:
    async with serving(echo) as server, networking() as net:
        client = net.client(local(), server.url)
        with pytest.raises(ProviderError) as caught:
            await client.post("/", headers={"authorization": "key\r\nx-evil: 1"})
        assert (caught.value.message.code, never_left(caught.value)) == ("config.field", True)
        assert "evil" not in repr(caught.value.message)
        assert server.visits == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


async def test_tls_is_checked_against_the_systems_store(certificate: Path) -> None:
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(certificate)
    async with serving(echo, tls=side) as server:
        async with networking() as net:
            with pytest.raises(ProviderError) as caught:
                await net.client(local(retries=3), server.url).post("/")
            assert (caught.value.message.code, never_left(caught.value)) == ("net.tls", True)
            assert len(net.samples.drain()) == 1  # a bad certificate does not get better by asking again
        trusting = ssl.create_default_context(cafile=str(certificate))
        async with networking(trust=trusting) as net:
            assert (await net.client(local(), server.url).get("/x")).text == "/x"
        assert len(server.visits) == 1


async def test_tls_towards_a_plain_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.wire.CONNECT_S", 0.3)
    async with serving(echo) as server, networking() as net:
        client = net.client(local(), server.url.replace("http:", "https:"))
        with pytest.raises(ProviderError) as caught:
            await client.get("/")
        assert caught.value.message.code in ("net.tls", "net.unreachable")
        assert never_left(caught.value)
        assert server.visits == []


async def test_a_proxy_is_used_when_named_and_not_for_loopback() -> None:
    async with serving(echo) as proxy, networking(proxy=proxy.url) as net:
        client = net.client(
            local(hosts=frozenset({"shop.test"}), insecure_hosts=frozenset({"shop.test"})), "http://shop.test"
        )
        assert (await client.get("/x")).text == "http://shop.test/x"
        async with serving(echo) as server:
            assert (await net.client(local(), server.url).get("/y")).text == "/y"
        assert len(proxy.visits) == 1
    async with networking(proxy=f"http://user:pass@127.0.0.1:{closed_port()}") as net:
        client = net.client(
            local(hosts=frozenset({"shop.test"}), insecure_hosts=frozenset({"shop.test"})), "http://shop.test"
        )
        with pytest.raises(ProviderError) as caught:
            await client.get("/")
        assert (caught.value.message.code, caught.value.message.params["proxy"]) == ("net.unreachable", "yes")
        assert "pass" not in repr(caught.value.message)


async def test_the_systems_proxy_is_asked_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def system(scheme: str, host: str) -> str | None:
        asked.append((scheme, host))
        return None

    monkeypatch.setattr("app.http.pipeline.system_proxy", system)
    async with serving(echo) as server, networking(proxy="system") as net:
        client = net.client(local(), server.url)
        for _ in range(3):
            await client.get("/")
    assert asked == [("http", "127.0.0.1")]


def test_what_the_system_says_of_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "getproxies", lambda: {"https": "http://proxy.test:3128"})
    monkeypatch.setattr(reach, "proxy_bypass", lambda host: host == "intern.test")
    assert reach.system_proxy("https", "api.test") == "http://proxy.test:3128"
    assert reach.system_proxy("http", "api.test") is None
    assert reach.system_proxy("https", "intern.test") is None
    assert reach.system_proxy("https", "127.0.0.1") is None


def test_loopback_and_routes() -> None:
    assert [reach.is_loopback(h) for h in ("localhost", "127.9.9.9", "::1", "127.evil.test", "10.0.0.1", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert reach.has_route([(socket.AF_INET, ("127.0.0.1", 9))])
    assert not reach.has_route([(socket.AF_INET, ("not an address", 9))])
    assert not reach.has_route([])


async def test_nothing_of_an_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(echo) as server, networking() as net:
        await net.client(local(), server.url).get("/", params={"key": "s3cr3t"}, auth=("u", "s3cr3t"))
    assert "s3cr3t" not in caplog.text


async def test_after_closing_nothing_goes_out() -> None:
    async with serving(echo) as server:
        async with networking() as net:
            client = net.client(local(), server.url)
            await client.get("/")
            async with net.client(local(), server.url) as other:
                await other.get("/")
            with pytest.raises(RuntimeError, match="closed"):
                await other.get("/")
            await client.get("/")  # the other client's end is not the network's
        with pytest.raises(RuntimeError, match="closed"):
            await client.get("/")
        assert len(server.visits) == 3


async def test_one_vendor_that_hangs_does_not_hold_up_another() -> None:
    async def hang(visit: Visit) -> None:
        await asyncio.sleep(60)

    async with serving(hang) as bad, serving(echo) as good, networking() as net:
        stuck = [asyncio.create_task(net.client(local(deadline_s=90.0), bad.url).get("/")) for _ in range(150)]
        await asyncio.sleep(0.3)
        client = net.client(local(connection_id=2, account_id="b", deadline_s=30.0), good.url)
        ended = await asyncio.gather(*(client.get("/") for _ in range(20)))
        assert {e.status_code for e in ended} == {200}
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


def test_httpx_is_named_in_one_module_only() -> None:
    folder = Path(app.http.__file__).parent
    named = {
        p.name for p in folder.glob("*.py") if "import httpx\n" in p.read_text("utf-8").replace("lib import httpx", "")
    }
    assert named == set()
    assert "import httpx as httpx" in (folder / "lib.py").read_text("utf-8")


def test_the_names_of_httpx_that_we_lean_on_are_there() -> None:
    """`body.read_response` sets what `aread` sets; a new httpx that renames it must fail here first."""

    async def main() -> None:
        response = httpx.Response(200, stream=httpx.ByteStream(b"x"))
        await response.aread()
        assert response._content == b"x"
        assert response.is_closed
        assert response.is_stream_consumed

    asyncio.run(main())
