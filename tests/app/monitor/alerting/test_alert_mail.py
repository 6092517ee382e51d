"""E-mail against a real SMTP server on loopback: STARTTLS and login, and everything that goes wrong with a mail server."""

from __future__ import annotations

import email
import email.policy
import ssl
import time
from pathlib import Path

import pytest
from alert_making import NOW

from app.api.answers import sentence
from app.formats.words import Words
from app.monitor.alerting import mail
from app.monitor.alerting.channels import complete
from app.monitor.alerting.sending import SendFailed
from tests.support.smtp_sink import Sink, certificate, smtp_sink

LOGIN = ("nar@shop.test", "çok gizli p@ss")
KEY = "0f" * 16


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "both.pem")


def settings(sink: Sink, **more: str) -> dict[str, str]:
    plain = {
        "host": "127.0.0.1", "port": str(sink.port), "sender": "uyari@shop.test", "to": "nar@shop.test", "security": "starttls",
        **({"username": LOGIN[0]} if sink.login else {}), **more,
    }  # fmt: skip
    return complete("email", plain, {"password": LOGIN[1]} if plain.get("username") else {})


async def send(
    sink: Sink, tls: Path, password: str = LOGIN[1], text: str = "Sipariş.\n.nokta\n", **more: str
) -> list[str]:
    found = settings(sink, **more)
    message = mail.compose(found, "[Paxzar] Yüksek: Isırgan\nÇayı çalışmıyor", text, KEY, NOW, "tr")
    trust = ssl.create_default_context(cafile=str(tls))
    return await mail.send_mail(found, password, message, trust, lambda said: said.replace(LOGIN[1], "•••"))


async def refused(sink: Sink, tls: Path, **more: str) -> tuple[str, bool, str]:
    with pytest.raises(SendFailed) as caught:
        await send(sink, tls, **more)
    message = caught.value.message
    told = sentence(Words.load("en"), message)
    assert not set("⟦{") & set(told)
    assert LOGIN[1] not in told + repr(caught.value) + repr(message)
    return message.code.removeprefix("alerts.fail."), caught.value.again, told


async def test_starttls_login_and_a_turkish_mail(tls: Path) -> None:
    with smtp_sink(Sink(tls=tls, login=LOGIN)) as sink:
        assert await send(sink, tls, to="nar@shop.test, depo@shop.test") == []
    (got,) = sink.mails
    assert (got.sender, got.recipients, got.tls, got.user) == (
        "uyari@shop.test", ["nar@shop.test", "depo@shop.test"], True, LOGIN[0],
    )  # fmt: skip
    read = email.message_from_bytes(got.data, policy=email.policy.default)
    assert read["Subject"] == "[Paxzar] Yüksek: Isırgan Çayı çalışmıyor"
    assert read.get_content().replace("\r\n", "\n") == "Sipariş.\n.nokta\n"
    assert (read["Message-ID"], read["Auto-Submitted"]) == (f"<{KEY}@paxzar.invalid>", "auto-generated")
    assert read["Date"].datetime == NOW
    assert set(sink.greetings) == {"[127.0.0.1]"}  # not the machine's name


async def test_tls_from_the_start_and_none_on_this_computer(tls: Path) -> None:
    with smtp_sink(Sink(tls=tls, starttls=False, login=LOGIN)) as sink:
        await send(sink, tls, security="tls")
        assert [m.tls for m in sink.mails] == [True]
    with smtp_sink(Sink()) as sink:
        await send(sink, tls, security="none")
        assert [(m.tls, m.user) for m in sink.mails] == [(False, "")]


async def test_a_password_never_goes_in_the_clear(tls: Path) -> None:
    with smtp_sink(Sink(login=LOGIN)) as sink:  # offers a login, and no TLS
        code, again, told = await refused(sink, tls)
        assert (code, again, sink.mails) == ("smtp_no_tls", False, [])
        assert "465" in told


async def test_a_refused_login_says_so_and_is_not_tried_again(tls: Path) -> None:
    with smtp_sink(Sink(tls=tls, login=LOGIN)) as sink:
        code, again, told = await refused(sink, tls, password="wrong one")
        assert (code, again) == ("smtp_login", False)
        assert "wrong user name or password" in told
    sink.answers["AUTH"] = "454 4.7.0 later"
    with smtp_sink(sink):
        assert (await refused(sink, tls, password="wrong one"))[:2] == ("smtp_login", True)


async def test_what_a_server_echoes_is_cleaned(tls: Path) -> None:
    with smtp_sink(Sink(tls=tls, login=LOGIN, answers={"MAIL": f"550 5.1.0 not {LOGIN[1]} here"})) as sink:
        code, again, told = await refused(sink, tls)
        assert (code, again) == ("smtp_refused", False)
        assert "•••" in told


async def test_a_certificate_that_nobody_trusts(tls: Path, tmp_path: Path) -> None:
    other = certificate(tmp_path / "other.pem")
    with smtp_sink(Sink(tls=other, login=LOGIN)) as sink:
        assert (await refused(sink, tls))[:2] == ("smtp_tls", False)
    with smtp_sink(Sink(tls=other, starttls=False, login=LOGIN)) as sink:
        assert (await refused(sink, tls, security="tls"))[:2] == ("smtp_tls", False)


async def test_a_dead_host_a_silent_one_and_one_that_hangs_up(tls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtp_sink(Sink()) as gone:
        pass
    assert (await refused(gone, tls))[:2] == ("smtp_unreachable", True)
    with smtp_sink(Sink(tls=tls, cut=True)) as sink:
        assert (await refused(sink, tls))[:2] == ("smtp_cut", True)
    monkeypatch.setattr(mail, "STEP_S", 0.3)
    with smtp_sink(Sink(silent=True)) as sink:
        started = time.monotonic()
        assert (await refused(sink, tls))[:2] == ("smtp_silent", True)
        assert time.monotonic() - started < 30
    monkeypatch.setattr(mail, "DEADLINE_S", 0.2)
    with smtp_sink(Sink(silent=True)) as sink:
        assert (await refused(sink, tls))[:2] == ("smtp_silent", True)


async def test_for_now_and_for_good(tls: Path) -> None:
    for answers, expected in (
        ({"CONNECT": "421 4.3.2 busy"}, {"smtp_busy", "smtp_unreachable"}),
        ({"RCPT": "450 4.2.0 greylisted"}, {"smtp_busy"}),
        ({"DATA": "452 4.3.1 full"}, {"smtp_busy"}),
    ):
        with smtp_sink(Sink(tls=tls, answers=answers)) as sink:
            code, again, _ = await refused(sink, tls)
            assert (code in expected, again) == (True, True), answers
    for answers in ({"RCPT": "550 5.1.1 nobody"}, {"DATA": "554 5.7.1 spam"}):
        with smtp_sink(Sink(tls=tls, answers=answers)) as sink:
            assert (await refused(sink, tls))[:2] == ("smtp_refused", False), answers
            assert sink.mails == []


async def test_some_recipients_may_be_refused(tls: Path) -> None:
    with smtp_sink(Sink(tls=tls, answers={"RCPT eski@shop.test": "550 5.1.1 nobody"})) as sink:
        assert await send(sink, tls, to="nar@shop.test eski@shop.test") == ["eski@shop.test"]
        assert [m.recipients for m in sink.mails] == [["nar@shop.test"]]


async def test_a_server_that_says_nothing_of_the_kind(tls: Path) -> None:
    with smtp_sink(Sink(answers={"CONNECT": "HTTP/1.1 400 Bad Request"})) as sink:
        code, _, told = await refused(sink, tls)
        assert code.startswith("smtp_")
        assert "127.0.0.1" in told
