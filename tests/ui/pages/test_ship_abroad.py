"""Ship… abroad: customs details typed once, prices, another carrier taken by hand; and the rules for carriers in Settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Message
from app.shipping.abroad import Facts
from app.shipping.choosing import Rule
from providers.sandboxes.fedex import create
from tests.app.shipping.making import GOOD
from tests.support.serving import serve
from tests.ui.pages.desk import dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, order, pull, texts
from tests.ui.pages.test_parcels import Dock, truth
from ui.kit import spawn, spawner
from ui.pages.orders import OrdersPage
from ui.pages.settings_carriers import CarrierRulesCard, RuleDialog
from ui.pages.settings_parts import Section
from ui.pages.ship_abroad import CustomsDialog, PricesDialog
from ui.pages.ship_dialog import ShipDialog
from ui.theme import Appearance

BERLIN = msgspec.structs.replace(
    GOOD, name="Hanna Weber", street="Torstrasse 12", district="", city="Berlin", postcode="10119", country="DE",
    phone="+49 30 1234567",
)  # fmt: skip


@pytest.fixture
async def dock(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Dock]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        async with open_desk(tmp_path) as desk:
            held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
            channel = await desk.connection()
            secret = {k: v for k, v in held.items() if "secret" in k}
            plain = {k: v for k, v in held.items() if "secret" not in k}
            await desk.store.accounts.add(
                "fx", "fedex_kargo", "live", "", plain, {"api": address, "documents": address}
            )
            await desk.keys.put("fx", secret)
            carrier = await desk.store.connections.add("FedEx", "fedex_kargo", "fx", "live")
            await pull(desk, channel, order(1, ship_to=BERLIN), tell=False)
            yield Dock(desk, channel, carrier, control)
            for page in desk.pages:
                page.hide()
            await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def test_customs_are_typed_once_and_prices_choose_a_service(dock: Dock) -> None:
    page = OrdersPage(dock.desk.services)
    dock.desk.show(page)
    (number,) = await dock.desk.store.orders.find("73300001")
    task = spawn(page.shipping.ship([number]), "ship")
    opened: ShipDialog = await dialog(ShipDialog)
    await until(lambda: opened.lines, "drafts")
    assert not opened.drafts[0].ready
    opened.weight.setText("800")
    opened.desi.setText("1")
    await until(lambda: "weight" not in {one.field for one in opened.drafts[0].problems}, "its weight")
    assert {one.field for one in opened.drafts[0].problems} == {"hs_code", "made_in"}
    assert not missing_words(opened)
    opened.lines[0].customs.click()  # type: ignore[attr-defined]
    customs: CustomsDialog = await dialog(CustomsDialog)
    keys = {key for key, _ in customs.edits}
    assert keys
    for (_, name), edit in customs.edits.items():
        edit.setText("12" if name == "hs_code" else "tr")
    assert not customs.primary.isEnabled()
    for (_, name), edit in customs.edits.items():
        edit.setText("6912.00" if name == "hs_code" else "tr")
    assert customs.primary.isEnabled()
    assert not missing_words(customs)
    customs.accept()
    await until(lambda: opened.drafts[0].ready, "all is told")
    assert await page.shipping.desk.goods() == dict.fromkeys(keys, Facts("691200", "TR"))
    opened.lines[0].prices.click()  # type: ignore[attr-defined]
    prices: PricesDialog = await dialog(PricesDialog)
    await until(lambda: prices.buttons, "prices")
    assert not missing_words(prices)
    service = next(iter(prices.buttons))
    assert truth(dock) == []
    prices.buttons[service].click()
    await until(lambda: opened.drafts[0].wanted.options.get("service") == service, "the service")
    opened.accept()
    await until(lambda: len(truth(dock)) == 1, "the parcel")
    await until(task.done, "handed over")


async def test_another_carrier_is_named_and_taken_only_by_hand(dock: Dock) -> None:
    await dock.desk.store.accounts.add("fy", "fedex_kargo", "live", "", {}, {})
    other = await dock.desk.store.connections.add("Yedek", "fedex_kargo", "fy", "live")
    await dock.desk.store.connections.note_error(
        dock.carrier.id, Message("net.timeout", {"seconds": "10"}), dock.desk.services.now()
    )
    page = OrdersPage(dock.desk.services)
    dock.desk.show(page)
    (number,) = await dock.desk.store.orders.find("73300001")
    task = spawn(page.shipping.ship([number]), "ship")
    opened: ShipDialog = await dialog(ShipDialog)
    opened.carrier.setCurrentIndex(opened.carrier.findData(dock.carrier.id))
    await until(lambda: opened.drafts and opened.drafts[0].down is not None, "it is down")
    assert "Başka kargo öneriliyor: Yedek." in " ".join(texts(opened))
    assert opened.drafts[0].carrier == next(r for r in await page.shipping.desk.carriers() if r.id == dock.carrier.id)
    assert not missing_words(opened)
    opened.lines[0].other.click()  # type: ignore[attr-defined]
    await until(lambda: opened.drafts[0].carrier is not None and opened.drafts[0].carrier.id == other.id, "taken")
    opened.reject()
    await until(task.done, "closed")
    assert truth(dock) == []


async def test_rules_are_added_changed_ordered_and_switched_off(dock: Dock, qtbot: Any) -> None:
    section = Section()
    qtbot.addWidget(section)
    card = CarrierRulesCard(section, dock.desk.services, section)
    section.resize(760, 500)
    section.show()
    await card.load()
    assert card.add is not None
    card.add.click()
    opened: RuleDialog = await dialog(RuleDialog)
    opened.figures["most_weight_g"].setText("1,5")
    assert not opened.primary.isEnabled()
    opened.figures["most_weight_g"].setText("5000")
    opened.figures["least_desi"].setText("2,5")
    opened.city.setText("atlantis")
    assert not opened.primary.isEnabled()
    opened.city.setText("izmir")
    assert not missing_words(opened)
    opened.accept()
    await until(lambda: len(card.rules) == 1 and len(card.switches) == 1, "the rule")
    first = card.rules[0]
    assert (first.carrier, first.city, str(first.least_desi), first.most_weight_g) == (
        dock.carrier.id,
        "İzmir",
        "2.5",
        5000,
    )
    await card.desk.set_choice_rules([first, Rule(dock.carrier.id)])
    await card.load()
    card.buttons[1]["up"].click()
    await until(lambda: card.rules[0] == Rule(dock.carrier.id), "the order")
    await until(lambda: len(spawner()) == 0, "kept")
    card.switches[0].click()
    await until(lambda: not card.rules[0].on, "off")
    await until(lambda: len(spawner()) == 0, "kept")
    card.buttons[1]["change"].click()
    again: RuleDialog = await dialog(RuleDialog)
    assert again.figures["least_desi"].text() == "2,5"
    again.figures["least_desi"].setText("")
    again.accept()
    await until(lambda: card.rules[1].least_desi is None, "changed")
    await until(lambda: len(spawner()) == 0, "kept")
    card.buttons[0]["remove"].click()
    await until(lambda: len(card.rules) == 1, "removed")
    assert not missing_words(section)
    assert await card.desk.choice_rules() == card.rules
