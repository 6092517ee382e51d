"""What jobs say when a vendor refuses for a reason that the plain status hides: the same change again, a wrong clock, a
quota per day."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import msgspec
import pytest

from app.api.answers import sentence
from app.console import utc_now
from app.contracts import Message
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import Words
from app.jobs.links import Links, explained
from app.model import Money
from app.store.listing_query import ListingQuery
from app.store.outbox import OutboxFilter


async def test_the_same_change_at_trendyol_waits_a_quarter_of_an_hour_and_says_so(trendyol):
    store, engine = trendyol.console.store, trendyol.console.engine
    await engine.sync_listings(trendyol.row)
    one = (await store.listings.query(ListingQuery(limit=1)))[0]
    for amount in ("101.00", "102.00", "101.00"):
        await store.listings.want_price(one.id, Money.of(amount, one.currency))
        result = await engine.settle_all(trendyol.row, patience_s=20)
    assert result.message is not None
    assert result.message.code == "rate.repeated"
    (row,) = await store.outbox.query(OutboxFilter(states=("queued",)))
    assert timedelta(minutes=14) < row.not_before - utc_now() <= timedelta(minutes=15)
    assert row.message is not None
    at = row.not_before.astimezone()
    for language, said in (("en", "only once in 15 minutes"), ("tr", "15 dakikada yalnız bir kez")):
        words = Words.load(language)
        told = sentence(words, row.message)
        assert "Trendyol" in told
        assert said in told
        assert words.figures.when(at, utc_now().astimezone()) in told
    assert await store.outbox.next_due(trendyol.row.id) == row.not_before


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue(providers_root())


@pytest.mark.parametrize(
    ("code", "text", "skew", "expected"),
    [
        ("auth.refused", "Invalid signature - provided signature does not match", -600.0, "auth.clock"),
        ("auth.refused", "Invalid timestamp.", 420.0, "auth.clock"),
        ("auth.refused", "Invalid timestamp.", 20.0, "auth.refused"),
        ("auth.refused", "Consumer key is invalid.", 420.0, "auth.refused"),
        ("request.refused", "RequestTimeTooSkewed", 420.0, "auth.clock"),
        ("item.refused", "Invalid signature", 420.0, "item.refused"),
        ("server.error", "signature", 420.0, "server.error"),
    ],
)
def test_a_wrong_clock_is_not_told_as_a_refused_key(catalogue, code, text, skew, expected):
    manifest = catalogue.manifest("woocommerce")
    assert explained(Message(code, vendor_text=text), manifest, skew).code == expected


def test_how_wrong_the_clock_is_stands_in_the_sentence(catalogue):
    manifest = catalogue.manifest("woocommerce")
    words = Words.load("en")
    fast = sentence(words, explained(Message("auth.clock"), manifest, -720.0), "Dükkân")
    assert "It is 12 min fast." in fast
    assert "key" not in fast.casefold()
    assert "It is 7 min slow." in sentence(words, explained(Message("auth.clock"), manifest, 420.0))
    assert " fast" not in sentence(words, explained(Message("auth.clock"), manifest, 0.0))


@pytest.mark.parametrize(
    ("integration", "waits", "expected"),
    [("xero", 7200.0, "rate.daily"), ("xero", 30.0, "rate.limited"), ("woocommerce", 7200.0, "rate.limited"), ("xero", None, "rate.limited")],
)  # fmt: skip
def test_a_daily_quota_is_told_where_the_vendor_has_one(catalogue, integration, waits, expected):
    message = msgspec.structs.replace(Message("rate.limited"), retry_after=waits)
    assert explained(message, catalogue.manifest(integration), 0.0).code == expected


async def test_a_connection_test_with_a_wrong_clock_blames_the_clock(woo, monkeypatch):
    woo.fault(
        kind="status", status=401, path="/orders", count=-1,
        body='{"code":"woocommerce_rest_authentication_error","message":"Invalid signature - provided signature does not match."}',
    )  # fmt: skip
    monkeypatch.setattr(type(woo.console.network), "skew", lambda self, connection_id: -300.0)
    result, _ = await woo.console.engine.probe(woo.row)
    assert result.message is not None
    assert (result.message.code, result.message.params["skew"]) == ("auth.clock", "-300")


# -- what is asked once --------------------------------------------------------------------------------------------------
async def test_an_old_shop_is_asked_once_and_remembered_over_a_restart(woo):
    """WooCommerce before 5.9 refuses orderby=modified with 400; the next start must not ask again."""
    woo.control.post("/_control/switch", json={"feature": "orderby_modified", "on": False})
    console = woo.console

    def refused() -> int:
        return sum(1 for call in woo.calls() if "orderby=modified" in str(call))

    assert (await console.engine.sync_orders(woo.row)).counts["new"] == 120
    assert refused() == 1
    for _ in range(2):  # a new start: nothing but the store remembers
        fresh = Links(console.store, console.keys, console.catalogue, console.network, utc_now)
        console.engine.links = fresh
        assert (await console.engine.sync_orders(woo.row)).outcome == "done"
    assert refused() == 1
    fresh.drop_account(woo.row.account_id)  # other settings may mean another shop
    assert (await console.engine.sync_orders(woo.row)).outcome == "done"
    assert refused() == 2


async def test_all_listings_are_read_when_that_is_due(woo, monkeypatch):
    engine, store = woo.console.engine, woo.console.store
    link = await woo.console.links.get(woo.row.id)
    asked: list[object] = []
    listings = link.provider.listings

    def watched(since):
        asked.append(since)
        return listings(since)

    monkeypatch.setattr(link.provider, "listings", watched)
    daily = dataclasses.replace(link, manifest=msgspec.structs.replace(link.manifest, full_listings_every_h=24))
    for given in (daily, daily):
        monkeypatch.setitem(woo.console.links._links, woo.row.id, given)
        await engine.sync_listings(woo.row)
    assert [since is None for since in asked] == [True, False]
    await store.cursors.set(woo.row.id, "listings.full", utc_now() - timedelta(hours=25))
    await engine.sync_listings(woo.row)
    await engine.sync_listings(woo.row)
    assert [since is None for since in asked] == [True, False, True, False]
    await store.cursors.set(woo.row.id, "listings.full", utc_now() + timedelta(days=9))  # a clock that was wrong
    await engine.sync_listings(woo.row)
    assert asked[-1] is None


def test_who_needs_all_listings_says_so(catalogue):
    assert catalogue.manifest("shopify").full_listings_every_h == 24
    assert catalogue.manifest("amazon_turkiye").full_listings_every_h == 24
    assert catalogue.manifest("woocommerce").full_listings_every_h == 0
