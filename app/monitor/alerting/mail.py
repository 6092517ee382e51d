"""E-mail by SMTP with STARTTLS. Nothing goes out in the clear but to this very computer, a login never before TLS is on, and
every wait has an end. Must never put a password into an error."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import aiosmtplib
import truststore

from app.monitor.alerting.channels import recipients
from app.monitor.alerting.sending import SendFailed, failed

DEADLINE_S = 20.0
STEP_S = 10.0
LONGEST_REPLY = 200
#: What the greeting names this machine: its own name is nobody's business, and asking for it can take seconds.
GREETING = "[127.0.0.1]"


class _Client(aiosmtplib.SMTP):
    """`telling`: the message is on its way and not yet answered; what breaks off then may have been taken."""

    telling = False

    async def data(self, *given: Any, **named: Any) -> aiosmtplib.SMTPResponse:
        self.telling = True
        answer = await super().data(*given, **named)
        self.telling = False
        return answer


def compose(
    settings: Mapping[str, str], subject: str, text: str, key: str, now: datetime, language: str
) -> EmailMessage:
    """The message. `key` names it, the same at every try: a mailbox can tell a second copy. `now` aware."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())[:200]
    mail["From"] = f"Paxzar <{settings['sender']}>"
    mail["To"] = ", ".join(recipients(settings["to"]))
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{key}@paxzar.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    mail.set_content(text)
    return mail


async def send_mail(
    settings: Mapping[str, str],
    password: str,
    mail: EmailMessage,
    trust: ssl.SSLContext | None = None,
    clean: Callable[[str], str] = str,
) -> list[str]:
    """Send; gives the recipients whom the server refused while it took others. Raises SendFailed. `clean` takes secrets
    out of what the server says."""  # fmt: skip
    where = {"host": settings["host"], "port": settings["port"]}
    client = _Client(
        hostname=settings["host"], port=int(settings["port"]), timeout=STEP_S, local_hostname=GREETING,
        use_tls=settings["security"] == "tls", start_tls=False,
        tls_context=None if settings["security"] == "none" else trust or await asyncio.to_thread(system_trust),
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _send(client, settings, password, mail)
    except SendFailed:
        raise
    except aiosmtplib.SMTPRecipientsRefused as error:
        worst = max(error.recipients, key=lambda one: one.code)
        raise _refused(worst.code, clean(worst.message), where) from None
    except aiosmtplib.SMTPAuthenticationError as error:
        raise failed(
            "smtp_login", {**where, "reason": _said(clean(error.message))}, again=400 <= error.code < 500
        ) from None
    except aiosmtplib.SMTPResponseException as error:
        raise _refused(error.code, clean(error.message), where) from None
    except (TimeoutError, aiosmtplib.SMTPTimeoutError):
        raise _doubted(failed("smtp_silent", where, again=True), client) from None
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, OSError) as error:
        raise _doubted(_unreached(error, where), client) from None
    except aiosmtplib.SMTPException as error:
        raise _doubted(failed("smtp_odd", {**where, "reason": type(error).__name__}, again=True), client) from None
    except ValueError:  # an address or a line that no mail can hold
        raise failed("smtp_odd", {**where, "reason": "ValueError"}, again=False) from None
    finally:
        client.close()


async def _send(client: aiosmtplib.SMTP, settings: Mapping[str, str], password: str, mail: EmailMessage) -> list[str]:
    where = {"host": settings["host"], "port": settings["port"]}
    await client.connect()
    if settings["security"] == "starttls":
        await client.ehlo()
        if not client.supports_extension("starttls"):
            raise failed("smtp_no_tls", where, again=False)
        await client.starttls()
    if settings["username"]:
        # One try: the library's own login goes on to the next way after a refusal, which counts twice against the account.
        way = client.auth_plain if "plain" in client.server_auth_methods else client.login
        await way(settings["username"], password)
    refused, _ = await client.send_message(mail, sender=settings["sender"], recipients=recipients(settings["to"]))
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        return sorted(refused)  # it has the mail: how it says goodbye is its own affair
    return sorted(refused)


def _doubted(why: SendFailed, client: _Client) -> SendFailed:
    why.doubtful = client.telling
    return why


def system_trust() -> ssl.SSLContext:
    """Certificates as the operating system trusts them. Reads files."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _said(reply: str) -> str:
    return " ".join(reply.split())[:LONGEST_REPLY]


def _refused(code: int, reply: str, where: Mapping[str, str]) -> SendFailed:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    passing = 400 <= code < 500
    return failed(
        "smtp_busy" if passing else "smtp_refused", {**where, "reason": f"{code} {_said(reply)}"}, again=passing
    )


def _unreached(error: BaseException, where: Mapping[str, str]) -> SendFailed:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return failed("smtp_tls", where, again=False)
        seen = seen.__cause__ or seen.__context__
    cut = isinstance(error, aiosmtplib.SMTPServerDisconnected | ConnectionResetError)
    return failed("smtp_cut" if cut else "smtp_unreachable", where, again=True)
