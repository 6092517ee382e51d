"""The desk and its clock together: from facts to what goes out, over restarts, locked vaults and full disks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_making import REFUSED, Clock, facts, one

from app.api.answers import sentence
from app.changes import ALERTS, ChangeReport, Changes
from app.contracts import Message, Secret
from app.http import Network
from app.jobs.alerting import GIVE_UP, AlertJobs
from app.monitor.alerting import hooks
from app.monitor.alerting.courier import Courier
from app.monitor.alerting.desk import AlertDesk, DesktopNote, language_of
from app.monitor.alerting.facts import Facts
from app.monitor.alerting.rules import KEEP_DAYS, AlertError
from app.monitor.alerting.sending import SendFailed
from app.store import AuditFilter, Store, StoreError, StoreFull
from app.vault import Profile, Vault
from tests.app.http.loopback import Visit, networking, serving
from tests.support.smtp_sink import Sink, smtp_sink

PASSWORD = Secret("a password for tests")
SIGNING = "0123456789abcdef"
BAD = facts(one(1, "unhealthy", "key", REFUSED), free_mb=50_000)
WELL = facts(one(1), free_mb=50_000)


class Sight:
    def __init__(self) -> None:
        self.facts: Facts = WELL

    async def look(self) -> Facts:
        return self.facts


class House:
    """A store, a vault, the desk and its jobs under one clock."""

    def __init__(self, store: Store, vault: Vault, network: Network, clock: Clock, *, rehearsal: bool = False) -> None:
        self.store, self.vault, self.clock, self.sight = store, vault, clock, Sight()
        self.changes, self.notes, self.reports = Changes(), list[DesktopNote](), list[ChangeReport]()

        async def language() -> str:
            return await language_of(store, lambda: "tr")

        self.courier = Courier(store, vault, network, clock, sentence, language)
        self.desk = AlertDesk(store, vault, self.sight, self.courier, clock, rehearsal=rehearsal)
        self.jobs = AlertJobs(store, self.changes, clock, self.desk, self.courier.deliver, SendFailed)
        self.changes.listen(self.reports.append)
        self.jobs.on_desktop(self.notes.append)

    async def go(self, found: Facts, looks: int = 8) -> None:
        self.sight.facts = found
        for _ in range(looks):
            await self.jobs.run()
            await self.jobs.deliver()
            self.clock.on(seconds=30)

    async def webhook(self, url: str) -> None:
        await self.desk.set_channel("webhook", on=True, secrets={"url": url, "key": SIGNING})

    async def sent(self) -> list[tuple[str, str, str]]:
        return [(d.channel, d.event, d.state) for d in reversed(await self.store.alerts.deliveries())]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with networking() as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, network: Network) -> AsyncIterator[House]:
    clock = Clock()
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    vault, _ = await Vault.create(tmp_path / "v.paxzar", keyring=None, password=PASSWORD, profile=Profile.TEST)
    yield House(store, vault, network, clock)
    await store.close()


class Hook:
    """A webhook that answers by a status that can be changed."""

    def __init__(self) -> None:
        self.status, self.told, self.heard = 200, list[dict[str, Any]](), asyncio.Event()

    async def __call__(self, visit: Visit) -> None:
        self.told.append(json.loads(visit.body))
        self.heard.set()
        await visit.answer(self.status, b"")

    @property
    def events(self) -> list[str]:
        return [one["event"] for one in self.told]


async def test_once_on_and_once_off_on_every_channel(house: House) -> None:
    hook = Hook()
    with smtp_sink(Sink()) as sink:
        async with serving(hook) as server:
            await house.webhook(server.url)
            mail = {
                "host": "127.0.0.1",
                "port": str(sink.port),
                "security": "none",
                "sender": "a@b.test",
                "to": "c@d.test",
            }
            await house.desk.set_channel("email", on=True, settings=mail)
            await house.go(BAD)
            (alert,) = await house.store.alerts.list()
            await house.go(WELL)
    assert hook.events == ["opened", "ended"]
    assert [mail.recipients for mail in sink.mails] == [["c@d.test"]] * 2
    assert "Shop 1: anahtar kabul edilmiyor" in hook.told[0]["title"]
    assert [(n.event, n.alert.id) for n in house.notes] == [("opened", alert.id), ("ended", alert.id)]
    assert await house.store.alerts.list() == []
    assert len({one["id"] for one in hook.told}) == 2
    assert {report.table for report in house.reports} == {ALERTS}


async def test_what_a_vendor_wrote_does_not_leave_this_computer(house: House) -> None:
    hook = Hook()
    wrote = Message("auth.refused", {"host": "api.test"}, vendor_code="X1", vendor_text="Ayşe Yılmaz'ın anahtarı")
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.go(facts(one(1, "unhealthy", "key", wrote), free_mb=50_000))
    assert hook.told[0]["alert"]["cause"] == "auth.refused"
    assert "Ayşe" not in str(hook.told)
    assert "Ayşe" not in str(await house.store.alerts.list())


async def test_the_merchants_language(house: House) -> None:
    hook = Hook()
    await house.store.settings.set("ui.language", "en")
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.go(BAD)
    assert hook.told[0]["title"] == "Critical: Shop 1: the key is refused"
    assert "key" in hook.told[0]["text"]


async def test_a_failing_channel_is_tried_later_and_later_and_loses_nothing(house: House) -> None:
    hook = Hook()
    hook.status = 503
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.go(BAD, 12)  # 360 s
        tries = len({(one["sent_at"]) for one in hook.told})
        assert 3 <= tries <= 5  # after 30, 60, 120 s, not every 30 s
        assert len({one["id"] for one in hook.told}) == 1
        assert (await house.store.alerts.troubles())["webhook"].code == "alerts.fail.hook_busy"
        hook.status = 200
        await house.go(BAD, 30)
        assert await house.sent() == [("webhook", "opened", "done")]
        assert await house.store.alerts.troubles() == {}


async def test_many_alerts_knock_once_at_a_dead_server(house: House) -> None:
    hook = Hook()
    hook.status = 503
    many = facts(*(one(n, "unhealthy", "key", REFUSED) for n in range(1, 31)), one(99), free_mb=50_000)
    async with serving(hook) as server:
        await house.webhook(server.url)
        house.sight.facts = many
        for _ in range(4):
            await house.jobs.run()
            house.clock.on(seconds=30)
        await house.jobs.deliver()
        assert len({told["id"] for told in hook.told}) == 1
        assert {state for _, _, state in await house.sent()} == {"waiting"}
        hook.status = 200
        house.clock.on(seconds=60)
        await house.jobs.deliver()
        assert len({told["id"] for told in hook.told}) == 30
        assert {state for _, _, state in await house.sent()} == {"done"}


async def test_a_url_that_is_gone_is_not_hammered_and_goes_out_when_it_is_mended(house: House) -> None:
    hook = Hook()
    hook.status = 404
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.go(BAD, 20)
        assert len(hook.told) == 1
        assert await house.sent() == [("webhook", "opened", "failed")]
        hook.status = 200
        await house.webhook(server.url + "/new")
        await house.jobs.deliver()
    assert (hook.events, await house.sent()) == (["opened", "opened"], [("webhook", "opened", "done")])


async def test_it_gives_up_after_a_day(house: House) -> None:
    async with serving(Hook()) as server:
        await house.webhook(server.url)
    await house.go(BAD, 4)
    for _ in range(40):
        house.clock.on(hours=1)
        await house.jobs.deliver()
    (row,) = await house.store.alerts.deliveries()
    assert row.state == "failed"
    assert house.clock() - row.created_at > GIVE_UP
    assert row.message is not None
    assert row.message.code == "net.unreachable"


async def test_a_kill_in_the_middle_of_sending_sends_once_more_under_the_same_id(
    house: House, network: Network
) -> None:
    hook = Hook()
    async with serving(hook) as server:
        await house.webhook(server.url)
        house.sight.facts = BAD
        for _ in range(4):
            await house.jobs.run()
            house.clock.on(seconds=30)
        (cut,) = await house.store.alerts.take()  # and here the process is gone
        after = House(house.store, house.vault, network, house.clock)
        await after.jobs.begin()
        await after.jobs.deliver()
        await after.jobs.begin()
        await after.jobs.deliver()
    assert [one["id"] for one in hook.told] == [cut.key]


async def test_a_locked_vault_holds_back_and_loses_nothing(house: House) -> None:
    hook = Hook()
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.vault.lock()
        await house.go(BAD, 8)
        assert hook.told == []
        assert [(d.state, d.tries, d.message) for d in await house.store.alerts.deliveries()] == [("waiting", 0, None)]
        await house.vault.unlock_with_password(PASSWORD)
        house.clock.on(seconds=30)
        await house.jobs.deliver()
    assert hook.events == ["opened"]


async def test_one_channels_trouble_does_not_hold_up_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "DEADLINE_S", 90.0)
    hook, hung = Hook(), asyncio.Event()

    async def never(visit: Visit) -> None:
        hung.set()
        await asyncio.sleep(60)

    async with serving(hook) as good, serving(never) as bad:
        await house.webhook(good.url)
        await house.desk.set_channel("slack", on=True, least="low", secrets={"url": bad.url})
        house.sight.facts = BAD
        for _ in range(4):
            await house.jobs.run()
            house.clock.on(seconds=30)
        sending = asyncio.ensure_future(house.jobs.deliver())
        async with asyncio.timeout(30):  # far before the other one's end
            await hung.wait()
            await hook.heard.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert hook.events == ["opened"]


async def test_quiet_hours_snooze_and_acknowledge(house: House) -> None:
    hook = Hook()
    late = facts(one(1, pull_age_s=9000, pull_every_s=300))
    async with serving(hook) as server:
        await house.webhook(server.url)
        here = house.clock().astimezone()
        since, until = (f"{at:%H:%M}" for at in (here - timedelta(hours=1), here + timedelta(hours=1)))
        await house.desk.set_quiet(on=True, since=since, until=until)
        await house.go(late, 30)  # 15 minutes: open, and held back
        (alert,) = await house.store.alerts.list()
        assert (hook.told, house.notes) == ([], [])
        house.clock.on(hours=1)
        await house.jobs.deliver()
        assert hook.events == ["opened"]
        await house.desk.acknowledge(alert.id)
        await house.desk.snooze(alert.id, timedelta(hours=2))
        await house.go(late, 20)
        assert hook.events == ["opened"]
        house.clock.on(hours=2)
        await house.go(late, 4)
        assert hook.events == ["opened", "again"]
    assert (await house.store.alerts.get(alert.id)).acked_at is not None  # type: ignore[union-attr]


async def test_a_channel_that_is_on_must_be_complete_and_secrets_stay_in_the_vault(house: House) -> None:
    with pytest.raises(AlertError, match=r"alerts\.field_missing"):
        await house.desk.set_channel("slack", on=True)
    with pytest.raises(AlertError, match=r"alerts\.is_secret"):
        await house.desk.set_channel("webhook", settings={"url": "https://x.test"})
    with pytest.raises(AlertError, match=r"alerts\.no_secret"):
        await house.desk.set_channel("email", secrets={"host": "x.test"})
    with pytest.raises(AlertError, match=r"alerts\.no_field"):
        await house.desk.set_channel("slack", settings={"channel": "#x"})
    for url in ("http://hooks.test/x", "https://", "ftp://x.test", "https://u:p@x.test/", "x", "https://x.test:99999/"):
        with pytest.raises(AlertError, match=r"alerts\.bad_url"):
            await house.desk.set_channel("slack", on=True, secrets={"url": url})
    with pytest.raises(AlertError, match=r"alerts\.short_key"):
        await house.desk.set_channel("webhook", on=True, secrets={"url": "https://x.test", "key": "short"})
    assert not (await house.desk.channels())["slack"].on
    assert await house.desk.held("slack") == frozenset()
    await house.desk.set_channel("slack", on=True, secrets={"url": "https://hooks.test/T0/topsecret"})
    assert await house.desk.held("slack") == {"url"}
    assert "topsecret" not in str(await house.store.settings.all())
    with pytest.raises(AlertError, match=r"alerts\.field_missing"):
        await house.desk.set_channel("slack", secrets={"url": ""})
    log = await house.store.audit.query(AuditFilter())
    assert [(e.action, e.subject_id) for e in reversed(log)] == [
        ("keys.changed", "slack"), ("settings.changed", "alerts.channel.slack.on"),
    ]  # fmt: skip
    assert "topsecret" not in str(log)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"host": "mail server"}, "bad_host"),
        ({"port": "0"}, "bad_port"),
        ({"port": "٥٨٧"}, "bad_port"),
        ({"security": "ssl"}, "bad_choice"),
        ({"security": "none"}, "open_mail"),
        ({"to": "nobody"}, "bad_address"),
        ({"to": " ".join(f"n{n}@b.test" for n in range(11))}, "too_many"),
        ({"sender": "a@b.test,c@d.test"}, "bad_address"),
        ({"sender": "a@b.test\r\nBcc: x@y.test"}, "bad_address"),
        ({"username": "nar"}, "field_missing"),
    ],
)
async def test_mail_settings_are_checked(house: House, changes: dict[str, str], key: str) -> None:
    plain = {"host": "mail.test", "sender": "a@b.test", "to": "c@d.test", **changes}
    with pytest.raises(AlertError, match=rf"alerts\.{key}"):
        await house.desk.set_channel("email", on=True, settings=plain)
    assert not (await house.desk.channels())["email"].on


async def test_rules_are_changed_in_bounds_audited_and_reset(house: House) -> None:
    rule = await house.desk.set_rule("disk_low", on=False, threshold=500, severity="critical")
    assert (rule.on, rule.threshold, str(rule.severity)) == (False, 500, "critical")
    for wrong in ({"threshold": 1}, {"severity": "loud"}):
        with pytest.raises(AlertError):
            await house.desk.set_rule("disk_low", **wrong)  # type: ignore[arg-type]
    assert (await house.desk.reset_rule("disk_low")).threshold == 1000
    log = await house.store.audit.query(AuditFilter(action="settings.changed"))
    assert [(e.subject_id, e.details.get("value")) for e in reversed(log)][:3] == [
        ("alerts.rule.disk_low.on", False),
        ("alerts.rule.disk_low.threshold", 500),
        ("alerts.rule.disk_low.severity", "critical"),
    ]
    assert len(log) == 6
    assert (await house.desk.keep_days(), await house.desk.set_keep_days(30)) == (KEEP_DAYS, 30)
    with pytest.raises(AlertError):
        await house.desk.set_keep_days(0)
    with pytest.raises(AlertError, match="bad_span"):
        await house.desk.snooze(1, timedelta(days=31))


async def test_a_test_tells_what_became_of_it_and_sends_what_waited(house: House) -> None:
    hook = Hook()
    hook.status = 404
    async with serving(hook) as server:
        await house.webhook(server.url)
        await house.go(BAD, 4)
        with pytest.raises(SendFailed, match="hook_gone"):
            await house.desk.test("webhook")
        hook.status = 200
        assert await house.desk.test("webhook") is None
        await house.jobs.deliver()
    assert hook.events == ["opened", "test", "test", "opened"]
    log = await house.store.audit.query(AuditFilter(action="alert.tested"))
    assert [e.outcome for e in log] == ["done", "failed"]
    with pytest.raises(SendFailed, match=r"alerts\.field_missing"):
        await house.desk.test("slack")
    with pytest.raises(AlertError, match=r"alerts\.no_window"):
        await house.desk.test("desktop")


async def test_a_rehearsal_tells_nobody_outside(house: House, network: Network) -> None:
    prova = House(house.store, house.vault, network, house.clock, rehearsal=True)
    with pytest.raises(AlertError, match=r"alerts\.rehearsal"):
        await prova.webhook("https://x.test")
    with pytest.raises(AlertError, match=r"alerts\.rehearsal"):
        await prova.desk.test("webhook")
    await house.webhook("https://x.test")
    await prova.go(BAD, 4)
    assert (await house.sent(), len(prova.notes)) == ([], 1)


async def test_security_events_and_a_disk_that_is_full(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(1000):
        house.jobs.security("wrong_token")

    async def full(counts: object) -> None:
        raise StoreFull("store.full", path="x")

    monkeypatch.setattr(house.store.watching, "note_events", full)
    await house.jobs.run()  # told in the log, and nothing of the count is lost
    monkeypatch.undo()
    await house.jobs.run()
    assert await house.store.watching.events_since(house.clock() - timedelta(days=1)) == {"wrong_token": 1000}
    house.jobs.security("refused_host")
    await house.jobs.close()
    assert (await house.store.watching.events_since(house.clock() - timedelta(days=1)))["refused_host"] == 1


async def test_a_bug_in_sending_leaves_no_row_behind(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(row: object) -> Message | None:
        raise ZeroDivisionError

    await house.webhook("https://x.test")
    house.jobs = AlertJobs(house.store, house.changes, house.clock, house.desk, broken, SendFailed)
    await house.go(BAD, 4)
    assert await house.sent() == [("webhook", "opened", "waiting")]
    assert "ZeroDivisionError" in caplog.text


async def test_retention_is_a_week_by_itself(house: House) -> None:
    await house.go(BAD)
    await house.go(WELL)
    assert len(await house.store.alerts.list(open_only=False)) == 1
    house.clock.on(days=KEEP_DAYS)
    await house.jobs.run()
    assert await house.store.alerts.list(open_only=False) == []
    with pytest.raises(StoreError, match=r"store\.no_alert"):
        await house.desk.acknowledge(1)
