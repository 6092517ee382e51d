"""Makes a summary and sends it: figures from the store, drawn in the worker, through the alerts' own e-mail channel. Keeps
nothing of what was sent; who calls sees to it that nothing is sent twice."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from app.contracts import Message
from app.contracts.catalogue import Catalogue
from app.formats.words import Words
from app.monitor.alerting.channels import Keys, channels_of, complete, secrets_of
from app.monitor.alerting.desk import KEEP
from app.monitor.alerting.rules import KEEP_DAYS, AlertError
from app.monitor.alerting.sending import SendFailed
from app.monitor.report_words import mail_text, report_data
from app.monitor.summary import Summary, summary_of
from app.printing.report_data import ReportData
from app.store import Store

_CHANNEL = "email"


class Made(msgspec.Struct, frozen=True):
    summary: Summary
    data: ReportData
    pdf: bytes
    pages: int


class Reporter:
    """`draw`: the worker's door. `local` gives an instant in the merchant's own zone. `rehearsal`: nothing is sent outside.
    `trust`: a TLS context instead of the system's store (tests)."""

    def __init__(
        self, store: Store, catalogue: Catalogue, keys: Keys, now: Callable[[], datetime],
        language: Callable[[], Awaitable[str]], draw: Callable[[ReportData], Awaitable[tuple[bytes, int]]], *,
        rehearsal: bool = False, local: Callable[[datetime], datetime] = datetime.astimezone,
        trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._store, self._catalogue, self._keys, self._now = store, catalogue, keys, now
        self._language, self._draw, self.rehearsal, self._local, self._trust = language, draw, rehearsal, local, trust
        self.clean: Callable[[str], str] = str  # takes vault values out of what a mail server says; the console sets it

    def here(self) -> datetime:
        """Now, in the merchant's own zone."""
        return self._local(self._now())

    async def make(self, kind: str, last: date | None = None, words: Words | None = None) -> Made:
        """The report of the days that end with `last` (None: yesterday), in `words` or the merchant's language. Raises StoreError,
        KeyError for an unknown kind."""
        here = self.here()
        words = words or Words.load(await self._language())
        kept = await self._store.settings.get(KEEP)
        summary = await summary_of(
            self._store, self._catalogue, kind, last or here.date() - timedelta(days=1),
            here.tzinfo or UTC, now=self._now(), keep_days=kept if type(kept) is int else KEEP_DAYS,
        )  # fmt: skip
        data = report_data(words, summary, here)
        pdf, pages = await self._draw(data)
        return Made(summary, data, pdf, pages)

    async def ready(self) -> None:
        """Whether a report could be sent. Raises AlertError that says what is missing, VaultError."""
        await self._settings()

    async def _settings(self) -> tuple[dict[str, str], str]:
        """The e-mail channel's settings, whether it is on for alerts or not, and its password."""
        if self.rehearsal:
            raise AlertError("alerts.rehearsal")
        channel = channels_of(await self._store.settings.all("alerts.channel."))[_CHANNEL]
        held = {k: v.reveal() for k, v in (await secrets_of(self._keys, _CHANNEL)).items()}
        return complete(_CHANNEL, channel.settings, held), held.get("password", "")

    async def send(self, made: Made, key: str) -> Message | None:
        """Mail it with the PDF; gives what was left of it (a recipient who was refused). `key` names the mail, the same at every
        try. Raises SendFailed, VaultError."""
        from app.monitor.alerting import mail  # 0.2 s, only for those who send mail

        try:
            settings, password = await self._settings()
        except AlertError as error:
            raise SendFailed(Message(error.key, error.params), again=False) from None
        subject = f"[Paxzar] {made.data.title} · {made.data.days}"
        message = mail.compose(settings, subject, mail_text(made.data) + "\n", key, self._now(), await self._language())
        message.add_attachment(
            made.pdf, maintype="application", subtype="pdf", filename=file_name(made.summary.kind, made.summary.last)
        )
        refused = await mail.send_mail(settings, password, message, self._trust, self.clean)
        return Message("alerts.fail.some_refused", {"names": ", ".join(refused)}) if refused else None


def file_name(kind: str, last: date) -> str:
    """ "paxzar-daily-2026-11-23.pdf"."""
    return f"paxzar-{kind}-{last.isoformat()}.pdf"
