"""Numbers, money, percent, dates and waiting times as a seller reads them, in Turkish or English. Pure: no clock (the
present is handed in), no float near money. Dates shown are in the zone of the `datetime` that is handed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

MINUS = "−"
_SIGNS = {"TRY": "₺", "EUR": "€", "USD": "$", "GBP": "£", "PLN": "zł ", "JPY": "¥", "INR": "₹", "AED": "AED "}
_PLACES = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3}

_MONTHS = {
    "tr": [
        "Ocak",
        "Şubat",
        "Mart",
        "Nisan",
        "Mayıs",
        "Haziran",
        "Temmuz",
        "Ağustos",
        "Eylül",
        "Ekim",
        "Kasım",
        "Aralık",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_SHORT = {
    "tr": ["Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_DAYS = {
    "tr": ["Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_WORDS = {
    "tr": {"y": "dün", "t": "yarın", "about": "yaklaşık", "s": "sn", "ms": "ms", "m": "dk", "h": "sa", "d": "gün"},
    "en": {"y": "yesterday", "t": "tomorrow", "about": "about", "s": "s", "ms": "ms", "m": "min", "h": "h", "d": "d"},
}


@dataclass(frozen=True, slots=True)
class Figures:
    """`Figures("tr")` or `Figures("en")`; any other language reads as English."""

    language: str

    @property
    def _lang(self) -> str:
        return "tr" if self.language == "tr" else "en"

    @property
    def thousands(self) -> str:
        """The sign between groups of three."""
        return "." if self._lang == "tr" else ","

    @property
    def point(self) -> str:
        """The decimal sign."""
        return "," if self._lang == "tr" else "."

    def number(self, value: int | Decimal, places: int | None = None, *, signed: bool = False) -> str:
        """1270 → "1.270"; `places` fixes the decimals (half up); `signed` writes a plus too."""
        exact = Decimal(value)
        if places is not None:
            exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = f"{abs(exact):,f}"
        if self._lang == "tr":
            text = text.replace(",", "\0").replace(".", ",").replace("\0", ".")
        if exact < 0 and exact != 0:
            return MINUS + text
        return "+" + text if signed and exact > 0 else text

    def amount(self, value: Decimal, currency: str = "TRY", *, signed: bool = False) -> str:
        """Money without its sign: "1.249,90". For columns whose header names the currency."""
        return self.number(value, _PLACES.get(currency, 2), signed=signed)

    def money(self, value: Decimal, currency: str, *, whole: bool = False, signed: bool = False) -> str:
        """ "₺1.249,90"; `whole` drops the decimals (tiles, axes). An unknown currency stands before it by its code."""
        text = self.number(value, 0 if whole else _PLACES.get(currency, 2), signed=signed)
        sign = _SIGNS.get(currency, f"{currency} ")
        if text[:1] in (MINUS, "+"):
            return text[0] + sign + text[1:]
        return sign + text

    def percent(self, points: Decimal, places: int = 1, *, signed: bool = False) -> str:
        """5 → "%5,0" (en "5.0%"); `points` are per cent, not a fraction."""
        text = self.number(points, places, signed=signed)
        if self._lang == "en":
            return text + "%"
        return f"{text[0]}%{text[1:]}" if text[:1] in (MINUS, "+") else "%" + text

    def percent_short(self, points: Decimal) -> str:
        """Availability: at most two decimals, none when it is whole: "%100", "%99,97"."""
        exact = points.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP).normalize()
        places = max(0, -int(exact.as_tuple().exponent))
        return self.percent(exact, places)

    def time(self, at: datetime) -> str:
        """24 h: "14:02"."""
        return f"{at:%H:%M}"

    def date(self, at: dt.date) -> str:
        """ "24 Kasım 2026"."""
        return f"{at.day} {_MONTHS[self._lang][at.month - 1]} {at.year}"

    def date_day(self, at: dt.date) -> str:
        """ "24 Kasım 2026 Salı", "Tuesday 24 November 2026"."""
        day = _DAYS[self._lang][at.weekday()]
        return f"{self.date(at)} {day}" if self._lang == "tr" else f"{day} {self.date(at)}"

    def date_short(self, at: dt.date, *, year: bool = False) -> str:
        """ "24 Kas"; with year "24 Kas 2026"."""
        text = f"{at.day} {_SHORT[self._lang][at.month - 1]}"
        return f"{text} {at.year}" if year else text

    def when(self, at: datetime, now: datetime) -> str:
        """Today "14:02", yesterday "dün 16:48", tomorrow "yarın", else "24 Kas" (with the year when it is another one)."""
        days = (at.date() - now.date()).days
        words = _WORDS[self._lang]
        if days == 0:
            return self.time(at)
        if days == -1:
            return f"{words['y']} {self.time(at)}"
        if days == 1:
            return words["t"]
        return self.date_short(at, year=at.year != now.year)

    def about(self, wait: timedelta) -> str:
        """A waiting time, rounded: "yaklaşık 40 sn", "yaklaşık 3 dk", "yaklaşık 2 sa"."""
        seconds = max(1, round(wait.total_seconds()))
        words = _WORDS[self._lang]
        if seconds < 10:
            text = f"{seconds} {words['s']}"
        elif seconds < 90:
            text = f"{round(seconds / 10) * 10} {words['s']}"
        elif seconds < 5400:
            text = f"{round(seconds / 60)} {words['m']}"
        else:
            text = f"{round(seconds / 3600)} {words['h']}"
        return f"{words['about']} {text}"

    def left(self, wait: timedelta) -> str:
        """An exact span in two parts: "1 sa 58 dk", "12 dk", "45 sn", "3 gün"."""
        seconds = max(0, int(wait.total_seconds()))
        words = _WORDS[self._lang]
        if seconds < 60:
            return f"{seconds} {words['s']}"
        if seconds < 3600:
            return f"{seconds // 60} {words['m']}"
        if seconds < 86400:
            minutes = seconds % 3600 // 60
            hours = f"{seconds // 3600} {words['h']}"
            return f"{hours} {minutes} {words['m']}" if minutes else hours
        days = seconds // 86400
        if self._lang == "en":
            return "1 day" if days == 1 else f"{days} days"
        return f"{days} {words['d']}"

    def response(self, milliseconds: int) -> str:
        """A response time: "412 ms" below a second, then "6,2 sn"."""
        words = _WORDS[self._lang]
        if milliseconds < 1000:
            return f"{milliseconds} {words['ms']}"
        return f"{self.number(Decimal(milliseconds) / 1000, 1)} {words['s']}"

    def size(self, octets: int) -> str:
        """A file's size: "184 MB"."""
        value, unit = Decimal(octets), "B"
        for bigger in ("kB", "MB", "GB", "TB"):
            if value < 1000:
                break
            value, unit = value / 1000, bigger
        return f"{self.number(value, 0 if value >= 10 or unit == 'B' else 1)} {unit}"
