"""The loopback API: what it answers, whom it lets in, and `paxzar serve` around it, over real sockets."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.api import commands_api, prometheus
from app.api.http_answers import health_data, metrics_data
from app.api.http_api import BURST
from app.api.local_api import LocalApi, Wanted, token_of, wanted
from app.api.serving import Wishes, run_server
from app.console import Console, open_console
from app.contracts import ProviderError, Secret
from app.monitor.alerting.rules import Severity
from app.monitor.health import Blame, HealthReport, State
from app.store.alerts import AlertBody, Moves
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 24, 9, 30, 12, 999_000, tzinfo=UTC)
GOOD = HealthReport(
    "Ana mağaza", 1, "trendyol", "marketplace-tr", State.HEALTHY, Blame.NONE, None, 5000, 100.0, 240.06, 900.0, 200,
    {"server_error": 1, "breaker": 7}, 0.995, 0.9991, NOW, None, "closed",
)  # fmt: skip


def like(**more: Any) -> HealthReport:
    return msgspec.structs.replace(GOOD, **more)


class Api:
    def __init__(self, console: Console, api: LocalApi, token: str) -> None:
        self.console, self.api, self.token = console, api, token
        self.events: list[str] = []

    async def get(self, path: str, *, token: str | None = None, host: str = "", method: str = "GET", **more: Any) -> httpx.Response:  # fmt: skip
        headers: dict[str, Any] = {"Authorization": f"Bearer {self.token if token is None else token}"}
        headers |= {"Host": host} if host else {}
        async with httpx.AsyncClient(base_url=self.api.address) as http:
            return await http.request(method, path, headers=headers | more.pop("headers", {}), **more)


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    made = await open_console(tmp_path / "w", unlock=Secret("Kasa-parolası/9"))
    yield made
    await made.close()


@pytest.fixture
async def api(console: Console, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    found = LocalApi(console)
    token = (await token_of(console)).reveal()
    await found.start(Wanted(True, 0))
    made = Api(console, found, token)
    monkeypatch.setattr(found._console.engine.alerting, "security", made.events.append)
    # The door asked for the bound method before it was replaced: start anew.
    await found.stop()
    await found.start(Wanted(True, 0))
    yield made
    await found.stop()


# -- pure ------------------------------------------------------------------------------------------------------------
def test_an_integration_counts_once_by_its_worst_connection() -> None:
    reports = [GOOD, like(connection="Depo", connection_id=2, state=State.UNHEALTHY), like(integration="n11", state=State.DEGRADED)]  # fmt: skip
    found = health_data(reports, 129, NOW)
    assert found["status"] == "unhealthy"
    assert found["timestamp"] == "2026-11-24T09:30:12Z"
    counted = found["integrations"]
    assert (counted["total"], counted["healthy"], counted["degraded"], counted["unhealthy"]) == (2, 0, 1, 1)
    assert counted["not_connected"] == 127
    assert sum(counted[str(state)] for state in State) == counted["total"]


@pytest.mark.parametrize(
    ("states", "status"),
    [([], "unknown"), ([State.HEALTHY], "healthy"), ([State.HEALTHY, State.PAUSED], "healthy"), ([State.PAUSED], "unknown"),
     ([State.HEALTHY, State.DEGRADED], "degraded"), ([State.DEGRADED, State.OFFLINE], "offline")],
)  # fmt: skip
def test_the_whole_is_as_well_as_its_worst(states: list[State], status: str) -> None:
    reports = [like(integration=str(n), state=state) for n, state in enumerate(states)]
    assert health_data(reports, 129, NOW)["status"] == status


def test_metrics_are_of_the_calls_that_were_sent() -> None:
    other = like(connection="Depo", connection_id=2, state=State.DEGRADED, p95_ms=6100.0, calls_24h=100, errors_24h={"timeout": 2},
                 availability_24h=0.98, last_ok_at=None)  # fmt: skip
    found = metrics_data("trendyol", [GOOD, other])
    assert found["status"] == "degraded"
    assert found["response_time"] == 6100.0
    assert found["availability"] == 98.0
    assert found["error_rate"] == 1.0  # 3 of 300; what the breaker kept back was never sent
    assert found["last_sync"] == "2026-11-24T09:30:12Z"
    nothing = metrics_data("n11", [])
    assert (nothing["status"], nothing["error_rate"], nothing["availability"]) == ("not_connected", None, None)


# -- let in ----------------------------------------------------------------------------------------------------------
async def test_the_answers_that_the_brief_names(api: Api) -> None:
    health = (await api.get("/api/v1/health")).json()
    assert health.keys() == {"status", "integrations", "timestamp"}
    assert {"total", "healthy", "unhealthy", "degraded"} <= health["integrations"].keys()
    listed = (await api.get("/api/v1/integrations")).json()
    assert listed["total"] == len(listed["integrations"]) == len(api.console.catalogue.entries)
    first = listed["integrations"][0]
    assert {"id", "name", "category", "status", "features"} <= first.keys()
    assert "Order Sync" in first["features"]
    metrics = (await api.get("/api/v1/metrics/trendyol")).json()
    assert {"integration_id", "status", "response_time", "availability", "error_rate", "last_sync"} <= metrics.keys()
    head = await api.get("/api/v1/health", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")


async def test_one_connection_of_an_integration(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reports() -> list[HealthReport]:
        return [GOOD, like(connection="Depo", connection_id=2, state=State.UNHEALTHY)]

    monkeypatch.setattr(api.console.health, "all", reports)
    assert (await api.get("/api/v1/metrics/trendyol")).json()["status"] == "unhealthy"
    for name in ("Ana mağaza", "1"):
        one = (await api.get("/api/v1/metrics/trendyol", params={"connection": name})).json()
        assert (one["status"], one["connections"]) == ("healthy", ["Ana mağaza"])
    assert (await api.get("/api/v1/metrics/trendyol", params={"connection": "Depo"})).json()["status"] == "unhealthy"
    gone = await api.get("/api/v1/metrics/trendyol", params={"connection": "Yok"})
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown_connection")


async def test_many_who_ask_at_once_are_one_look(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def reports() -> list[HealthReport]:
        asked.append(1)
        await asyncio.sleep(0.05)
        return [GOOD]

    monkeypatch.setattr("app.api.http_answers.FRESH_S", 60.0)  # however long a busy machine needs for twenty calls
    monkeypatch.setattr(api.console.health, "all", reports)
    found = await asyncio.gather(*(api.get("/api/v1/health") for _ in range(20)))
    assert {one.status_code for one in found} == {200}
    assert len(asked) == 1


# -- kept out --------------------------------------------------------------------------------------------------------
async def test_what_there_is_not(api: Api) -> None:
    gone = await api.get("/api/v1/metrics/yok")
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown_integration")
    assert "yok" in gone.json()["message"]
    for path in ("/", "/api/v2/health", "/api/v1/metrics/", "/docs", "/../../etc/passwd"):
        reply = await api.get(path)
        assert (reply.status_code, reply.json()["error"]) == (404, "path"), path


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer yanlış", "Basic {}", "{}", "Bearer {}x", "Bearer {} x"])
async def test_nobody_gets_in_without_the_token(api: Api, given: str) -> None:
    given = given.format(api.token)
    reply = await api.get("/api/v1/health", headers={"Authorization": given.encode()})
    assert (reply.status_code, reply.json()["error"]) == (401, "token")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.token not in reply.text
    assert api.events == ["wrong_token"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8790",
        "localhost:80:80",
        "127.0.0.1:x",
        "user@localhost",
        "10.0.0.5",
    ],
)
async def test_a_forged_host_is_refused_before_the_token_is_looked_at(api: Api, host: str) -> None:
    reply = await api.get("/api/v1/health", host=host)
    assert (reply.status_code, reply.json()["error"]) == (421, "host")
    assert api.events == ["refused_host"]


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
async def test_this_computers_own_names_are_let_in(api: Api, name: str) -> None:
    port = httpx.URL(api.api.address).port
    for host in (name, f"{name}:{port}"):
        assert (await api.get("/api/v1/health", host=host)).status_code == 200


async def test_fifty_megabytes_are_refused_unread(api: Api) -> None:
    url = httpx.URL(api.api.address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {api.token}\r\n"
        f"Content-Length: {50 * 1024 * 1024}\r\n\r\n"
    )
    writer.write(head.encode())
    assert b" 413 " in await asyncio.wait_for(reader.readline(), PATIENCE_S)
    writer.close()
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        reply = await api.get("/api/v1/health", method=method)
        assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")
    assert (await api.get("/api/v1/health")).status_code == 200


async def test_too_many_calls_are_told_when_to_come_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a slow machine the calls would come no faster than 20 a second.
    monkeypatch.setattr("app.api.http_api.PER_S", 0.001)
    await api.api.stop()
    await api.api.start(Wanted(True, 0))
    async with httpx.AsyncClient(base_url=api.api.address, headers={"Authorization": f"Bearer {api.token}"}) as http:
        found = [(await http.get("/api/v1/metrics/yok")).status_code for _ in range(BURST + 5)]
        refused = await http.get("/api/v1/metrics/yok")
    assert found == [404] * BURST + [429] * 5
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


# -- its life --------------------------------------------------------------------------------------------------------
async def test_a_renewed_token_ends_the_old_one(api: Api) -> None:
    old = api.token
    new = (await api.api.renew_token()).reveal()
    assert (await api.get("/api/v1/health", token=old)).status_code == 401
    assert (await api.get("/api/v1/health", token=new)).status_code == 200
    assert (await token_of(api.console)).reveal() == new


async def test_a_port_that_is_taken_is_told(api: Api) -> None:
    port = httpx.URL(api.api.address).port
    assert port is not None
    with pytest.raises(ProviderError) as caught:
        await LocalApi(api.console).start(Wanted(True, port))
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "port")


async def test_it_is_off_until_it_is_turned_on(console: Console) -> None:
    assert await wanted(console) == Wanted(False)
    running = console.local_api = LocalApi(console)
    await running.follow()
    assert running.address == ""
    answer = await commands_api.api(console, {"lang": "tr", "on": True, "port": 39_417})
    assert (answer.exit, answer.data["on"]) == (0, True)
    assert running.address.endswith(":39417")
    shown = await commands_api.api(console, {"lang": "tr", "show_token": True})
    assert shown.data["token"] == (await token_of(console)).reveal()
    answer = await commands_api.api(console, {"lang": "tr", "on": False})
    assert (answer.data["address"], running.address) == ("", "")
    log = await console.store.audit.query(limit=20)
    assert any(entry.subject_id == "api" for entry in log)


async def test_serve_works_until_it_is_told_to_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop, file = asyncio.Event(), tmp_path / "token"
    wishes = Wishes(port=0, token_file=file, as_json=True)
    task = asyncio.ensure_future(run_server(tmp_path / "w", Secret("Kasa-parolası/9"), wishes, "tr", stop))
    told = ""
    for _ in range(600):
        told += capsys.readouterr().out
        if told:
            break
        assert not task.done(), task.result()
        await asyncio.sleep(0.05)
    address, token = json.loads(told)["address"], file.read_text()
    async with httpx.AsyncClient(base_url=address) as http:
        reply = await http.get("/api/v1/health", headers={"Authorization": f"Bearer {token}"})
    assert reply.json()["integrations"]["total"] == 0
    second = await run_server(tmp_path / "w", Secret("Kasa-parolası/9"), wishes, "tr", stop)
    assert (second.exit, second.data["error"]) == (1, "store.workspace_owned")
    stop.set()
    assert (await asyncio.wait_for(task, PATIENCE_S)).exit == 0


# -- Prometheus ------------------------------------------------------------------------------------------------------
def exposed() -> str:
    reports = [GOOD, like(connection='Tırnak "ve" ters\\', connection_id=2, state=State.OFFLINE, p95_ms=None)]
    return prometheus.text(prometheus.Figures(reports, {"queued": 3, "refused": 1}, {"high": 2}, 5)).decode()


def test_the_exposition_format() -> None:
    told = exposed()
    assert 'paxzar_connection_state{category="marketplace-tr",connection="Ana mağaza",integration="trendyol",state="healthy"} 1.0' in told  # fmt: skip
    assert 'connection="Tırnak \\"ve\\" ters\\\\"' in told
    assert 'quantile="0.95"} 0.24006' in told
    assert 'paxzar_outbox_items{state="queued"} 3.0' in told
    assert 'paxzar_alerts_open{severity="high"} 2.0' in told


async def test_metrics_are_served_as_prometheus_wants_them(api: Api) -> None:
    body = AlertBody("slow", "1", Severity.HIGH)
    await api.console.store.alerts.apply(Moves(opened=(body,)), lambda *_: ())
    reply = await api.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "paxzar_samples_dropped 0.0" in reply.text
    assert 'paxzar_alerts_open{severity="high"} 1.0' in reply.text


@pytest.mark.parametrize("name", ["paxzar-dashboard.json", "alertmanager-rules.yml"])
def test_the_ready_made_files_ask_only_for_what_is_told(name: str) -> None:
    text = (ROOT / "packaging" / "grafana" / name).read_text(encoding="utf-8")
    assert not name.endswith("json") or json.loads(text)["panels"]
    told = set(re.findall(r"^# TYPE (\w+)", exposed(), re.MULTILINE))
    asked = set(re.findall(r"paxzar_\w+", text))
    assert asked
    assert asked <= told, asked - told
