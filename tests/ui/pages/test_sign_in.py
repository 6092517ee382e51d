"""Signing in from the window: the dialog in each of its states, the connect dialog around it, and a sign-in that has ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.contracts import Message
from app.jobs.connect import Wish
from app.jobs.signing_in import SigningIn
from app.kit.oauth import TOKEN
from app.store import ConnectionRow
from tests.support.oauth_server import OAuthServer
from tests.support.serving import serve
from tests.support.signin import Merchant, catalogue_root, importable, values_of
from tests.ui.pages.desk import NOW, Desk, dialog, open_desk, until
from ui.pages import sign_in
from ui.pages.connect_dialog import ConnectDialog
from ui.pages.connections import ConnectionsPage
from ui.pages.sign_in import SignInDialog, is_signed_out
from ui.theme import Appearance
from ui.words import choose, t


@pytest.fixture
def server() -> OAuthServer:
    return OAuthServer()


@pytest.fixture
def address(server: OAuthServer) -> Iterator[str]:
    with serve(server.app) as found, importable():
        yield found


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any], address: str) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, root=catalogue_root(tmp_path / "catalogue")) as made:
        yield made
        assert not errors


class Browser:
    """The system's browser: opened by the dialog, says yes in a thread."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.stays_away = False
        self._threads: list[threading.Thread] = []

    def __call__(self, address: str) -> None:
        self.opened.append(address)
        if not self.stays_away:
            thread = threading.Thread(target=lambda: httpx.get(address, follow_redirects=True, timeout=10))
            self._threads.append(thread)
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    made = Browser()
    monkeypatch.setattr(sign_in, "open_address", made)
    yield made
    made.join()


async def filled(desk: Desk, server: OAuthServer, address: str, flow: str) -> ConnectDialog:
    """The connect dialog with everything typed."""
    page = ConnectionsPage(desk.services)
    desk.show(page)
    await until(lambda: page.tabs._tabs["catalogue"]._count, "the first look")
    page.connect_to(f"signin_{flow}")
    asked: ConnectDialog = await dialog(ConnectDialog)
    asked.form.base_url.setText(address)
    for key, value in values_of(server, flow).items():
        field: Any = asked.form.credentials.fields[key].field
        field.setText(value)
    return asked


async def connected(desk: Desk, server: OAuthServer, address: str) -> ConnectionRow:
    wish = Wish("signin_loopback", "Dükkân", values=values_of(server, "loopback"), base_url=address)
    wish = await SigningIn(desk.services.connecting, desk.services.now).sign_in(wish, Merchant())
    return await desk.services.connecting.save(wish, NOW)


def tokens(desk: Desk, account_id: str) -> Any:
    return desk.keys.tokens(account_id)


def all_words(widget: QWidget) -> str:
    found = []
    for one in [widget, *widget.findChildren(QWidget)]:
        found += [one.accessibleName(), one.accessibleDescription(), one.toolTip()]
        if isinstance(one, QLabel):
            found.append(one.text())
    return " ".join(found)


# -- connecting ----------------------------------------------------------------------------------------------------
async def test_sign_in_test_and_save(desk: Desk, server: OAuthServer, address: str, browser: Browser) -> None:
    asked = await filled(desk, server, address, "loopback")
    assert asked.form.sign_in.button.text() == "Oturum aç"
    assert not asked.form.sign_in.mark.isVisible()
    asked.form.sign_in.button.click()
    await until(lambda: asked.proven, "signed in and tested")
    assert asked.form.sign_in.mark.isVisible()
    assert asked.form.sign_in.button.text() == "Yeniden oturum aç"
    assert any("Sırça Dükkân" in text for _, _, text in asked.result.lines)
    signed = asked.form.sign_in.signed
    assert await tokens(desk, signed).get(TOKEN) is not None
    asked.primary.click()
    await until(lambda: asked.row is not None and not asked.isVisible(), "saved")
    row = (await desk.store.connections.list())[0]
    assert row.account_id == signed
    assert len(server.living) == 1, "kept, not taken back"
    shown = all_words(desk.page)
    assert not [one for one in server.secrets if one in shown]


async def test_without_a_sign_in_the_test_says_so(desk: Desk, server: OAuthServer, address: str) -> None:
    asked = await filled(desk, server, address, "loopback")
    asked._test.click()
    await until(lambda: asked.attempt is not None, "the test's end")
    assert asked.attempt is not None
    assert asked.attempt.message is not None
    assert asked.attempt.message.code == "auth.signed_out"
    assert "Yeniden oturum açın" in asked.result.lines[0][2]
    asked.reject()


async def test_a_missing_field_is_marked_before_a_browser_opens(
    desk: Desk, server: OAuthServer, address: str, browser: Browser
) -> None:
    asked = await filled(desk, server, address, "loopback")
    client_id: Any = asked.form.credentials.fields["client_id"]
    client_id.field.setText("")
    asked.form.sign_in.button.click()
    assert client_id.trouble
    assert browser.opened == []
    asked.reject()


@pytest.mark.parametrize("way", ["close", "change"])
async def test_a_sign_in_that_comes_to_nothing_is_taken_back(
    desk: Desk, server: OAuthServer, address: str, browser: Browser, way: str
) -> None:
    asked = await filled(desk, server, address, "loopback")
    asked.form.sign_in.button.click()
    await until(lambda: asked.proven, "signed in and tested")
    signed = asked.form.sign_in.signed
    if way == "close":
        asked.reject()
    else:
        asked.form.base_url.setText(f"{address}/")
        assert not asked.form.sign_in.signed
    await until(lambda: not server.living, "the vendor was told")
    await until(lambda: not tokens(desk, signed)._tokens, "dropped here")
    asked.reject()


async def test_paste(desk: Desk, server: OAuthServer, address: str, browser: Browser) -> None:
    browser.stays_away = True
    server.landing = {"realmId": "93-A"}
    asked = await filled(desk, server, address, "paste")
    asked.form.sign_in.button.click()
    one: SignInDialog = await dialog(SignInDialog)
    await until(lambda: one.state == "paste", "asked for the address")
    assert len(browser.opened) == 1, "the page was opened"
    assert not one.primary.isEnabled()
    one.paste.setText("https://auth.giris.example/authorize")
    one.primary.click()
    await until(lambda: one.paste_field.trouble, "told that it is the wrong one")
    assert "https://shop.example/landed" in one.paste_field.trouble
    landed = await asyncio.to_thread(lambda: httpx.get(browser.opened[0]).headers["location"])
    one.paste.setText(landed)
    assert not one.paste_field.trouble
    QTest.keyClick(one.paste, Qt.Key.Key_Return)
    await until(lambda: asked.proven, "signed in and tested")
    company: Any = asked.form.credentials.fields["company"].field
    assert company.text() == "93-A", "what the vendor told stands in the form"
    asked.primary.click()
    await until(lambda: asked.row is not None and not asked.isVisible(), "saved")


async def test_a_device_code(
    desk: Desk, server: OAuthServer, address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.stays_away = True
    asked = await filled(desk, server, address, "device")
    asked.form.sign_in.button.click()
    one: SignInDialog = await dialog(SignInDialog)
    await until(lambda: one.state == "code", "the code")
    made = next(iter(server.devices.values()))
    assert one.code.text() == made.user_code
    assert f"{address}/activate" in one.told.text()
    assert "son an" in one.until.text()
    one.primary.click()
    assert browser.opened == [f"{address}/activate?user_code={made.user_code}"]
    one.copy.click()
    assert QApplication.clipboard().text() == browser.opened[0]
    server.decide(made.user_code)
    await until(lambda: asked.proven, "signed in and tested")
    asked.reject()


async def test_declined_then_tried_again(desk: Desk, server: OAuthServer, address: str, browser: Browser) -> None:
    server.say_no = True
    asked = await filled(desk, server, address, "loopback")
    asked.form.sign_in.button.click()
    one: SignInDialog = await dialog(SignInDialog)
    await until(lambda: one.state == "failed", "declined")
    assert "onay verilmedi" in all_words(one.note)
    assert one.primary.text() == t("signin.try_again")
    server.say_no = False
    one.primary.click()
    await until(lambda: asked.proven, "signed in and tested")
    asked.reject()


async def test_closing_the_dialog_closes_the_listener(
    desk: Desk, server: OAuthServer, address: str, browser: Browser
) -> None:
    browser.stays_away = True
    asked = await filled(desk, server, address, "loopback")
    asked.form.sign_in.button.click()
    one: SignInDialog = await dialog(SignInDialog)
    await until(lambda: one.state == "browser", "the browser")
    assert one.foot_note.text() == t("signin.waiting")
    one.primary.click()
    assert len(browser.opened) == 2, "the page once more"
    operation = one.operation
    assert operation is not None
    one.reject()
    await until(lambda: not operation.running, "the end")

    def refused() -> bool:
        with pytest.raises(httpx.ConnectError):
            httpx.get(browser.opened[0], follow_redirects=True)
        return True

    assert await asyncio.to_thread(refused)
    assert server.counts["token"] == 0
    assert not asked.form.sign_in.signed
    asked.reject()


# -- again ---------------------------------------------------------------------------------------------------------
def by_menu(page: ConnectionsPage, row: ConnectionRow) -> None:
    menu = page.menu_of(page.mine.rows[row.id])
    next(one for one in menu.actions() if one.text() == "Yeniden oturum aç").trigger()
    menu.deleteLater()


def by_card(page: ConnectionsPage, row: ConnectionRow) -> None:
    page.mine.cards[row.id]._set_up.click()


@pytest.mark.parametrize("way", [by_menu, by_card])
async def test_a_sign_in_that_ended_is_shown_and_renewed(
    desk: Desk,
    server: OAuthServer,
    address: str,
    browser: Browser,
    way: Callable[[ConnectionsPage, ConnectionRow], None],
) -> None:
    row = await connected(desk, server, address)
    server.revoke_all()
    await desk.services.engine.probe(row)
    page = ConnectionsPage(desk.services)
    desk.show(page)
    await until(lambda: row.id in page.mine.cards, "its card")
    assert is_signed_out(page.mine.rows[row.id])
    assert "oturumunu artık kabul etmiyor" in all_words(page.mine.cards[row.id])
    way(page, row)
    await until(lambda: any("oturum açıldı" in title for _, title, _ in desk.said), "signed in")
    await until(lambda: any("Sırça Dükkân" in text for _, _, text in desk.said), "tested")
    stored = await desk.store.connections.get(row.id)
    assert stored is not None
    assert not is_signed_out(stored)
    assert len(server.living) == 1


async def test_a_vendor_with_keys_has_no_such_thing(desk: Desk, server: OAuthServer, address: str) -> None:
    asked = await filled(desk, server, address, "client")
    assert not asked.form.sign_in.isVisible(), "client credentials need no person"
    asked._test.click()
    await until(lambda: asked.proven, "tested with them")
    asked.reject()


def cut(one: SignInDialog) -> list[str]:
    """What is shown in less room than it needs."""
    lines = [w for w in (one.told, one.code, one.until) if w.isVisible()]
    low = [w.text() for w in lines if w.height() < max(w.heightForWidth(w.width()), w.minimumSizeHint().height())]
    return low + ["paste"] * (one.paste.isVisible() and one.paste.height() < one.paste.sizeHint().height())


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_no_state_cuts_its_words(desk: Desk, language: str) -> None:
    choose(language)
    page = QWidget()
    page.show()
    asked: Any = asyncio.get_running_loop().create_future()

    async def work(_front: Any) -> None:
        await asked

    one = SignInDialog(page, desk.services, "Çok Uzun Adlı Bir Pazaryeri", work, opener=lambda _address: None)
    one.start()
    one.open()
    one.browse("https://shop.example/authorize")
    assert cut(one) == []
    later = NOW + timedelta(minutes=10)
    one.show_code("WDJB-MJHT", "https://a-rather-long-name.shop.example/device/activate", "", later)
    assert cut(one) == []
    wrong = Message("config.field", {"field": "paste", "why": "pattern", "example": ""})
    pasting = asyncio.ensure_future(one.pasted("https://shop.example/authorize", wrong))
    await until(lambda: one.state == "paste", "the field")
    assert cut(one) == []
    assert one.height() < 700
    pasting.cancel()
    one.reject()
    await until(lambda: one.operation is None or not one.operation.running, "the end")
    page.close()
