"""What a chart's values are measured in, and how a person and a sheet read them. Drawn values are floats; words and sheets of
money are made from exact figures only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.formats.tables import Cell
from ui.words import figures, t


def round_ms(value: float) -> int:
    """Whole milliseconds, half up."""
    return int(Decimal(repr(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _cents(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _short(value: float) -> str:
    """A round figure with no more places than it needs."""
    shown = Decimal(repr(round(value, 6))).normalize()
    return figures().number(shown, max(0, -int(shown.as_tuple().exponent)))


@dataclass(frozen=True, slots=True)
class Unit:
    """`name`: ms | rate (a time per hour) | percent (0–100) | bytes | count | money (of `currency`)."""

    name: str = "ms"
    currency: str = ""

    def words(self, value: float, exact: Decimal | None = None) -> str:
        """ "412 ms", "61,5 /sa", "%99,97", "164 MB", "12", "₺1.249,90". Money needs `exact`."""
        write = figures()
        if self.name == "ms":
            return write.response(round_ms(value))
        if self.name == "rate":
            rate = Decimal(repr(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
            return f"{write.number(rate, 0 if rate == rate.to_integral_value() else 1)} {t('chart.per_hour')}"
        if self.name == "percent":  # never rounded up to a hundred: one lost call must be seen
            points = Decimal(repr(value)).quantize(Decimal("0.0001"))
            return write.percent_short(min(points, Decimal("99.99")) if points < 100 else points)
        if self.name == "bytes":
            return write.size(round(value))
        if self.name == "money":
            return write.money(Decimal(0) if exact is None else exact, self.currency)
        return write.number(round(value))

    def tick(self, value: float, top: float, *, last: bool) -> str:
        """At the axis: the unit stands once, at the top tick; per cent and sizes carry it always, as they are read."""
        if self.name == "percent":
            return figures().percent_short(Decimal(repr(round(value, 4))))
        if self.name == "bytes":
            return figures().size(round(value))
        if self.name == "money":
            whole = Decimal(repr(round(value, 2)))
            return figures().money(whole, self.currency, whole=True) if last else _short(value)
        if self.name == "ms":
            seconds = top >= 2000
            text = _short(value / 1000 if seconds else value)
            unit = t("chart.s") if seconds else t("chart.ms")
            return f"{text} {unit}" if last else text
        text = _short(value)
        return f"{text} {t('chart.per_hour')}" if last and self.name == "rate" else text

    def heading(self, name: str) -> str:
        """A sheet's column: the name with the unit."""
        unit = {"ms": t("chart.ms"), "rate": t("chart.per_hour"), "percent": "%", "bytes": "B", "money": self.currency}
        found = unit.get(self.name)
        return f"{name} ({found})" if found else name

    def cell(self, value: float, exact: Decimal | None = None) -> Cell:
        """A value in a sheet: whole milliseconds, bytes and counts, hundredths of the others, money as it is."""
        if self.name == "ms":
            return round_ms(value)
        if self.name == "money":
            return exact
        return _cents(value) if self.name in ("rate", "percent") else round(value)


MS, RATE, PERCENT, BYTES, COUNT = (Unit(name) for name in ("ms", "rate", "percent", "bytes", "count"))
