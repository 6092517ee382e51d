"""The local API in Settings: on and off, another port, the token on the clipboard and a new one – over a real console."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtWidgets import QApplication, QWidget

from app.api.local_api import LocalApi, token_of
from app.console import Console, open_console
from app.contracts import Secret
from tests.ui.pages.desk import dialog, tasks_end, until
from ui.pages.settings_api import ApiSection
from ui.pages.settings_parts import Section
from ui.widgets import DialogFrame


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Shown:
    def __init__(self, console: Console, qtbot: Any) -> None:
        self.api = LocalApi(console)
        self.said: list[tuple[str, str, str]] = []
        self.page = Section()
        qtbot.addWidget(self.page)
        self.parent = QWidget()
        qtbot.addWidget(self.parent)
        self.section = ApiSection(self.page, self.api, self.parent, lambda *told: self.said.append(told))
        self.page.resize(760, 500)
        self.page.show()

    def type_port(self, text: str) -> None:
        self.section.port.setText(text)
        self.section.port.setModified(True)
        self.section.port.editingFinished.emit()


@pytest.fixture
async def shown(tmp_path: Path, look: Any, qtbot: Any, errors: list[Any]) -> AsyncIterator[Shown]:
    console = await open_console(tmp_path / "w", unlock=Secret("Kasa-parolası/9"))
    made = Shown(console, qtbot)
    await made.section.load()
    yield made
    await tasks_end()
    await made.api.stop()
    await console.close()
    assert not errors


async def asked(address: str, token: str) -> int:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{address}/api/v1/health", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_on_then_off(shown: Shown) -> None:
    assert not shown.section.switch.isChecked()
    shown.type_port(str(free_port()))
    await tasks_end()
    shown.section.switch.click()
    await until(lambda: shown.api.address, "it listens")
    await until(lambda: shown.api.address in shown.section.listening.text, "the address is told")
    token = (await shown.api.token()).reveal()
    assert await asked(shown.api.address, token) == 200
    address = shown.api.address
    shown.section.switch.click()
    await until(lambda: not shown.api.address and not shown.section.switch.isChecked(), "off")
    with pytest.raises(httpx.ConnectError):
        await asked(address, token)


async def test_a_port_that_is_none_is_told_and_put_back(shown: Shown) -> None:
    for wrong in ("80", "70000", "sekiz bin", "", "8790.5"):
        shown.said.clear()
        shown.type_port(wrong)
        assert shown.said[0][:2] == ("unhealthy", "Kapı")
        assert "1.024" in shown.said[0][2]
        assert shown.section.port.text() == "8790"


async def test_a_port_that_is_taken_is_told(shown: Shown) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        shown.type_port(str(sock.getsockname()[1]))
        await tasks_end()
        shown.section.switch.click()
        await until(lambda: shown.said, "told")
        assert "başka bir program" in shown.said[0][2]
        await until(lambda: shown.section.chip.accessibleName() == "dinleyemiyor", "the chip")


async def test_the_token_is_copied_and_renewed(shown: Shown) -> None:
    old = await shown.api.token()
    shown.section.copy.click()
    await until(lambda: shown.said, "copied")
    assert QApplication.clipboard().text() == old.reveal()
    shown.section.renew.click()
    found = await dialog(DialogFrame)
    found.reject()
    await tasks_end()
    assert await shown.api.token() == old
    shown.section.renew.click()
    (await dialog(DialogFrame)).accept()
    await until(lambda: len(shown.said) > 1, "renewed")
    assert await token_of(shown.api._console) != old
