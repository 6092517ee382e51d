"""`paxzar demo`: the whole job headless on the rehearsal servers – pull, search, re-price, print – with a summary."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from app.api.answers import Answer, sentence
from app.console import open_console
from app.formats.words import Words
from app.model import Money
from app.monitor.health import State
from app.printing.documents import make_document
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery


async def run_demo(folder: Path, lang: str) -> Answer:
    """Exit 0 when every step did its work. Data: the figures and the label's path."""
    words, answer = Words.load(lang), Answer(data={})
    console = await open_console(folder, rehearsal=True)
    try:
        answer.say(words("cli.demo.start"))
        rows = await console.store.connections.list()
        new, channels = 0, 0
        for row in rows:
            has = console.catalogue.manifest(row.integration).capabilities
            if "order_source" in has:
                result = await console.engine.sync_orders(row)
                new, channels = new + result.counts.get("new", 0), channels + 1
                _trouble(answer, words, result, row.name)
            if "listing_source" in has:
                _trouble(answer, words, await console.engine.sync_listings(row), row.name)
            if "order_source" not in has:
                _trouble(answer, words, (await console.engine.probe(row))[0], row.name)
        count = await console.store.orders.count(OrderQuery(), cap=1_000_000)
        listings = await console.store.listings.count(ListingQuery(), cap=1_000_000)
        answer.say(words("cli.demo.orders", channels=channels, count=count, new=new))
        answer.say(words("cli.demo.listings", count=listings))
        found = await console.store.orders.count(OrderQuery(search="ışık"), cap=10_000)
        answer.say(words("cli.demo.search", text="ışık", count=found))
        answer.data = {"orders": count, "new": new, "listings": listings, "prices": []}
        for row in rows:
            if "price_sink" not in console.catalogue.manifest(row.integration).capabilities:
                continue
            first = await console.store.listings.query(ListingQuery(connection_id=row.id, limit=1))
            if not first or first[0].price_micros is None:
                continue
            one = first[0]
            old = Money.from_micros(first[0].price_micros, one.currency)
            fresh = Money(old.amount + Decimal(1), old.currency)
            await console.store.listings.want_price(one.id, fresh)
            result = await console.engine.settle_all(row, patience_s=60)
            state = "done" if result.counts.get("done") else result.outcome
            answer.say(
                words(
                    "cli.demo.price",
                    name=row.name,
                    sku=one.sku,
                    old=_shown(words, old),
                    new=_shown(words, fresh),
                    state=words(f"write.{'accepted' if state == 'done' else 'queued'}"),
                )
            )
            answer.data["prices"].append({"connection": row.name, "sku": one.sku, "state": state})
            _trouble(answer, words, result, row.name)
        printable = await console.store.orders.query(OrderQuery(to_ship_only=True, limit=1))
        if printable:
            path = await asyncio.to_thread(_label_path, folder)
            made, _ = await make_document(console.store, [printable[0].id], "label", path, words)
            answer.data["label"] = str(made)
            answer.say(words("cli.demo.label", number=printable[0].number, path=str(made)))
        reports = await console.health.all()
        healthy = sum(r.state is State.HEALTHY for r in reports)
        answer.say(words("cli.demo.health", healthy=healthy, all=len(reports)))
        answer.data["healthy"] = healthy
    finally:
        await console.close()
    return answer


def _shown(words: Words, money: Money) -> str:
    return words.figures.money(money.amount, money.currency)


def _label_path(folder: Path) -> Path:
    target = folder / "documents"
    target.mkdir(parents=True, exist_ok=True)
    return target / "demo-label.pdf"


def _trouble(answer: Answer, words: Words, result: object, name: str) -> None:
    message = getattr(result, "message", None)
    if getattr(result, "outcome", "done") != "done":
        answer.exit = 1
    if message is not None:
        answer.say(sentence(words, message, name))
