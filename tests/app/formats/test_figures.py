"""Numbers, money, dates and waiting times in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.formats.figures import Figures

TR, EN = Figures("tr"), Figures("en")


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (TR.money(Decimal("1249.9"), "TRY"), "₺1.249,90"),
        (EN.money(Decimal("1249.9"), "TRY"), "₺1,249.90"),
        (TR.money(Decimal("-39.4"), "TRY"), "−₺39,40"),
        (TR.money(Decimal("18420"), "TRY", whole=True, signed=True), "+₺18.420"),
        (TR.money(Decimal("412.5"), "EUR"), "€412,50"),
        (TR.money(Decimal("1500"), "JPY"), "¥1.500"),
        (TR.money(Decimal("3.5"), "CHF"), "CHF 3,50"),
        (TR.money(Decimal("0.125"), "TRY"), "₺0,13"),
        (TR.amount(Decimal("1984.9")), "1.984,90"),
        (TR.percent(Decimal(5)), "%5,0"),
        (EN.percent(Decimal(5)), "5.0%"),
        (TR.percent(Decimal("4.8"), signed=True), "+%4,8"),
        (TR.percent(Decimal("-4.8")), "−%4,8"),
        (TR.percent_short(Decimal("99.97")), "%99,97"),
        (TR.percent_short(Decimal(100)), "%100"),
        (TR.percent_short(Decimal("99.5")), "%99,5"),
        (TR.number(1270), "1.270"),
        (EN.number(1270), "1,270"),
        (TR.number(Decimal("304.395")), "304,395"),
        (TR.number(0, 2), "0,00"),
        (TR.date(date(2026, 11, 24)), "24 Kasım 2026"),
        (TR.date_day(date(2026, 11, 24)), "24 Kasım 2026 Salı"),
        (EN.date_day(date(2026, 11, 24)), "Tuesday 24 November 2026"),
        (TR.date_short(date(2026, 11, 24)), "24 Kas"),
        (TR.about(timedelta(seconds=41)), "yaklaşık 40 sn"),
        (EN.about(timedelta(minutes=3)), "about 3 min"),
        (TR.left(timedelta(hours=1, minutes=58)), "1 sa 58 dk"),
        (TR.left(timedelta(days=2)), "2 gün"),
        (EN.left(timedelta(days=1)), "1 day"),
        (TR.response(412), "412 ms"),
        (TR.response(6200), "6,2 sn"),
        (EN.response(6200), "6.2 s"),
        (TR.size(184_000_000), "184 MB"),
        (TR.size(1_500), "1,5 kB"),
    ],
)
def test_written(got: str, wanted: str) -> None:
    assert got == wanted


def test_when_is_said_from_now() -> None:
    now = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
    assert TR.when(now.replace(hour=9, minute=12), now) == "09:12"
    assert TR.when(datetime(2026, 11, 23, 16, 48, tzinfo=UTC), now) == "dün 16:48"
    assert EN.when(datetime(2026, 11, 23, 16, 48, tzinfo=UTC), now) == "yesterday 16:48"
    assert TR.when(datetime(2026, 11, 25, 9, 0, tzinfo=UTC), now) == "yarın"
    assert TR.when(datetime(2026, 11, 3, 9, 0, tzinfo=UTC), now) == "3 Kas"
    assert TR.when(datetime(2025, 11, 3, 9, 0, tzinfo=UTC), now) == "3 Kas 2025"
