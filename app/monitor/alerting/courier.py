"""Sends one telling of an alert on its channel, in the merchant's language. Keeps nothing; whoever calls retries."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec

from app.contracts import Message, Secret
from app.formats.words import Words
from app.http.pipeline import Network
from app.monitor.alerting import hooks, texts
from app.monitor.alerting.channels import Keys, channels_of, complete, secrets_of
from app.monitor.alerting.quiet import Channel
from app.monitor.alerting.rules import AlertError, Severity
from app.monitor.alerting.sending import SendFailed
from app.monitor.alerting.texts import Sentence
from app.store import Store
from app.store.alerts import AlertBody, AlertRow, DeliveryRow

TEST = "test"


class Telling(msgspec.Struct, frozen=True):
    """What goes out: `key` names it towards the receiver, `event` is opened, again, ended or test."""

    key: str
    event: str
    alert: AlertRow


class Courier:
    """`trust`: a TLS context instead of the system's store (tests)."""

    def __init__(
        self, store: Store, keys: Keys, network: Network, now: Callable[[], datetime], sentence: Sentence,
        language: Callable[[], Awaitable[str]], trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._store, self._keys, self._network, self._now = store, keys, network, now
        self._sentence, self._language, self._trust = sentence, language, trust
        self.clean: Callable[[str], str] = str  # takes vault values out of what a receiver says; the console sets it

    async def deliver(self, row: DeliveryRow) -> Message | None:
        """Send a kept delivery; gives what was left of it (a recipient who was refused). Raises SendFailed, VaultLocked."""
        channel = channels_of(await self._store.settings.all(f"alerts.channel.{row.channel}."))[row.channel]
        return await self.send(channel, Telling(row.key, row.event, row.alert))

    async def test(self, channel: Channel, key: str) -> Message | None:
        """As `deliver`, with a word of greeting, whether the channel is on or not."""
        now = self._now()
        alert = AlertRow(0, AlertBody("test", "", Severity.LOW), now, now)
        return await self.send(channel, Telling(key, TEST, alert))

    async def send(self, channel: Channel, telling: Telling) -> Message | None:
        held = await secrets_of(self._keys, channel.name)
        try:
            settings = complete(channel.name, channel.settings, {k: v.reveal() for k, v in held.items()})
        except AlertError as error:
            raise SendFailed(Message(error.key, error.params), again=False) from None
        words = Words.load(await self._language())
        heading, text = self.words(words, telling)
        if channel.name == "email":
            return await self._mail(settings, held, heading, text, telling, words.language)
        body = slack_body(heading, text) if channel.name == "slack" else hook_body(telling, heading, text, self._now())
        if channel.name == "slack":
            await hooks.post(
                self._network, "slack", held["url"].reveal(), body, {"content-type": "application/json"}, self._now(),
                clean=self.clean,
            )  # fmt: skip
            return None
        signed = hooks.signed_headers(held["key"].reveal(), telling.key, body, self._now())
        await hooks.post(
            self._network, "webhook", held["url"].reveal(), body, signed, self._now(), repeatable=telling.key,
            clean=self.clean,
        )  # fmt: skip
        return None

    async def _mail(
        self, settings: Mapping[str, str], held: Mapping[str, Secret], heading: str, text: str, telling: Telling,
        language: str,
    ) -> Message | None:  # fmt: skip
        from app.monitor.alerting import mail  # 0.2 s, only for those who send mail

        password = held["password"].reveal() if "password" in held else ""
        message = mail.compose(settings, f"[Paxzar] {heading}", text + "\n", telling.key, self._now(), language)
        refused = await mail.send_mail(settings, password, message, self._trust, self.clean)
        return Message("alerts.fail.some_refused", {"names": ", ".join(refused)}) if refused else None

    def words(self, words: Words, telling: Telling) -> tuple[str, str]:
        """(heading, text) of a telling."""
        row = telling.alert
        if telling.event == TEST:
            return words("alerts.test.title"), words("alerts.test.text")
        parts = [texts.text(words, row.body, self._sentence), texts.span(words, row, self._now())]
        return texts.headline(words, row.body, telling.event), "\n".join(part for part in parts if part)


def slack_body(heading: str, text: str) -> bytes:
    """Slack's own three signs are written as it asks for them."""
    told = f"{heading}\n{text}".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    first, _, rest = told.partition("\n")
    return msgspec.json.encode({"text": f"*{first}*\n{rest}"})


def hook_body(telling: Telling, heading: str, text: str, now: datetime) -> bytes:
    """The webhook's JSON: ids, codes and figures for a program, title and text for a person."""
    row = telling.alert
    return msgspec.json.encode({
        "id": telling.key, "event": telling.event, "sent_at": _iso(now), "title": heading, "text": text,
        "alert": {
            "id": row.id, "rule": row.rule, "severity": row.body.severity, "subject": row.body.subject,
            "connections": list(row.body.names), "figures": row.body.figures,
            "cause": row.body.cause.code if row.body.cause is not None else None, "opened_at": _iso(row.opened_at),
            "ended_at": None if row.ended_at is None else _iso(row.ended_at),
        },
    })  # fmt: skip


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
