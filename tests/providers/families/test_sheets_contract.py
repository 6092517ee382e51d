"""The checks of the contract suite that make sense without calls, on every way by which sheets travel: the fake vendor drops sheets
into a folder and picks ours up. Windows follow each other as the job makes them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from app.contracts import CODES, Account, OutcomeState, Page, ProviderError, Secret, YoursError, capabilities_of
from app.contracts.account import SHEET_OUT
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import Readiness
from app.kit import MemoryTokens, httpx
from app.model import Listing, ListingRef, Money, Order, PriceChange, StockChange, Window
from providers.families.sheets import SheetInbox, Sheets
from providers.sandboxes.sheets import SheetsSandbox, create
from tests.support.serving import serve

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
CATALOGUE = Catalogue(providers_root(), with_plugins=False)
FAMILY = [
    one for one in CATALOGUE if one.readiness in (Readiness.FILE, Readiness.LINK) and one.category != "cargo"
]  # carriers by sheet: test_sheet_carrier.py


@dataclass
class Shop:
    """One connection to the fake vendor, and the cursor that a job would keep."""

    box: SheetsSandbox
    settings: dict[str, str]
    secrets: dict[str, Secret] = field(default_factory=dict)
    ahead: float = 0.0
    cursor: datetime = BEGIN
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    def __post_init__(self) -> None:
        self.learnt: dict[str, str] = {}
        self.tokens = MemoryTokens()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def wait(self, seconds: float) -> None:
        self.ahead += seconds
        self.box.clock.offset += seconds

    def provider(self, kind: type[SheetInbox] = Sheets, **change: str) -> Any:
        return kind(
            self.http,
            Account(
                id="a", integration="boyner", environment="live", urls={"api": ""}, tokens=self.tokens, now=self.now,
                nonce=lambda: "n", settings={**self.settings, **change}, secrets=self.secrets, learnt=self.learnt,
            ),
        )  # fmt: skip

    async def pull(self, *, stored: bool = True) -> list[Page[Order]]:
        """One pull. `stored` False: the job failed to write what came, so its cursor stays."""
        until = self.now()
        since = min(self.cursor, until - timedelta(seconds=1))
        pages = [page async for page in self.provider().orders(Window(since, until))]
        if stored:
            self.cursor = until
        return pages

    async def listings(self, since: datetime | None = None) -> dict[str, Listing]:
        found: dict[str, Listing] = {}
        async for page in self.provider().listings(since):
            assert not page.rejects, page.rejects
            found |= {one.remote_id: one for one in page.items}
        return found


def orders_of(pages: list[Page[Order]]) -> dict[str, Order]:
    return {one.remote_id: one for page in pages for one in page.items}


def rejects_of(pages: list[Page[Order]]) -> list[Any]:
    return [one for page in pages for one in page.rejects]


@pytest.fixture
def box() -> Iterator[SheetsSandbox]:
    made = create(seed=3)
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


class Gate(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == "Gizli-Parola-1"


@contextlib.asynccontextmanager
async def sftp(box: SheetsSandbox) -> AsyncIterator[str]:
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")], server_factory=Gate,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(box.folder)),
    )  # fmt: skip
    try:
        yield f"127.0.0.1:{listener.get_port()}"
    finally:
        listener.close()
        await listener.wait_closed()


@pytest.fixture(params=["folder", "sftp"])
async def shop(box: SheetsSandbox, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    secrets = {"password": Secret("Gizli-Parola-1")}
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "sftp":
            host = await stack.enter_async_context(sftp(box))
            yield Shop(box, {"way": "sftp", "host": host, "user": "magaza", "folder": "/"}, secrets)
        else:
            yield Shop(box, {"way": "folder", "folder": str(box.folder)}, secrets)


# -- reading -----------------------------------------------------------------------------------------------------------
def same(order: Order, truth: dict[str, Any]) -> None:
    told = (order.number, str(order.status), order.total.amount, order.placed_at.isoformat(), order.buyer.name)
    assert told == (truth["number"], truth["status"], Decimal(truth["total"]), truth["placed_at"], truth["buyer"])
    lines = [(x.sku, x.quantity, x.unit_price.money.amount) for x in order.lines]
    assert lines == [(x["sku"], x["quantity"], Decimal(x["unit_price"])) for x in truth["lines"]]


async def test_the_connection_test_tells_what_is_there(shop: Shop) -> None:
    shop.box.reset(orders=2, listings=5, seed=1)
    found = await shop.provider().probe()
    assert found.facts["sheets_waiting"] == "2"
    assert found.facts["sheet_template"] == "generic"
    assert ("host_key" in found.facts) is (shop.settings["way"] == "sftp")
    await shop.pull()
    again = await shop.provider().probe()
    assert again.facts["last_sheet_in"].startswith("20")
    assert (await shop.provider(SheetInbox).probe()).facts.keys() == again.facts.keys() - {"sheet_template"}


async def test_nothing_there_is_nothing(shop: Shop) -> None:
    assert orders_of(await shop.pull()) == {}
    assert await shop.listings() == {}
    assert await shop.provider().order("1") == ()


@pytest.mark.parametrize("as_csv", [False, True])
async def test_all_orders_equal_the_truth(shop: Shop, as_csv: bool) -> None:
    shop.box.switch("csv", as_csv)
    shop.box.add_orders(40)
    shop.box.add_orders(300)
    pages = await shop.pull()
    found = orders_of(pages)
    truth = {one["remote_id"]: one for one in shop.box.truth_orders()}
    assert found.keys() == truth.keys()
    for key, one in found.items():
        same(one, truth[key])
    assert max(len(page.items) for page in pages) <= 200
    assert not rejects_of(pages)


async def test_a_sheet_is_read_once_and_changes_come_with_new_sheets(shop: Shop) -> None:
    shop.box.add_orders(5)
    assert len(orders_of(await shop.pull())) == 5
    shop.wait(300)
    assert await shop.pull() == []
    touched = shop.box.touch_orders(2, 1)
    gone = shop.box.add_orders(1)[0]
    shop.box.cancel_order(gone)
    shop.wait(300)
    found = orders_of(await shop.pull())
    assert found.keys() == {*touched, gone}
    assert {str(one.status) for one in found.values()} == {"shipped", "cancelled"}
    shop.wait(2)
    assert orders_of(await shop.pull()) == {}


async def test_a_sheet_whose_orders_were_not_stored_comes_again(shop: Shop) -> None:
    shop.box.add_orders(4)
    assert len(orders_of(await shop.pull(stored=False))) == 4
    shop.wait(300)
    assert len(orders_of(await shop.pull(stored=False))) == 4
    shop.wait(0.3)  # the next one right behind it
    assert len(orders_of(await shop.pull())) == 4
    shop.wait(300)
    assert orders_of(await shop.pull()) == {}


async def test_a_forgotten_notebook_costs_a_second_reading_and_no_order(shop: Shop) -> None:
    shop.box.add_orders(4)
    first = orders_of(await shop.pull())
    shop.learnt.clear()
    shop.wait(300)
    assert orders_of(await shop.pull()) == first


async def test_one_order_by_its_number_with_the_youngest_words(shop: Shop) -> None:
    package = shop.box.add_orders(3)[0]
    await shop.pull()
    shop.box.cancel_order(package)
    (found,) = await shop.provider().order(shop.box.orders[package].number)
    assert str(found.status) == "cancelled"
    assert await shop.provider().order("yok") == ()


async def test_a_damaged_order_costs_itself_only(shop: Shop) -> None:
    packages = shop.box.add_orders(10)
    shop.box.damage_order(packages[4])
    pages = await shop.pull()
    assert orders_of(pages).keys() == {*packages} - {packages[4]}
    assert {one.remote_id for one in rejects_of(pages)} == {packages[4]}
    assert all(one.raw and one.message.params["row"] for one in rejects_of(pages))


async def test_what_is_no_sheet_does_not_stop_the_others(shop: Shop) -> None:
    packages = shop.box.add_orders(3)
    (shop.box.folder / "fatura.pdf").write_bytes(b"%PDF-1.7")
    (shop.box.folder / "notlar.csv").write_bytes(b"a;b\n1;2\n")
    shop.wait(60)
    pages = await shop.pull()
    assert orders_of(pages).keys() == {*packages}
    assert sorted(one.message.params["field"] for one in rejects_of(pages)) == ["fatura.pdf", "notlar.csv"]
    shop.wait(300)
    assert rejects_of(await shop.pull()) == []  # told once, not at every pull


async def test_a_file_that_is_still_being_copied_waits(shop: Shop) -> None:
    whole = shop.box.folder / "siparisler-001.xlsx"
    packages = shop.box.add_orders(30)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])  # young, and half
    assert await shop.pull() == []
    whole.write_bytes(data)
    assert await shop.pull() == []  # it changed since the last look
    assert orders_of(await shop.pull()).keys() == {*packages}


async def test_the_same_sheet_under_another_name_is_no_news(shop: Shop) -> None:
    shop.box.add_orders(2)
    await shop.pull()
    (shop.box.folder / "siparisler (1).xlsx").write_bytes((shop.box.folder / "siparisler-001.xlsx").read_bytes())
    shop.wait(300)
    assert orders_of(await shop.pull()) == {}


async def test_nothing_in_the_inbox_is_touched(shop: Shop) -> None:
    shop.box.reset(orders=3, listings=4, seed=1)
    before = {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in shop.box.folder.iterdir()}
    await shop.provider().probe()
    await shop.pull()
    await shop.listings()
    after = {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in shop.box.folder.iterdir() if one.is_file()}
    assert after == before


async def test_listings_equal_the_truth(shop: Shop) -> None:
    shop.box.reset(orders=3, listings=450, seed=2)
    found = await shop.listings()
    truth = {one["remote_id"]: one for one in shop.box.truth_listings()}
    assert found.keys() == truth.keys()
    for key, one in found.items():
        t = truth[key]
        assert (one.sku, one.title, one.stock, one.price) == (
            t["sku"],
            t["title"],
            t["stock"],
            Money.of(t["price"], "TRY"),
        )
    shop.wait(4000)
    assert await shop.listings(shop.now()) == {}


# -- writing -----------------------------------------------------------------------------------------------------------
def ref(one: Listing) -> ListingRef:
    return ListingRef(one.remote_id, one.sku, one.barcode, one.extra)


@pytest.mark.parametrize("format_", ["xlsx", "csv", "csv_1254", "xml"])
async def test_prices_and_stocks_reach_the_vendor_in_one_file_each(shop: Shop, format_: str) -> None:
    shop.box.reset(orders=0, listings=30, seed=2)
    goods = list((await shop.listings()).values())
    provider = shop.provider(format=format_)
    prices = [PriceChange(f"p{n}", ref(one), Money.of(f"{n + 10}.50", "TRY")) for n, one in enumerate(goods)]
    receipt = await provider.set_prices(prices)
    assert {one.state for one in receipt.outcomes} == {OutcomeState.DONE}
    assert [one.key for one in receipt.outcomes] == [one.key for one in prices]
    (name,) = {one.remote_ref for one in receipt.outcomes}
    assert name.startswith("boyner-fiyat-")
    stocks = await provider.set_stocks([StockChange(f"s{n}", ref(one), n) for n, one in enumerate(goods)])
    assert len({one.remote_ref for one in stocks.outcomes} | {name}) == 2
    truth = {one["remote_id"]: one for one in shop.box.truth_listings()}
    for n, one in enumerate(goods):
        assert (Decimal(truth[one.remote_id]["price"]), truth[one.remote_id]["stock"]) == (Decimal(f"{n + 10}.50"), n)
    assert shop.box.counters()["sheets_taken"] == 2
    assert SHEET_OUT in shop.learnt


async def test_a_sheet_that_was_not_picked_up_is_never_overwritten(shop: Shop) -> None:
    shop.box.reset(orders=0, listings=2, seed=2)
    one = next(iter((await shop.listings()).values()))
    names = []
    for amount in ("10.00", "11.00", "12.00"):  # within one second
        receipt = await shop.provider().set_prices([PriceChange("k", ref(one), Money.of(amount, "TRY"))])
        names.append(receipt.outcomes[0].remote_ref)
    assert len(set(names)) == 3
    assert {path.name for path in (shop.box.folder / "giden").iterdir()} == set(names)


async def test_a_feed_takes_the_place_of_our_last_one_only(shop: Shop) -> None:
    shop.box.reset(orders=0, listings=3, seed=2)
    shop.box.switch("never_picks_up", True)
    goods = list((await shop.listings()).values())
    provider = shop.provider(format="xml")
    first = await provider.publish(goods)
    assert {one.remote_ref for one in first.outcomes} == {"boyner-urun.xml"}
    assert (await provider.publish(goods[:1])).outcomes[0].remote_ref == "boyner-urun.xml"
    (path,) = (shop.box.folder / "giden").iterdir()
    assert path.read_bytes().count(b"<Barcode>") == 1
    path.write_bytes(b"<Products><!-- someone else's --></Products>")
    assert (await provider.publish(goods)).outcomes[0].remote_ref == "boyner-urun-2.xml"
    assert b"someone else" in path.read_bytes()
    sheets = [(await shop.provider().publish(goods)).outcomes[0].remote_ref for _ in range(2)]
    assert len(set(sheets)) == 2


async def test_one_outcome_an_item_and_the_reason_of_the_refused(shop: Shop) -> None:
    good = PriceChange("a", ListingRef("1", "KUPA", "8690000000012"), Money.of("5", "TRY"))
    bad = PriceChange("b", ListingRef("2", "KUPA-2"), Money.of("5", "TRY"))
    receipt = await shop.provider(template="trendyol").set_prices([good, bad])
    assert [(one.key, one.state) for one in receipt.outcomes] == [("a", OutcomeState.DONE), ("b", OutcomeState.REFUSED)]
    assert receipt.outcomes[1].message is not None
    assert receipt.outcomes[1].message.field == "Barkod"
    none = await shop.provider(template="trendyol").set_prices([bad])
    assert [one.state for one in none.outcomes] == [OutcomeState.REFUSED]
    assert len(list((shop.box.folder / "giden").iterdir())) == 1


async def test_the_vendors_own_columns(shop: Shop) -> None:
    shop.box.reset(orders=0, listings=1, seed=2)
    one = next(iter((await shop.listings()).values()))
    provider = shop.provider(format="csv_1254", out_columns="Barkod=Barkod; Satış Fiyatı=price")
    await provider.set_prices([PriceChange("k", ref(one), Money.of("77.70", "TRY"))])
    assert shop.box.truth_listings()[0]["price"] == "77.70"


# -- trouble -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"folder": ""}, "folder"), ({"folder": "goreli/yol"}, "folder"), ({"folder": "/olmayan/klasor"}, "folder"),
        ({"inbox": "../disari"}, "inbox"), ({"outbox": "/etc"}, "outbox"), ({"columns": "Uydurma=X"}, "columns"),
        ({"out_columns": "X=Uydurma"}, "out_columns"), ({"template": "yok"}, "template"), ({"format": "doc"}, "format"),
        ({"way": "sftp"}, "host"), ({"way": "sftp", "host": "x.example"}, "user"), ({"way": "sftp", "host": "x:99999", "user": "u"}, "host"),
        ({"way": "download"}, "order_url"),
    ],
)  # fmt: skip
async def test_every_wrong_setting_names_its_field(box: SheetsSandbox, change: dict[str, str], field: str) -> None:
    shop = Shop(box, {"way": "folder", "folder": str(box.folder)})
    provider = shop.provider(**change)
    with pytest.raises(YoursError) as caught:
        await provider.probe()
        await provider.set_prices([PriceChange("k", ListingRef("1", "s", "b"), Money.of("5", "TRY"))])
    assert (caught.value.message.field, caught.value.message.code in CODES) == (field, True)


async def test_a_share_that_is_gone_is_trouble_and_comes_back(box: SheetsSandbox, tmp_path: Path) -> None:
    box.add_orders(2)
    shop = Shop(box, {"way": "folder", "folder": str(box.folder)})
    moved = box.folder.rename(tmp_path / "sokuldu")
    with pytest.raises(YoursError):
        await shop.pull()
    with pytest.raises(YoursError):
        await shop.provider().set_prices([PriceChange("k", ListingRef("1", "s", "b"), Money.of("5", "TRY"))])
    assert not box.folder.exists()
    moved.rename(box.folder)
    assert len(orders_of(await shop.pull())) == 2


async def test_a_wrong_sftp_password_is_the_keys_fault_and_not_told(box: SheetsSandbox) -> None:
    async with sftp(box) as host:
        wrong = {"password": Secret("Baska-Parola-2")}
        shop = Shop(box, {"way": "sftp", "host": host, "user": "magaza", "folder": "/"}, wrong)
        with pytest.raises(ProviderError) as caught:
            await shop.pull()
    assert caught.value.message.code == "auth.refused"
    assert "Baska-Parola-2" not in repr(caught.value) + repr(caught.value.__cause__) + str(caught.value.message)


async def test_a_rehearsal_never_leaves_this_computer(box: SheetsSandbox) -> None:
    from dataclasses import replace

    for settings, secrets in (
        ({"way": "sftp", "host": "sftp.example.com", "user": "u"}, {}),
        ({"way": "download"}, {"order_url": Secret("https://panel.example.com/a.csv")}),
    ):
        shop = Shop(box, settings, secrets)
        provider = shop.provider()
        account = replace(provider.account, environment="rehearsal")
        with pytest.raises(YoursError) as caught:
            await Sheets(shop.http, account).probe()
        assert caught.value.message.code == "config.host_not_allowed"


# -- a download link -----------------------------------------------------------------------------------------------------
async def test_orders_behind_a_link(box: SheetsSandbox, tmp_path: Path) -> None:
    box.add_orders(12)
    with serve(box.app) as url:
        async with httpx.AsyncClient() as http:
            secrets = {"order_url": Secret(f"{url}/siparisler.csv"), "password": Secret("Gizli-Parola-1")}
            shop = Shop(box, {"way": "download", "user": "magaza", "folder": str(tmp_path)}, secrets, http=http)
            assert (await shop.provider().probe()).facts["sheet_link"] == "boyner-link.csv"
            assert len(orders_of(await shop.pull(stored=False))) == 12
            assert len(orders_of(await shop.pull())) == 12
            shop.wait(300)
            assert await shop.pull() == []
            assert box.counters()["not_modified"] == 1
            box.add_orders(1)
            assert len(orders_of(await shop.pull())) == 13
            await shop.provider().set_prices(
                [PriceChange("k", ListingRef("1", "s", "8690000000012"), Money.of("5", "TRY"))]
            )
            assert len(list((tmp_path / "giden").iterdir())) == 1
            shop.secrets["password"] = Secret("yanlış")
            with pytest.raises(YoursError) as caught:
                await shop.pull()
            assert caught.value.message.code == "auth.refused"


# -- large sheets ----------------------------------------------------------------------------------------------------------
async def test_a_large_sheet_is_worked_off_elsewhere(box: SheetsSandbox) -> None:
    from dataclasses import replace

    box.add_orders(400)
    given: list[str] = []

    async def compute(work: Any, /, *args: object) -> Any:
        given.append(work.__name__)
        return await asyncio.to_thread(work, *args)

    shop = Shop(box, {"way": "folder", "folder": str(box.folder)})
    provider = Sheets(shop.http, replace(shop.provider().account, compute=compute))
    pages = [page async for page in provider.orders(Window(BEGIN, shop.now()))]
    changes = [PriceChange(str(n), ListingRef(str(n), f"S{n}", f"{n}"), Money.of("5", "TRY")) for n in range(300)]
    await provider.set_prices(changes)
    assert given == ["read_sheet", "sheet_bytes"]
    assert len(orders_of(pages)) == 400


# -- the manifests -----------------------------------------------------------------------------------------------------------
def test_the_family_is_the_fourteen_and_the_three() -> None:
    assert {one.id for one in FAMILY if one.readiness is Readiness.LINK} == {"sahibinden", "letgo", "dolap"}
    assert {one.id for one in FAMILY if one.readiness is Readiness.FILE} == {
        "lcw", "boyner", "koton", "defacto", "vatan_bilgisayar", "kitapyurdu", "superstep", "intersport", "gratis", "sephora",
        "ebebek", "english_home", "madame_coco", "bauhaus",
    }  # fmt: skip


@pytest.mark.parametrize("id_", [one.id for one in FAMILY])
def test_manifests_promise_what_the_client_can(id_: str) -> None:
    m = CATALOGUE.manifest(id_)
    client = CATALOGUE.client(id_)
    assert set(m.capabilities) == capabilities_of(client)
    assert client is (SheetInbox if m.readiness is Readiness.LINK else Sheets)
    assert (m.sandbox, m.environments, m.evidence) == ("providers.sandboxes.sheets", {}, "unconfirmed")
    for words, honest in ((m.note.tr, "dosya"), (m.note.en, ("file", "list of sales"))):
        assert any(one in words for one in ([honest] if isinstance(honest, str) else honest)), words
    held = CATALOGUE.sandbox(id_).credentials
    fields = {one.key for one in m.credentials}
    assert held.keys() <= fields
    assert {one.key for one in m.credentials if one.address} == {"order_url"}
    if m.readiness is Readiness.FILE:
        assert m.sheet_due_h > 0
        assert "API" in m.note.en
        assert m.name in m.note.tr
    else:
        assert m.portal
