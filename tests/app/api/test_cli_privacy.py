"""`paxzar buyer` and `paxzar retention` from the outside, and a restore that does not bring anybody back."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from app.cli import main
from app.console import utc_now
from app.contracts import Message, Page, Reject
from app.formats.words import Words
from app.jobs.housekeeping import KINDS
from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price
from app.store import Store
from tests.app.api.conftest import Cli

NAME, PHONE, MAIL = "Nilüfer Çağlayangil", "+905551239876", "nilufer@example.com"
OLD = datetime(2024, 1, 5, 9, tzinfo=UTC)


def order(number: str, status: OrderStatus = OrderStatus.DELIVERED, at: datetime = OLD, **changes: object) -> Order:
    values: dict[str, object] = {
        "remote_id": f"r{number}", "number": number, "status": status, "vendor_status": "", "placed_at": at,
        "updated_at": at, "total": Money.of("1249.90", "TRY"), "buyer": Buyer(NAME, PHONE, MAIL), "note": "=1+1",
        "lines": (OrderLine("1", "PX-1", "Seramik Kupa", 2, Price(Money.of("624.95", "TRY"))),),
        "ship_to": Address(name=NAME, street="Hanımeli 7", city="İzmir", country="TR"),
    }  # fmt: skip
    return Order(**{**values, **changes})  # type: ignore[arg-type]


async def fill(folder: Path) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    other = {"buyer": Buyer("Nilüfer Çağlayangil", "+905440000000"), "ship_to": Address()}
    await store.orders.apply_page(
        row.id, "acc",
        Page(
            (order("71"), order("72"), order("73", OrderStatus.OPEN, utc_now()), order("80", **other)),
            (Reject("r99", f"{{'name': '{NAME}', 'phone': '{PHONE}'}}", Message("answer.unreadable")),),
        ), now=utc_now(),
    )  # fmt: skip
    document = folder / "documents" / "etiket-71.pdf"
    document.write_bytes(b"%PDF " + NAME.encode())
    await store.prints.add(1, "label", str(document), "ab")
    outside = folder.parent / "masaüstü.pdf"
    outside.write_bytes(b"%PDF")
    await store.prints.add(2, "label", str(outside), "cd")
    await store.close()


@pytest.fixture
def shop(cli: Cli) -> Cli:
    assert cli("connections").exit_code == 0
    asyncio.run(fill(cli.folder))
    return cli


def lies(folder: Path) -> list[str]:
    """Where her phone or mail lies in the workspace, backups aside (they are sealed)."""
    forms = [one.encode() for one in (PHONE, "5551239876", MAIL, "Hanımeli", "hanimeli")]
    return [p.name for p in sorted(folder.rglob("*")) if p.is_file() and any(form in p.read_bytes() for form in forms)]


def test_find(shop: Cli) -> None:
    people = shop.json("buyer", "find", "caglayangil nilufer")
    assert [[o["number"] for o in one["orders"]] for one in people] == [["73", "72", "71"], ["80"]]
    assert (people[0]["emails"], people[0]["unreadable"], people[0]["orders"][0]["open"]) == ([MAIL], 1, True)
    assert len(shop.json("buyer", "find", MAIL)) == 1
    text = shop("buyer", "find", "0555 123 98 76").output
    assert f"1. {NAME} · {PHONE} · {MAIL}" in text
    assert "73 · Dükkân" in text
    nobody = shop("buyer", "find", "Hiç Kimse")
    assert (nobody.exit_code, "Nobody was found" in nobody.output) == (1, True)


def test_export(shop: Cli, tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    assert shop.json("buyer", "export", PHONE, "--out", str(out)) == {"path": str(out), "orders": 3, "unreadable": 1}
    data = json.loads(out.read_text(encoding="utf-8"))
    assert data["person"] == {"names": [NAME], "phones": [PHONE], "emails": [MAIL]}
    first = data["orders"][2]
    assert (first["number"], first["total"], first["ship_to"]["street"]) == ("71", "1249.90", "Hanımeli 7")
    assert first["documents"][0]["path"].endswith("etiket-71.pdf")
    assert PHONE in data["unreadable"][0]["raw"]
    again = shop("buyer", "export", PHONE, "--out", str(out))
    assert (again.exit_code, "already" in again.output) == (1, True)
    book = tmp_path / "o.xlsx"
    assert shop("buyer", "export", MAIL, "--out", str(book)).exit_code == 0
    sheets = CalamineWorkbook.from_path(str(book))
    assert sheets.sheet_names == ["Person", "Orders", "Goods"]
    assert "=1+1" in sheets.get_sheet_by_index(1).to_python()[1]  # as text
    several = shop("buyer", "export", NAME, "--out", str(tmp_path / "x.json"))
    assert (several.exit_code, "2 different people" in several.output) == (1, True)
    assert shop("buyer", "export", NAME, "--person", "2", "--out", str(tmp_path / "x.json")).exit_code == 0
    assert shop("buyer", "export", NAME, "--person", "3", "--out", str(tmp_path / "y.json")).exit_code == 2
    noted = shop.json("audit", "--action", "buyer.exported")
    assert [(row["details"]["count"], row["subject_id"]) for row in noted] == [(1, "asked"), (3, "asked"), (3, "asked")]
    assert NAME not in json.dumps(noted, ensure_ascii=False)


def test_erase(shop: Cli) -> None:
    made = shop("backups", "--now")
    assert made.exit_code == 0, made.output
    looked = shop("buyer", "erase", PHONE)
    assert looked.exit_code == 1
    assert "Nothing was erased" in looked.output
    assert "1 order still to be sent" in looked.output
    assert "store.sqlite" in lies(shop.folder)
    done = shop.json("buyer", "erase", PHONE, "--yes")
    assert (done["orders"], done["open"], done["documents"], done["scrubbed"]) == ([1, 2], [3], 1, True)
    assert [Path(p).name for p in done["left_files"]] == ["masaüstü.pdf"]
    assert done["backups"] == 1
    assert not (shop.folder / "documents" / "etiket-71.pdf").exists()
    assert lies(shop.folder) == ["store.sqlite"]  # order 73 is still to be sent
    rest = shop("buyer", "erase", PHONE, "--yes", "--open-too")
    assert rest.exit_code == 0, rest.output
    assert "automatic backup made before still holds them" in rest.output
    assert lies(shop.folder) == []
    assert shop("buyer", "find", PHONE).exit_code == 1
    (row,) = shop.json("orders", "--search", "PX-1", "--limit", "1")
    assert (row["number"], row["total"]) == ("73", "1249.90")
    assert [row["details"]["ids"] for row in shop.json("audit", "--action", "buyer.erased")] == [[3], [1, 2]]
    assert shop("audit", "verify").exit_code == 0


def test_a_restore_brings_nobody_back(shop: Cli) -> None:
    assert shop("backups", "--now").exit_code == 0
    (backup,) = (shop.folder / "backups").glob("*.paxzb")
    assert shop("buyer", "erase", PHONE, "--yes", "--open-too").exit_code == 0
    args = ["restore", str(backup), "--passphrase-from", str(shop.password), "--workspace", str(shop.folder), "--yes"]
    done = CliRunner().invoke(main, args, env={"PAXZAR_LANG": "en"})
    assert done.exit_code == 0, done.output
    assert shop("buyer", "find", PHONE).exit_code == 1
    assert [p for p in lies(shop.folder) if not p.startswith("replaced-")] == []
    assert shop.json("audit", "--action", "buyer.erased")[0]["subject_id"] == "restored"
    assert len(shop.json("orders")) == 4


def test_retention(shop: Cli) -> None:
    shown = shop.json("retention", "show")
    assert {kind: (one["on"], one["proposed"]) for kind, one in shown.items() if kind != "audit"} == {
        kind: (False, proposed) for kind, (proposed, _) in KINDS.items()
    }
    nothing = shop("retention", "apply")
    assert (nothing.exit_code, "nothing was erased" in nothing.output) == (0, True)
    assert shop.json("retention", "set", "orders", "365") == {"kind": "orders", "days": 365, "due": 3}
    for args in (("dancing", "30"), ("orders", "3"), ("orders", "soon")):
        assert shop("retention", "set", *args).exit_code == 2
    os.utime(shop.folder / "documents" / "etiket-71.pdf", (OLD.timestamp(),) * 2)
    assert shop.json("retention", "set", "documents", "90")["due"] == 1
    assert shop.json("retention", "apply", "--preview") == {"preview": True, "erased": {"orders": 3, "documents": 1}}
    assert "Buyers in orders: kept 365 days. Would go now: 3." in shop("retention", "show").output
    # The document went with the order that was in it.
    assert shop.json("retention", "apply")["erased"] == {"orders": 3, "documents": 0}
    assert [o["number"] for one in shop.json("buyer", "find", PHONE) for o in one["orders"]] == ["73"]
    assert not list((shop.folder / "documents").iterdir())
    assert shop.json("retention", "set", "orders", "off")["days"] is None
    told = [(row["action"], row["subject_id"], row["details"].get("value")) for row in shop.json("audit") if row["action"][:4] in ("sett", "data")]  # fmt: skip
    assert told == [
        ("settings.changed", "privacy.keep_days.orders", None),
        ("settings.changed", "privacy.keep_days.documents", 90), ("settings.changed", "privacy.keep_days.orders", 365),
    ]  # fmt: skip


def test_in_turkish(shop: Cli) -> None:
    shop.lang = "tr"
    assert "gönderilecek" in shop("buyer", "find", PHONE).output
    assert "Denetim kaydı: hep saklanır" in shop("retention", "show").output
    for kind in KINDS:
        assert Words.load("tr").has(f"privacy.kind.{kind}")
        assert Words.load("tr").has(f"privacy.kind_text.{kind}")


def test_days_back() -> None:
    assert utc_now() - OLD > timedelta(days=700)  # what the tests above call old
