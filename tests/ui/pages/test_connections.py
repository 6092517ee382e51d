"""Connections: the catalogue, the connect dialog against the fake WooCommerce site (and a client that misbehaves), cards,
settings, new keys, removal. Secrets are looked for in every word on the screen."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from app.contracts import Message, ProbeResult, fail
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import Readiness
from app.jobs.connect import Wish
from app.store import ListingQuery, OrderQuery
from tests.support.serving import serve
from tests.ui.pages.desk import NOW, Desk, dialog, listing, open_desk, until
from ui.pages import connect_dialog
from ui.pages.catalogue_info import InfoDialog
from ui.pages.connect_dialog import ConnectDialog, web_address
from ui.pages.connect_form import ConnectForm, FileField, free_name
from ui.pages.connection_settings import KeysDialog, SettingsDialog
from ui.pages.connections import ConnectionsPage
from ui.pages.prices import PricesPage
from ui.theme import Appearance
from ui.widgets import SecretField, TypedConfirm
from ui.words import choose, t


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


@pytest.fixture
def shop() -> Iterator[Any]:
    """A fake WooCommerce site with a few orders and products, and its credentials."""
    sandbox = Catalogue(providers_root(), with_plugins=False).sandbox("woocommerce", seed=3, orders=4, listings=6)
    with serve(sandbox.app) as address:
        yield sandbox, address


def page_of(desk: Desk, qtbot: Any) -> ConnectionsPage:
    page = ConnectionsPage(desk.services)
    desk.show(page)
    return page


async def settled(page: ConnectionsPage) -> ConnectionsPage:
    await until(lambda: page.tabs._tabs["catalogue"]._count, "the first look")
    return page


def fill(asked: ConnectDialog, **values: str) -> None:
    for key, value in values.items():
        field: Any = asked.form.credentials.fields[key].field
        field.setText(value)


def all_words(widget: QWidget) -> str:
    """Every word that the widget shows or says aloud."""
    found = [widget.windowTitle()]
    for one in [widget, *widget.findChildren(QWidget)]:
        found += [one.accessibleName(), one.accessibleDescription(), one.toolTip()]
        if isinstance(one, QLabel):
            found.append(one.text())
        if isinstance(one, QLineEdit):
            found.append(one.displayText())
    return " ".join(found)


async def opened(desk: Desk, qtbot: Any, integration: str = "woocommerce") -> tuple[ConnectionsPage, ConnectDialog]:
    page = await settled(page_of(desk, qtbot))
    page.connect_to(integration)
    return page, await dialog(ConnectDialog)


async def test_it(asked: ConnectDialog) -> None:
    asked._test.click()
    await until(lambda: asked.operation is None, "the test's end")


test_it.__test__ = False  # type: ignore[attr-defined]


# -- the dialog against a real fake ------------------------------------------------------------------------------
async def test_connect_test_save_and_first_sync(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, address = shop
    secrets = (sandbox.credentials["consumer_key"], sandbox.credentials["consumer_secret"])
    page, asked = await opened(desk, qtbot)
    assert asked.focusWidget() is asked.form.name
    assert not asked.primary.isEnabled()
    assert "sınayın" in asked.primary.toolTip()
    assert not asked.form.switches.switches["price_sink"].isChecked()
    assert not asked.form.switches.switches["price_sink"].isEnabled()
    assert asked.form.switches.switches["order_source"].isChecked()
    fill(asked, store_url=address, consumer_key=secrets[0], consumer_secret=secrets[1])
    asked.form.name.setText("Dükkân")
    await test_it(asked)
    assert asked.result.chip.accessibleName() == "Bağlanabilir"
    titles = [title for _, title, _ in asked.result.lines]
    assert titles[:2] == ["Sunucuya ulaşıldı", "Anahtar kabul edildi"]
    assert any(mark == "later" and "Fiyat" in title for mark, title, _ in asked.result.lines)
    assert any("127.0.0.1" in text for _, _, text in asked.result.lines)
    assert asked.focusWidget() is asked.primary, "what comes next has the focus"
    assert asked.form.switches.values()["price_sink"], "writing may go once a test passed"
    shown = all_words(asked)
    assert all(s not in shown and s[-6:] not in shown for s in secrets)
    assert asked.grab().width() > 0
    asked.primary.click()
    await until(lambda: any("eşitlendi" in title for _, title, _ in desk.said), "the first sync")
    row = (await desk.store.connections.list())[0]
    assert (row.name, row.integration, row.environment, row.switches["price_sink"]) == (
        "Dükkân", "woocommerce", "live", True,
    )  # fmt: skip
    held = await desk.keys.get(row.account_id)
    assert held["consumer_secret"].reveal() == secrets[1]
    account = await desk.store.accounts.get(row.account_id)
    assert account is not None
    assert "consumer_secret" not in account.settings
    assert len(await desk.store.orders.query(OrderQuery())) == 4
    assert len(await desk.store.listings.query(ListingQuery())) >= 6
    await until(lambda: page.mine.cards, "its card")
    assert secrets[0] not in all_words(page)


async def test_the_same_shop_again_is_told_and_made_only_when_it_is_meant(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, address = shop
    values = {**sandbox.credentials, "store_url": address}
    await desk.services.connecting.save(Wish("woocommerce", "Dükkân", values=values), NOW)
    _, asked = await opened(desk, qtbot)
    typed = f"{address}/wp-admin/admin.php?page=wc-settings"
    keys = {name: sandbox.credentials[name] for name in ("consumer_key", "consumer_secret")}
    fill(asked, store_url=typed, **keys)
    asked.form.name.setText("İkinci")
    await test_it(asked)
    asked.primary.click()
    await until(lambda: asked.primary.text() == t("message.make_anyway"), "the warning")
    assert "“Dükkân”" in asked.form._account_field.trouble
    assert [row.name for row in await desk.store.connections.list()] == ["Dükkân"]
    asked.form.credentials.fields["store_url"].field.setText(address)
    assert asked.primary.text() != t("message.make_anyway"), "another address is another question"
    await test_it(asked)
    asked.primary.click()
    await until(lambda: asked.primary.text() == t("message.make_anyway"), "the warning")
    asked.primary.click()
    await until(lambda: asked.row is not None, "the second connection")
    assert len(await desk.store.accounts.list()) == 2
    await until(lambda: not asked.isVisible(), "the dialog's end")


async def test_a_permission_that_is_missing_stands_in_the_result(desk: Desk, qtbot: Any) -> None:
    _, asked = await opened(desk, qtbot, "shopify")
    lacking = Message("auth.forbidden", {"scope": "read_orders"}, field="scopes")
    asked.result.show_attempt(connect_dialog.Attempt(ProbeResult({}, (lacking,)), None, 12, "14:02", ""))
    assert any(mark == "doubt" and "read_orders" in text for mark, _, text in asked.result.lines)
    asked.reject()


async def test_a_price_typed_in_a_cell_reaches_the_shop(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, address = shop
    values = {**sandbox.credentials, "store_url": address}
    row = await desk.services.connecting.save(Wish("woocommerce", "Dükkân", values=values), NOW)
    await desk.services.engine.sync_listings(row)
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid())
    section = page.model.section_of("price")
    place = next(r for r in range(page.model.total) if not page.model.lock(r, "price"))
    old = page.model.value(place, section)
    page.table.setCurrentIndex(page.model.index(place, section))
    QTest.keyClick(page.table, Qt.Key.Key_F2)
    new = old.old - 1
    page.table.editor.setText(f"{new:.2f}")
    QTest.keyClick(page.table.editor, Qt.Key.Key_Return)
    await until(lambda: page.sending.send.isEnabled(), "the queue")
    page.sending.send.click()
    await until(lambda: any("1 kabul edildi" in text for _, _, text in desk.said), "the outcome")
    stored = await desk.store.listings.get(page.model.key_at(place))
    assert stored is not None
    assert stored.listing.price is not None
    assert (stored.listing.price.amount, stored.wanted_price) == (new, None)
    url = f"{address}/_control/listings"
    told = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
    assert f"{new:.2f}" in told


async def test_a_wrong_key_is_yours_and_cannot_be_saved(desk: Desk, qtbot: Any, shop: Any) -> None:
    _, address = shop
    _, asked = await opened(desk, qtbot)
    fill(asked, store_url=address, consumer_key="ck_" + "9" * 40, consumer_secret="cs_" + "8" * 40)
    await test_it(asked)
    assert asked.attempt is not None
    assert not asked.attempt.ok
    assert asked.result.lines[0][1] == "Düzeltmeniz gereken bir şey var"
    assert "anahtar" in asked.result.lines[0][2].casefold()
    assert not asked.primary.isEnabled()
    assert asked.primary.text() == "Kaydet ve eşitle"
    assert "9" * 20 not in all_words(asked)
    asked.accept()
    asked.reject()
    assert await desk.store.connections.list() == []


async def test_a_dead_address_is_theirs_and_may_be_kept_with_writing_off(desk: Desk, qtbot: Any) -> None:
    page, asked = await opened(desk, qtbot)
    fill(asked, store_url="http://127.0.0.1:9", consumer_key="ck_" + "a" * 40, consumer_secret="cs_" + "b" * 40)
    await test_it(asked)
    assert asked.result.lines[0][1] == "Karşı taraf ya da ağ yanıt vermedi"
    assert asked.primary.isEnabled()
    assert asked.primary.text() == "Yine de kaydet"
    assert not any(asked.form.switches.values()[name] for name in ("price_sink", "stock_sink", "shipment_sink"))
    asked.primary.click()
    await until(lambda: desk.said, "the notice")
    assert desk.said[-1][0] == "degraded"
    row = (await desk.store.connections.list())[0]
    assert row.switches["price_sink"] is False
    await until(lambda: page.mine.cards, "its card")


async def test_wrong_fields_are_all_marked_and_the_first_gets_the_focus(desk: Desk, qtbot: Any) -> None:
    await desk.connection("WooCommerce", "trendyol")
    _, asked = await opened(desk, qtbot)
    assert asked.form.name.text() == "WooCommerce 2"
    asked.form.name.setText("WooCommerce")
    fill(asked, store_url="bu bir adres değil", consumer_key=" ")
    asked.form._show_more(True)
    asked.form.own_rate.setText("çok")
    asked._test.click()
    await asyncio.sleep(0)
    assert asked.operation is None
    marked = {key for key, made in asked.form.credentials.fields.items() if made.trouble}
    assert marked == {"store_url", "consumer_key", "consumer_secret"}
    assert "Örnek: https://magazaniz.com" in asked.form.credentials.fields["store_url"].trouble
    assert asked.form._name_field.trouble
    assert asked.form._rate_field.trouble
    fill(asked, store_url="https://magaza.example")
    assert not asked.form.credentials.fields["store_url"].trouble, "a touched field is innocent again"
    asked.reject()


async def test_a_change_after_the_test_asks_for_another(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, address = shop
    _, asked = await opened(desk, qtbot)
    fill(asked, **{**sandbox.credentials, "store_url": address})
    await test_it(asked)
    assert asked.primary.isEnabled()
    asked.form.name.setText("Yeni ad")
    assert asked.primary.isEnabled(), "a name proves nothing"
    fill(asked, consumer_secret="cs_" + "0" * 40)
    assert not asked.primary.isEnabled()
    assert asked.result.chip.accessibleName() == "Değişti, yeniden sınayın"
    assert not asked.form.switches.values()["price_sink"]
    asked.reject()


async def test_closing_stops_the_test_and_empties_the_secrets(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    begun = asyncio.Event()

    async def slow(wish: Wish, now: Any) -> ProbeResult:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(wish.name)
        return ProbeResult()

    monkeypatch.setattr(desk.services.connecting, "attempt", slow)
    _, asked = await opened(desk, qtbot, "trendyol")
    fill(asked, seller_id="123456", api_key="anahtaranahtar", api_secret="gizligizligizli")
    asked._test.click()
    await until(begun.is_set, "the test runs")
    assert not asked._test.isEnabled()
    asked.reject()
    await until(lambda: ended, "the cancelled test")
    assert asked.form.credentials.values()["api_secret"] == ""


async def test_a_test_has_a_time_limit(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_wish: Wish, _now: Any) -> ProbeResult:
        await asyncio.sleep(60)
        return ProbeResult()

    monkeypatch.setattr(desk.services.connecting, "attempt", slow)
    monkeypatch.setattr(connect_dialog, "LIMIT_S", 0.05)
    _, asked = await opened(desk, qtbot, "trendyol")
    fill(asked, seller_id="123456", api_key="anahtaranahtar", api_secret="gizligizligizli")
    await test_it(asked)
    assert asked.attempt is not None
    assert asked.attempt.message == Message("net.timeout")
    assert asked.primary.text() == "Yine de kaydet"
    asked.reject()


async def test_a_message_marks_its_field_and_warnings_do_not_stop_saving(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [
        fail(Message("auth.refused", vendor_text="bu satıcı yok", field="seller_id")),
        fail(Message("bug", {"reason": "KeyError"})),
        ProbeResult({"seller_id": "123456"}, (Message("auth.read_only"),), 14),
    ]

    async def attempt(_wish: Wish, _now: Any) -> ProbeResult:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(desk.services.connecting, "attempt", attempt)
    _, asked = await opened(desk, qtbot, "trendyol")
    assert asked.windowTitle() == "Trendyol’u bağla"
    fill(asked, seller_id="123456", api_key="anahtaranahtar", api_secret="gizligizligizli")
    await test_it(asked)
    assert "bu satıcı yok" in asked.form.credentials.fields["seller_id"].trouble
    assert asked.focusWidget() is asked.form.credentials.fields["seller_id"].field
    await test_it(asked)
    assert asked.result.lines[0][1] == "Yanıtı okuyamadık"
    assert not asked.primary.isEnabled(), "an answer that we cannot read proves nothing"
    await test_it(asked)
    assert asked.result.chip.accessibleName() == "Uyarıyla bağlanabilir"
    assert any("Satıcı: 123456" in text for _, _, text in asked.result.lines)
    assert any("14 açık sipariş" in text for _, _, text in asked.result.lines)
    assert any(mark == "doubt" for mark, _, _ in asked.result.lines)
    assert asked.primary.isEnabled()
    asked.reject()


async def test_accounts_of_a_family_can_be_shared(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await desk.connection("Ana mağaza", "trendyol")
    asked_for: list[Wish] = []

    async def attempt(wish: Wish, _now: Any) -> ProbeResult:
        asked_for.append(wish)
        return ProbeResult()

    monkeypatch.setattr(desk.services.connecting, "attempt", attempt)
    _, asked = await opened(desk, qtbot, "amazon_germany")
    assert not asked.form._account_field.isVisible(), "another vendor's account has other keys"
    asked.reject()
    await until(lambda: not asked.isVisible())
    turkish = await desk.connection("Amazon TR", "amazon_turkiye")
    desk.page.connect_to("amazon_germany")
    asked = await dialog(ConnectDialog)
    assert asked.form._account_field.isVisible()
    offered = [asked.form.account.itemData(i) for i in range(asked.form.account.count())]
    assert offered == ["", turkish.account_id]
    assert first.account_id not in offered
    asked.form.environment._choose("sandbox")
    assert not asked.form._account_field.isVisible(), "nor does a live account open the sandbox"
    asked.form.environment._choose("live")
    asked.form.account.setCurrentIndex(1)
    assert not asked.form.credentials.isVisible()
    await test_it(asked)
    assert (asked_for[0].account, asked_for[0].values) == (turkish.account_id, {})
    asked.primary.click()
    await until(lambda: not asked.isVisible(), "saved")
    rows = await desk.store.connections.list()
    assert [r.account_id for r in rows if r.integration == "amazon_germany"] == [turkish.account_id]


async def test_the_rehearsal_connects_to_this_computer_only(
    tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any, shop: Any
) -> None:
    sandbox, address = shop
    async with open_desk(tmp_path, rehearsal=True) as desk:
        await desk.connection("Prova dükkânı", "trendyol", environment="rehearsal")
        page, asked = await opened(desk, qtbot)
        assert asked.form.environment.accessibleName().endswith("Prova")
        fill(asked, store_url="https://magaza.example", consumer_key=sandbox.credentials["consumer_key"],
             consumer_secret=sandbox.credentials["consumer_secret"])  # fmt: skip
        asked.form.base_url.setText("https://gercek.example")
        asked._test.click()
        assert asked.operation is None
        assert asked.form._url_field.trouble
        asked.form.base_url.setText(address)
        await test_it(asked)
        assert asked.attempt is not None
        assert asked.attempt.ok
        asked.primary.click()
        await until(lambda: any("eşitlendi" in title for _, title, _ in desk.said), "the first sync")
        await until(lambda: len(page.mine.cards) == 2, "both cards")
        assert all("Prova" in all_words(card) for card in page.mine.cards.values())
    assert not errors


def test_the_form_is_made_from_every_connectable_manifest(look: Appearance, qtbot: Any) -> None:
    catalogue = Catalogue(providers_root(), with_plugins=False)
    for language in ("tr", "en"):
        choose(language)
        for entry in catalogue:
            if not entry.readiness.connectable:
                continue
            manifest = catalogue.manifest(entry.id)
            form = ConnectForm(manifest, [], [], rehearsal=False)
            qtbot.addWidget(form)
            assert set(form.credentials.fields) == {f.key for f in manifest.credentials}
            for field in manifest.credentials:
                made = form.credentials.fields[field.key]
                assert isinstance(made.field, SecretField) == (field.kind == "secret")
                if field.kind == "secret":
                    assert made.field.edit.echoMode() is QLineEdit.EchoMode.Password
            assert "⟦" not in all_words(form)


def test_file_fields_take_text_and_bytes_but_not_too_much(look: Appearance, qtbot: Any) -> None:
    field = FileField()
    qtbot.addWidget(field)
    field.take("anahtar.pem", b"-----BEGIN")
    assert (field.text(), field.edit.text()) == ("-----BEGIN", "anahtar.pem")
    field.take("mali.p12", b"\xff\x00")
    assert field.text() == "/wA="
    field.take("film.mp4", None)
    assert field.text() == ""
    assert "film.mp4" in field.edit.text()


def test_names_and_addresses() -> None:
    assert free_name("Trendyol", {"Trendyol", "Trendyol 2"}) == "Trendyol 3"
    assert web_address("trendyol.com") == "https://trendyol.com"
    assert web_address("http://a.example") == "http://a.example"
    assert web_address("") == ""
    assert web_address("file:///etc/passwd") == ""
    assert web_address("javascript://x") == ""


# -- the catalogue -----------------------------------------------------------------------------------------------
async def test_the_catalogue_shows_all_and_filters(desk: Desk, qtbot: Any) -> None:
    await desk.connection("Ana mağaza", "trendyol")
    page = await settled(page_of(desk, qtbot))
    page.show_catalogue()
    view = page.catalogue
    await until(lambda: len(view.grid.cards) == 129, "all cards")
    names = [card.accessibleName() for card in view.grid.cards]
    assert names[0] == "Trendyol"
    assert "1 bağlantınız var" in all_words(view.grid.cards[0])
    view.search.setText("foriba")
    await until(lambda: len(view.grid.cards) == 1, "an old name is found")
    assert view.grid.cards[0].accessibleName() != "Foriba"
    view.clear()
    view.categories.setCurrentRow(view.categories.count() - 1)
    await until(lambda: len(view.grid.cards) == 2, "points of sale")
    view.clear()
    for name, box in view.boxes.items():
        box.setChecked(name == "retired")
    await until(lambda: len(view.grid.cards) == 1)
    assert view.grid.cards[0].accessibleName() == "GittiGidiyor"
    view.search.setText("böyle bir şey yok")
    await until(lambda: view.empty.isVisible())


async def test_planned_ones_have_no_button_and_say_so(desk: Desk, qtbot: Any) -> None:
    page = await settled(page_of(desk, qtbot))
    page.show_catalogue()
    view = page.catalogue
    await until(lambda: len(view.grid.cards) == 129)
    connect_words = {t("connection.connect"), t("connection.install"), t("connection.open_portal"), t("connection.new")}
    for entry in desk.services.catalogue:
        card = view._cards[entry.id]
        has = {b.text() for b in card.findChildren(type(page.add))} & connect_words
        assert bool(has) == entry.readiness.connectable, entry.id
        if entry.readiness is Readiness.PLANNED:
            assert "Henüz bağlanamaz" in all_words(card)
    page.connect_to(
        "hepsiburada" if not desk.services.catalogue.entries["hepsiburada"].readiness.connectable else "etsy"
    )
    await asyncio.sleep(0.05)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, ConnectDialog) and w.isVisible()]


async def test_the_info_dialog_tells_readiness_reasons_and_links(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: list[str] = []
    monkeypatch.setattr(
        "ui.pages.catalogue_info.QDesktopServices.openUrl", lambda url: urls.append(url.toString()) or True
    )
    page = await settled(page_of(desk, qtbot))
    page.catalogue.info_asked.emit("trendyol")
    info = await dialog(InfoDialog)
    words = all_words(info)
    assert "Trendyol etiketi yalnız bazı kargolarda" in words
    assert "Webhooks" in words
    assert info.links == {"website": "https://trendyol.com", "portal": "https://partner.trendyol.com"}
    for button in info.findChildren(type(page.add)):
        if button.text() == "Web sitesi":
            button.click()
    assert urls == [QUrl("https://trendyol.com").toString()]
    info.primary.click()
    asked = await dialog(ConnectDialog)
    asked.reject()
    page.catalogue.info_asked.emit("gittigidiyor")
    closed = await dialog(InfoDialog)
    assert not closed.primary.isVisible()
    closed.reject()


# -- connections that exist --------------------------------------------------------------------------------------
async def saved(desk: Desk, shop: Any, name: str = "Dükkân") -> Any:
    sandbox, address = shop
    values = {**sandbox.credentials, "store_url": address}
    return await desk.services.connecting.save(Wish("woocommerce", name, values=values), NOW)


async def test_cards_test_pause_and_resume(desk: Desk, qtbot: Any, shop: Any) -> None:
    row = await saved(desk, shop)
    page = await settled(page_of(desk, qtbot))
    card = page.mine.cards[row.id]
    assert "Henüz çağrılmadı" in card._blame.text()
    card._test.click()
    await until(lambda: desk.said, "the test")
    assert desk.said[-1][:2] == ("healthy", "Dükkân çalışıyor")
    await until(lambda: "Çalışıyor" in card._blame.text(), "the card")
    card._pause.click()
    await until(lambda: card._pause.text() == "Sürdür", "paused")
    assert (await desk.store.connections.get(row.id)).paused  # type: ignore[union-attr]
    card._pause.click()
    await until(lambda: card._pause.text() == "Duraklat", "resumed")


async def test_a_failed_test_tells_whose_side_it_is(desk: Desk, qtbot: Any, shop: Any) -> None:
    row = await saved(desk, shop)
    held = {key: one.reveal() for key, one in (await desk.keys.get(row.account_id)).items()}
    await desk.keys.put(row.account_id, {**held, "consumer_secret": "cs_" + "0" * 40})
    page = await settled(page_of(desk, qtbot))
    page.test(row.id)
    await until(lambda: desk.said, "the test")
    assert desk.said[-1][0] == "unhealthy"
    assert "anahtar" in desk.said[-1][2].casefold()
    await until(lambda: page.mine.cards[row.id]._chip.state == "unhealthy", "the card")


async def test_settings_rename_switch_and_rate(desk: Desk, qtbot: Any, shop: Any) -> None:
    row = await saved(desk, shop)
    await desk.connection("Ana mağaza", "trendyol")
    await desk.services.engine.probe(row)
    page = await settled(page_of(desk, qtbot))
    page.mine.set_up_asked.emit(row.id)
    asked = await dialog(SettingsDialog)
    asked.name.setText("Ana mağaza")
    asked.primary.click()
    assert "Bu adda" in asked._name_field.trouble
    asked.name.setText("Dükkân 2")
    asked.own_rate.setText("2,5")
    asked.switches.switches["stock_sink"].click()
    asked.primary.click()
    await until(lambda: not asked.isVisible(), "saved")
    now = await desk.store.connections.get(row.id)
    assert now is not None
    assert (now.name, now.own_rate, now.switches["stock_sink"]) == ("Dükkân 2", 2.5, False)
    assert (await desk.links.get(row.id)).row.own_rate == 2.5, "the living link is a new one"
    await until(lambda: "Dükkân 2" in all_words(page.mine.cards[row.id]), "the card")
    page.mine.set_up_asked.emit(row.id)
    asked = await dialog(SettingsDialog)
    assert asked.own_rate.text() == "2,5"
    asked.reject()


async def test_new_keys_keep_what_is_blank_and_are_tested(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, _ = shop
    row = await saved(desk, shop)
    page = await settled(page_of(desk, qtbot))
    page.mine.set_up_asked.emit(row.id)
    (await dialog(SettingsDialog))._ask_keys()
    asked = await dialog(KeysDialog)
    assert not asked.primary.isEnabled()
    assert asked.fields.values() == dict.fromkeys(asked.fields.values(), ""), "old keys are never shown"
    field: Any = asked.fields.fields["store_url"].field
    field.setText("yanlış adres")
    asked.primary.click()
    await until(lambda: asked.fields.fields["store_url"].trouble, "the mark")
    field.setText("")
    secret: Any = asked.fields.fields["consumer_secret"].field
    secret.setText("cs_" + "7" * 40)
    asked.primary.click()
    await until(lambda: asked.told.isVisible(), "the refusal")
    assert "Eskisi geçerliliğini koruyor" in all_words(asked)
    held = await desk.keys.get(row.account_id)
    assert held["consumer_secret"].reveal() == sandbox.credentials["consumer_secret"], "the old one is in force"
    assert not await desk.services.connecting.renewing.waits(row.account_id)
    asked.reject()


async def test_a_proved_key_replaces_the_old_one(desk: Desk, qtbot: Any, shop: Any) -> None:
    sandbox, _ = shop
    row = await saved(desk, shop)
    await desk.keys.put(row.account_id, {"consumer_key": sandbox.credentials["consumer_key"], "consumer_secret": "old"})
    page = await settled(page_of(desk, qtbot))
    page.shown({"view": "mine", "keys": row.id})
    asked = await dialog(KeysDialog)
    secret: Any = asked.fields.fields["consumer_secret"].field
    secret.setText(sandbox.credentials["consumer_secret"])
    asked.primary.click()
    await until(lambda: desk.said, "said")
    assert desk.said[-1] == ("healthy", "Dükkân: yeni anahtar geçerli", t("keys.renewed.text"))
    held = await desk.keys.get(row.account_id)
    assert held["consumer_secret"].reveal() == sandbox.credentials["consumer_secret"]
    assert held["consumer_key"].reveal() == sandbox.credentials["consumer_key"], "a blank field stays"


async def test_a_key_that_could_not_be_asked_about_waits_and_is_tried_by_test(
    desk: Desk, qtbot: Any, shop: Any
) -> None:
    sandbox, address = shop
    row = await saved(desk, shop)
    await desk.keys.put(row.account_id, {"consumer_key": sandbox.credentials["consumer_key"], "consumer_secret": "old"})
    account = await desk.store.accounts.get(row.account_id)
    assert account is not None
    await desk.store.accounts.update_settings(row.account_id, {**account.settings, "store_url": "http://127.0.0.1:9"})
    page = await settled(page_of(desk, qtbot))
    page.shown({"keys": row.id})
    asked = await dialog(KeysDialog)
    secret: Any = asked.fields.fields["consumer_secret"].field
    secret.setText(sandbox.credentials["consumer_secret"])
    asked.primary.click()
    await until(lambda: asked.told.isVisible(), "the dead line")
    assert "Yeni anahtar kasada bekliyor" in all_words(asked)
    asked.reject()
    assert (await desk.keys.get(row.account_id))["consumer_secret"].reveal() == "old"
    await desk.keys.put("next/" + row.account_id, {**sandbox.credentials, "store_url": address})  # the line is back
    page.test(row.id)
    await until(lambda: desk.said, "the test")
    assert desk.said[-1][0] == "healthy"
    assert (await desk.keys.get(row.account_id))["consumer_secret"].reveal() == sandbox.credentials["consumer_secret"]
    assert not await desk.services.connecting.renewing.waits(row.account_id)


async def test_removing_asks_for_the_name_and_forgets_the_keys(desk: Desk, qtbot: Any, shop: Any) -> None:
    row = await saved(desk, shop)
    await desk.pull(row, listing(1))
    page = await settled(page_of(desk, qtbot))
    menu = page.menu_of(row)
    labels = [a.text() for a in menu.actions() if a.text()]
    assert labels[-1] == "Bağlantıyı kaldır"
    assert {"Şimdi eşitle", "Yeni anahtar gir", "Fiyatları"} <= set(labels)
    menu.actions()[-1].trigger()
    sure = await dialog(TypedConfirm)
    assert not sure.primary.isEnabled()
    sure.edit.setText("dükkan")
    assert not sure.primary.isEnabled()
    sure.edit.setText("Dükkân")
    sure.primary.click()
    await until(lambda: not page.mine.cards, "the card goes")
    assert await desk.store.connections.list() == []
    with pytest.raises(KeyError):
        await desk.keys.get(row.account_id)
    assert len(await desk.store.connections.list(removed=True)) == 1
    assert page.mine.empty.isVisible()


async def test_a_shared_account_keeps_its_keys(desk: Desk, qtbot: Any, shop: Any) -> None:
    row = await saved(desk, shop)
    other = await desk.services.connecting.save(Wish("woocommerce", "İkinci", account=row.account_id), NOW)
    page = await settled(page_of(desk, qtbot))
    await page.work.remove(row)
    assert await desk.keys.get(other.account_id)
    assert [r.name for r in await desk.store.connections.list()] == ["İkinci"]


async def test_requests_and_english(desk: Desk, qtbot: Any) -> None:
    choose("en")
    page = await settled(page_of(desk, qtbot))
    assert page.add.text() == "Add connection"
    page.shown({"search": "amazon", "unknown": 1})
    await until(lambda: page.catalogue.grid.cards and page.catalogue.search.text() == "amazon")
    assert page._stack.currentWidget() is page.catalogue
    page.shown({"integration": "trendyol"})
    asked = await dialog(ConnectDialog)
    assert asked.windowTitle() == "Connect Trendyol"
    assert "⟦" not in all_words(asked)
    asked.reject()
    page.shown({"view": "mine"})
    assert page._stack.currentWidget() is page.mine
    assert "⟦" not in all_words(page)
