"""Words about integrations and connections that several parts of the page share: what works, facts of a test, sentences.
No widget, no store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from app.api.answers import sentence
from app.contracts import Message
from app.contracts.manifest import Manifest, Words
from app.monitor.health import HealthReport, State
from ui.pages.price_rows import without_name
from ui.words import figures, t, words

#: In the order in which they are shown; what is not here (probe, batch results) is no power a merchant cares for.
SHOWN = (
    "order_source", "listing_source", "price_sink", "stock_sink", "shipment_sink", "label_source", "carrier", "tracking", "rates",
    "claims", "settlements", "invoice_issuer", "ledger", "product_feed", "fulfilment",
    "questions", "invoice_links", "package_splits", "box_info", "order_acceptance", "product_publishing",
)  # fmt: skip


def of_manifest(text: Words) -> str:
    """A manifest's words in the language in force."""
    return text.en if words().language == "en" else text.tr


def works(capabilities: Iterable[str]) -> list[str]:
    """The powers that are shown, as one word each."""
    held = frozenset(capabilities)
    return [t(f"connections.works.{name}") for name in SHOWN if name in held]


def works_list(capabilities: Iterable[str]) -> str:
    """ "Sipariş, fiyat, stok"."""
    return ", ".join(works(capabilities))


def fact_line(name: str, value: str) -> str:
    """A fact that a test learnt, with its word."""
    key = f"connections.fact.{name}"
    label = t(key) if words().has(key) else name.replace("_", " ")
    if value in ("yes", "no"):
        value = t(f"connections.answer.{value}")
    elif value.isascii() and value.isdigit() and name == "listings":
        value = figures().number(int(value))
    return t("connections.fact_line", label=label, value=value)


def plain(message: Message) -> str:
    """What happened and what to do, without the connection's name."""
    if message.code == "config.field" and message.field == "*":
        return t("connections.no_keys")
    return sentence(words(), without_name(message))


def field_trouble(manifest: Manifest, message: Message) -> str:
    """The words under a marked field: what is wrong with it and an example, or the whole sentence."""
    if message.code != "config.field":
        return plain(message)
    why = message.params.get("why", "") or "missing"
    example = message.params.get("example", "")
    if not example:
        example = next((f.example for f in manifest.credentials if f.key == message.field), "")
    key = f"connections.field.{why}"
    text = t(key) if words().has(key) else t("connections.field.pattern")
    return t("connections.field.with_example", text=text, example=example) if example else text


def blame(report: HealthReport) -> str:
    """The sentence of a connection's card."""
    if report.message is not None:
        return plain(report.message)
    if report.state is State.PAUSED:
        return t("connections.card.paused")
    if report.state is State.UNKNOWN:
        return t("connections.card.unknown")
    if report.p95_ms is not None and report.calls_24h:
        return t("connections.card.healthy", p95=figures().response(round(report.p95_ms)), count=report.calls_24h)
    return t("connections.card.ok")


def availability(share: float | None) -> str:
    """ "%99,97", or a dash without calls."""
    return "—" if share is None else figures().percent_short(Decimal(str(share)) * 100)


def when(at: datetime | None, now: datetime) -> str:
    """An instant in the merchant's zone, or a dash."""
    return "—" if at is None else figures().when(at.astimezone(), now.astimezone())
