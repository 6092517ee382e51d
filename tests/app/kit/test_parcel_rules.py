"""What carriers ask alike: the sender, phones with a country code, ASCII, and lost answers that prove nothing yet."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import Account, Message, TheirsError, YoursError, fail
from app.kit import MemoryTokens, parse_xml, xml_bytes
from app.kit.lost import MOST_KEPT, LostAnswers
from app.kit.parcels import ascii_text, phone_abroad, refused_receiver, sender_of
from app.model import Address, ShipmentRequest

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
SENDER = {
    "sender_name": " Ayşe  Yılmaz ", "sender_phone": "0532 111 22 33", "sender_street": "Lale Sok. 4", "sender_city": "İstanbul",
    "sender_postcode": "34394",
}  # fmt: skip


def account(minutes: float = 0, **settings: str) -> Account:
    return Account(
        id="a", integration="x", environment="live", urls={"api": "https://x.example"}, tokens=MemoryTokens(),
        now=lambda: NOW + timedelta(minutes=minutes), nonce=lambda: "n", settings=settings,
    )  # fmt: skip


def test_the_sender() -> None:
    assert sender_of(account(**SENDER)) == Address(
        "Ayşe Yılmaz", "", "Lale Sok. 4", "", "İstanbul", "", "34394", "TR", "+905321112233"
    )
    away = sender_of(
        account(**{**SENDER, "sender_country": "DE", "sender_phone": "+49 30 1234567", "sender_company": "Örnek"})
    )
    assert (away.country, away.phone, away.company) == ("DE", "+49301234567", "Örnek")


@pytest.mark.parametrize("key", sorted(SENDER))
def test_a_sender_without_a_field_is_none(key: str) -> None:
    with pytest.raises(YoursError) as caught:
        sender_of(account(**{**SENDER, key: " "}))
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", key)
    with pytest.raises(YoursError) as caught:
        sender_of(account(**{**SENDER, "sender_phone": "123"}))
    assert caught.value.message.field == "sender_phone"


def test_phones_and_countries_abroad() -> None:
    def asked(phone: str, country: str) -> ShipmentRequest:
        return ShipmentRequest("", Address(name="Elif", phone=phone, country=country))

    assert phone_abroad(asked("0555 111 22 33", "TR")) == "+905551112233"
    assert phone_abroad(asked("+49 30 1234567", "DE")) == "+49301234567"
    assert phone_abroad(asked("030 1234567", "DE")) == "", "whose number is that"
    assert phone_abroad(asked("+49", "DE")) == ""
    assert refused_receiver(asked("+49 30 1234567", "DE"), {"name": (1, 9)}, abroad=True) is None
    for phone, country, field in (("+49 30 1234567", "de", "country"), ("030", "DE", "phone")):
        wrong = refused_receiver(asked(phone, country), {}, abroad=True)
        assert wrong is not None
        assert wrong.field == field
    at_home = refused_receiver(asked("0555 111 22 33", "DE"), {})
    assert at_home is not None


def test_turkish_in_ascii() -> None:
    assert ascii_text("Çağrı IŞIK İğne ÖÜ şöğüçı") == "Cagri ISIK Igne OU soguci"
    assert ascii_text("Straße “7” – é ₺ ظ") == 'Strasse "7" - e TL ?'


@given(st.text())
def test_nothing_else_than_ascii_comes_out(text: str) -> None:
    assert ascii_text(text).isascii()
    if text.isascii():
        assert ascii_text(text) == text


def test_a_lost_answer() -> None:
    held = account()
    lost = LostAnswers(held, HALF_AN_HOUR)
    for error in (Message("item.refused"), Message("net.offline"), Message("net.cut", {"sent": "no"})):
        lost.after("A", error)
    lost.believe("A")
    assert held.learnt == {}
    lost.after("A", Message("answer.unreadable"))
    lost.after("B", Message("net.cut"))
    assert "A" in lost
    assert lost.waits("B")
    with pytest.raises(TheirsError) as caught:
        lost.believe("A")
    assert caught.value.message.code == "net.cut"
    lost.settle("A")
    lost.settle("A")
    lost.believe("A")
    later = account(31)
    later.learnt.update(held.learnt)
    patient = LostAnswers(later, HALF_AN_HOUR)
    assert not patient.waits("B")
    patient.believe("B")
    assert later.learnt == {}


def test_a_creation_is_noted_before_it_is_sent_and_let_go_when_it_is_answered() -> None:
    lost = LostAnswers(account(), HALF_AN_HOUR)
    with lost.asking("A"):
        assert "A" in lost
    assert "A" not in lost
    with pytest.raises(YoursError), lost.asking("A"):
        raise fail(Message("item.refused"))
    assert "A" not in lost
    with pytest.raises(asyncio.CancelledError), lost.asking("A"):
        raise asyncio.CancelledError
    assert "A" in lost
    with pytest.raises(YoursError), lost.asking("A"):  # what was lost before is not found by a refusal
        raise fail(Message("item.refused"))
    assert "A" in lost
    with pytest.raises(TheirsError), lost.asking("B"):
        raise fail(Message("net.cut"))
    assert "B" in lost


def test_odd_notes_are_none_and_the_oldest_go() -> None:
    held = account()
    held.learnt["lost"] = "A B@x @5 C@99999999999999 D@1"
    assert "D" in LostAnswers(held, HALF_AN_HOUR)
    assert not any(one in LostAnswers(held, HALF_AN_HOUR) for one in ("A", "B", "C", ""))
    for n in range(MOST_KEPT + 5):
        LostAnswers(held, HALF_AN_HOUR).note(f"K{n}")
    assert len(held.learnt["lost"].split()) == MOST_KEPT
    assert "K0" not in LostAnswers(held, HALF_AN_HOUR)


def test_bare_xml() -> None:
    data = xml_bytes(("a", [("b", "x < y & ş\x00"), ("b", [("c", "")])]), {"b": {"key": '1"2'}})
    root = parse_xml(data)
    assert data.startswith(b"<?xml")
    assert [one.get("key") for one in root.findall("b")] == ['1"2', '1"2']
    assert root.findtext("b") == "x < y & ş"
