"""Settings of packing: a rule is switched off and on, the scanner's setup is kept and used by the bench."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.orders import rules
from app.orders.scanning import SETTING, ScannerSetup, setup_of
from tests.ui.pages.desk import Desk, open_desk, until
from tests.ui.pages.orders_making import missing_words, order, prepare, pull, texts
from ui.kit import spawner
from ui.pages.pack import PackPage
from ui.pages.settings import SettingsPage
from ui.theme import Appearance


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def kept(desk: Desk) -> tuple[rules.Rule, ...]:
    return rules.read(await desk.store.settings.get(rules.SETTING))


async def test_a_rule_is_switched_off_and_on(desk: Desk, qtbot: Any) -> None:
    page = SettingsPage(desk.services)
    desk.show(page)
    await until(lambda: page.rules.switches and not len(spawner()), "the rules")
    page.rules.switches[0].click()
    await until(lambda: page.rules.rules and not page.rules.rules[0].on and not len(spawner()), "off")
    (rule,) = await kept(desk)
    assert (rule.on, rules.of_event((rule,), "packed")) == (False, ())
    assert any("(" in one for one in texts(page.rules))
    page.rules.switches[0].click()
    await until(lambda: page.rules.rules[0].on and not len(spawner()), "on")
    assert (await kept(desk))[0].on
    assert missing_words(page.rules) == []


async def test_the_scanners_setup_is_kept_and_used(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    await pull(desk, row, order(1), tell=False)
    page = SettingsPage(desk.services)
    desk.show(page)
    await until(lambda: not len(spawner()), "settings")
    card = page.scanner
    card.prefix.setText("]C1")
    card.gap.setValue(60)
    card.prefix.editingFinished.emit()
    await until(lambda: not len(spawner()), "written")
    assert setup_of(await desk.store.settings.get(SETTING)) == ScannerSetup("]C1", "", 4, 60)
    again = SettingsPage(desk.services)
    desk.show(again)
    await until(lambda: again.scanner.prefix.text() == "]C1", "read back")
    assert again.scanner.gap.value() == 60
    bench = PackPage(desk.services)
    desk.show(bench)
    bench.shown()
    await until(lambda: bench.bench.setup.gap_ms == 60 and not len(spawner()), "the bench knows")
    await bench.take(bench.bench.scan("]C173300001"))
    assert bench.bench.order_id == 1
    await bench.take(bench.bench.put_aside())
    assert missing_words(card) == []
