"""Carriers without an API: once a reference whatever ends in between, nothing added to a sheet that left, the checks of the carriers'
contract that make sense without calls."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from app.contracts import CODES, OutcomeState, ProviderError, Secret, YoursError, capabilities_of
from app.contracts.catalogue import Catalogue, providers_root
from app.contracts.manifest import Readiness
from app.kit.sscc import is_sscc
from app.model import LabelFormat, Payer, ShipmentStatus
from providers.families.sheet_carrier import SheetCarrier
from providers.families.sheet_carrier_rows import columns
from providers.sandboxes.sheet_carrier import SheetCarrierSandbox, create, read_rows
from tests.providers.families.sheet_carrier_support import CASH, RECEIVER, Dock, request
from tests.providers.families.test_sheets_contract import sftp

CATALOGUE = Catalogue(providers_root(), with_plugins=False)
FIVE = ("borusan_lojistik", "ceva_lojistik", "ekol_lojistik", "mars_lojistik", "omsan_lojistik")


@pytest.fixture
def box() -> Iterator[SheetCarrierSandbox]:
    made = create(seed=3)
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def dock(box: SheetCarrierSandbox) -> Dock:
    return Dock(box, dict(box.credentials))


@pytest.fixture(params=["folder", "sftp"])
async def either(box: SheetCarrierSandbox, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Dock]:
    async with AsyncExitStack() as stack:
        if request.param == "sftp":
            host = await stack.enter_async_context(sftp(box))  # type: ignore[arg-type]
            settings = {"way": "sftp", "host": host, "user": "magaza", "folder": "/", "records": str(tmp_path)}
            yield Dock(box, settings, {"password": Secret("Gizli-Parola-1")})
        else:
            yield Dock(box, dict(box.credentials))


# -- the checks of tests/contract/suite_carrier.py ---------------------------------------------------------------------
async def test_a_shipment_is_made_found_tracked_and_delivered(either: Dock) -> None:
    provider = either.provider()
    assert await provider.find("PX0000000001") is None
    made = await provider.create(request("PX0000000001"))
    assert (made.reference, made.status, made.labels) == ("PX0000000001", ShipmentStatus.CREATED, ())
    found = await either.provider().find("PX0000000001")
    assert found == made
    (row,) = either.box.truth_shipments()
    assert row["Alıcı"] == RECEIVER.name, "Turkish letters on the way out"
    await provider.create(request("PX0000000002"))
    (waiting, _) = sorted(await provider.track(["PX0000000001", "PX0000000002"]), key=lambda one: one.reference)
    assert waiting.status is ShipmentStatus.CREATED
    assert either.box.collect() == ["PX0000000001", "PX0000000002"]
    either.wait(hours=5)
    either.box.move(["PX0000000001", "PX0000000002"], "Yolda")
    either.wait(days=2)
    either.box.move(["PX0000000001", "PX0000000002"], "Teslim Edildi")
    either.wait(minutes=1)
    reports = {one.reference: one for one in await provider.track(["PX0000000001", "PX0000000002", "PX0999999999"])}
    assert set(reports) == {"PX0000000001", "PX0000000002"}
    assert all(one.status is ShipmentStatus.DELIVERED for one in reports.values())
    assert [e.status for e in reports["PX0000000001"].events] == [ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED]
    assert all(one.events == tuple(sorted(one.events, key=lambda e: e.at)) for one in reports.values())
    assert reports["PX0000000002"].tracking_number == either.box.shipments["PX0000000002"]["tracking"]
    assert either.box.counters() == {"shipments": 2}


async def test_a_shipment_is_called_off_before_the_sheet_leaves(either: Dock) -> None:
    provider = either.provider()
    for reference in ("PX0000000003", "PX0000000004"):
        await provider.create(request(reference))
    assert (await provider.cancel("PX0000000003")).state is OutcomeState.DONE
    assert either.references() == ["PX0000000004"]
    found = await provider.find("PX0000000003")
    assert found is not None
    assert found.status is ShipmentStatus.CANCELLED
    assert (await provider.cancel("PX0000000003")).state is OutcomeState.DONE
    never = await provider.cancel("PX0999999999")
    assert (never.state, never.message and never.message.code) == (OutcomeState.REFUSED, "item.not_found")
    either.box.collect()
    late = await provider.cancel("PX0000000004")
    assert (late.state, late.message and late.message.params["reason"]) == (OutcomeState.REFUSED, "sheet_handed")
    found = await provider.find("PX0000000004")
    assert found is not None
    assert found.status is ShipmentStatus.CREATED


# -- once ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("format_", ["xlsx", "csv", "csv_1254"])
async def test_twice_is_once_and_every_cell_is_there(dock: Dock, format_: str) -> None:
    provider = dock.provider(format=format_)
    many = [request(f"PX{n:010d}", cash_on_delivery=CASH, payer=Payer.RECEIVER) for n in range(12)]
    await asyncio.gather(*(provider.create(one) for one in many))
    await asyncio.gather(*(dock.provider(format=format_).create(one) for one in many))
    (path,) = dock.manifests()
    assert path.name == f"borusan_lojistik-gonderi-20261124.{format_[:4].rstrip('_')}"
    rows = read_rows(path)
    assert sorted(row["Gönderi No"] for row in rows) == [one.reference for one in many]
    assert list(rows[0]) == [*columns("manifest").values()]
    row = rows[0]
    guard = "" if format_ == "xlsx" else "'"
    assert (row["Alıcı"], row["İlçe"], row["İl"], row["Telefon"]) == (
        RECEIVER.name,
        "Şişli",
        "İstanbul",
        RECEIVER.phone,
    )
    assert (row["Koli Adedi"], row["Toplam Desi"], row["Toplam Kg"]) == ("2", "2.00", "2.4")
    assert (row["Tahsilat Tutarı"], row["Para Birimi"], row["Ödeyen"]) == ("259.80", "TRY", "Alıcı")
    assert row["Not"] == f"{guard}=HYPERLINK(1)"
    assert row["SSCC"] == ""


async def test_a_sheet_that_left_is_never_written_again(dock: Dock) -> None:
    await dock.provider().create(request("PX0000000001"))
    assert dock.box.collect() == ["PX0000000001"]
    await dock.provider().create(request("PX0000000001"))
    assert dock.manifests() == []
    await dock.provider().create(request("PX0000000002"))
    assert [one.name for one in dock.manifests()] == ["borusan_lojistik-gonderi-20261124-2.xlsx"]
    assert dock.references() == ["PX0000000002"]
    dock.wait(days=1)
    await dock.provider().create(request("PX0000000003"))
    assert [one.name for one in dock.manifests()][-1] == "borusan_lojistik-gonderi-20261125.xlsx"
    late = await dock.provider().cancel("PX0000000002")  # lies there still, but is of yesterday
    assert late.state is OutcomeState.REFUSED
    assert dock.box.collect() == ["PX0000000002", "PX0000000003"]
    assert dock.box.counters()["shipments"] == 3


async def test_a_sheet_that_somebody_altered_stays_as_it_is(dock: Dock) -> None:
    await dock.provider().create(request("PX0000000001"))
    (path,) = dock.manifests()
    path.write_bytes(b"Benim;Notlarim\n1;2\n")
    await dock.provider().create(request("PX0000000002"))
    assert path.read_bytes() == b"Benim;Notlarim\n1;2\n"
    assert [one.name for one in dock.manifests()] == [
        "borusan_lojistik-gonderi-20261124-2.xlsx",
        "borusan_lojistik-gonderi-20261124.xlsx",
    ]
    found = await dock.provider().find("PX0000000001")
    assert found is not None
    assert found.status is ShipmentStatus.CREATED, "what we wrote is never written again unseen"


@pytest.mark.parametrize("fails", [1, 2, 3])
async def test_whatever_ends_in_between_it_stands_once(dock: Dock, fails: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first, second and third file that is written is where the power goes."""
    from app.kit import folders

    await dock.provider().create(request("PX0000000000"))
    real, calls = folders.save_atomically, []

    def save(*args: Any, **named: Any) -> None:
        calls.append(args[0])
        if len(calls) == fails:
            raise KeyboardInterrupt
        real(*args, **named)

    monkeypatch.setattr(folders, "save_atomically", save)
    provider = dock.provider()
    with pytest.raises(KeyboardInterrupt):
        await _in_line(provider, monkeypatch)
    monkeypatch.setattr(folders, "save_atomically", real)
    found = await dock.provider().find("PX0000000001")
    assert (found is not None) == (fails == 3)
    if found is None:
        await dock.provider().create(request("PX0000000001"))
    assert dock.references() == ["PX0000000000", "PX0000000001"]
    assert await dock.provider().find("PX0000000001") is not None
    assert dock.box.collect() == ["PX0000000000", "PX0000000001"]
    assert await dock.provider().find("PX0000000001") is not None


async def _in_line(provider: SheetCarrier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads would swallow the interrupt's way out of the loop: the same work on the loop itself."""

    async def here(work: Any, /, *args: Any) -> Any:
        return work(*args)

    with monkeypatch.context() as patch:
        patch.setattr("app.kit.folders.asyncio.to_thread", here)
        await provider.create(request("PX0000000001"))


async def test_a_full_disk_after_the_row_is_no_refusal(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.kit import folders

    real, calls = folders.save_atomically, []

    def save(*args: Any, **named: Any) -> None:
        calls.append(args[0])
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(*args, **named)

    monkeypatch.setattr(folders, "save_atomically", save)
    made = await dock.provider().create(request("PX0000000001"))
    assert made.status is ShipmentStatus.CREATED
    assert dock.references() == ["PX0000000001"]
    calls.clear()
    calls.append("")
    calls.append("")
    with pytest.raises(YoursError):  # a full disk before anything was written is one
        await dock.provider().create(request("PX0000000002"))
    assert dock.references() == ["PX0000000001"]


async def test_a_lost_record_costs_nothing_while_the_sheet_lies_there(dock: Dock) -> None:
    await dock.provider().create(request("PX0000000001"))
    shutil.rmtree(dock.box.folder / "kayit")
    assert await dock.provider().find("PX0000000001") is not None
    await dock.provider().create(request("PX0000000001"))
    assert dock.references() == ["PX0000000001"]
    (record,) = (dock.box.folder / "kayit").iterdir()
    record.write_bytes(b"bozuk;kayit\n1;2\n")
    with pytest.raises(YoursError) as caught:
        await dock.provider().create(request("PX0000000002"))
    assert caught.value.message.params["field"] == record.name
    assert dock.references() == ["PX0000000001"]


async def test_a_row_taken_out_by_hand_is_called_off(dock: Dock) -> None:
    provider = dock.provider(format="csv")
    for reference in ("PX0000000001", "PX0000000002"):
        await provider.create(request(reference))
    (path,) = dock.manifests()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    found = await dock.provider(format="csv").find("PX0000000002")
    assert found is not None
    assert found.status is ShipmentStatus.CANCELLED
    assert (await provider.cancel("PX0000000002")).state is OutcomeState.DONE


# -- SSCC ----------------------------------------------------------------------------------------------------------------
async def test_pallet_labels_have_numbers_that_are_never_used_twice(dock: Dock) -> None:
    settings = {"pallet_label": "sscc", "gs1_prefix": "8690001", "sscc_next": "500"}
    first = await dock.provider(**settings).create(request("PX0000000001"))
    second = await dock.provider(**settings).create(request("PX0000000002"))
    numbers = f"{first.barcode} {second.barcode}".split()
    assert len(set(numbers)) == 4
    assert all(is_sscc(one) and one[1:8] == "8690001" for one in numbers)
    assert [int(one[8:17]) for one in numbers] == [500, 501, 502, 503]
    assert [row["SSCC"] for row in dock.box.waiting()] == [first.barcode, second.barcode]
    assert [(one.format, one.width_mm, one.height_mm, one.dpi) for one in first.labels] == [
        (LabelFormat.PDF, 100, 150, 203)
    ] * 2
    again = await dock.provider(**settings).find("PX0000000001")
    assert again == first, "the same labels again"
    page: Any = pypdfium2.PdfDocument(first.labels[1].data)[0]
    (read,) = zxingcpp.read_barcodes(page.render(scale=203 / 72).to_pil().convert("L"))
    assert read.text.replace("(", "").replace(")", "") == "00" + first.barcode.split()[1]
    text = page.get_textpage().get_text_bounded()
    assert all(part in text for part in ("Borusan Lojistik", RECEIVER.name, "Koli: 2/2", "PX0000000001"))


@pytest.mark.parametrize(("prefix", "why"), [("", "sheet_no_gs1"), ("869 000", "pattern"), ("12", "pattern")])
async def test_without_a_prefix_nothing_is_written(dock: Dock, prefix: str, why: str) -> None:
    with pytest.raises(YoursError) as caught:
        await dock.provider(pallet_label="sscc", gs1_prefix=prefix).create(request("PX0000000001"))
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "gs1_prefix")
    assert caught.value.message.params["why"] == why
    assert dock.manifests() == []


async def test_used_up_serials_block(dock: Dock) -> None:
    settings = {"pallet_label": "sscc", "gs1_prefix": "869000123456", "sscc_next": "9999"}
    with pytest.raises(YoursError) as caught:
        await dock.provider(**settings).create(request("PX0000000001"))
    assert caught.value.message.field == "sscc_next"
    assert dock.manifests() == []


# -- settings ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"folder": ""}, "folder"), ({"folder": "goreli/yol"}, "folder"), ({"folder": "/olmayan/klasor"}, "folder"),
        ({"inbox": "../disari"}, "inbox"), ({"outbox": "/etc"}, "outbox"), ({"columns": "Uydurma=X"}, "columns"),
        ({"format": "doc"}, "format"), ({"way": "download"}, "way"), ({"way": "sftp"}, "records"),
        ({"way": "sftp", "records": "/olmayan/klasor"}, "records"), ({"pallet_label": "x"}, "pallet_label"),
        ({"pallet_label": "sscc", "gs1_prefix": "8690001", "sscc_next": "bir"}, "sscc_next"),
    ],
)  # fmt: skip
async def test_every_wrong_setting_names_its_field(dock: Dock, change: dict[str, str], field: str) -> None:
    provider = dock.provider(**change)
    with pytest.raises(ProviderError) as caught:
        await provider.probe()
        await provider.create(request("PX0000000001"))
    assert (caught.value.message.field, caught.value.message.code in CODES) == (field, True)
    assert dock.manifests() == []


async def test_the_test_of_a_connection_writes_nothing_that_stays(either: Dock) -> None:
    found = await either.provider().probe()
    assert found.facts["sheets_waiting"] == "0"
    assert ("host_key" in found.facts) == (either.settings["way"] == "sftp")
    assert either.manifests() == []
    await either.provider().create(request("PX0000000001"))
    assert (await either.provider().probe()).facts["last_sheet_out"] == "2026-11-24 12:00"


# -- the manifests ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("id_", FIVE)
def test_manifests_promise_what_the_client_can(id_: str) -> None:
    m = CATALOGUE.manifest(id_)
    assert CATALOGUE.client(id_) is SheetCarrier
    assert set(m.capabilities) == capabilities_of(SheetCarrier)
    assert (m.readiness, m.evidence, m.environments) == (Readiness.FILE, "unconfirmed", {})
    assert (m.params["carrier_name"], m.params["label"]) == (m.name, "own")
    assert "API sunmuyor" in m.note.tr
    assert "no public API" in m.note.en
    assert CATALOGUE.sandbox(id_).credentials.keys() <= {one.key for one in m.credentials}


def test_two_of_thin_evidence_stay_planned() -> None:
    assert {CATALOGUE.manifest(one).readiness for one in ("horoz_lojistik", "kargo_turk")} == {Readiness.PLANNED}


async def test_a_letter_that_the_encoding_lacks_is_refused_before_anything_is_noted(dock: Dock) -> None:
    with pytest.raises(YoursError) as caught:
        await dock.provider(format="csv_1254").create(request("PX0000000001", content="王 kupa"))
    assert (caught.value.message.code, dock.manifests()) == ("sheet.letters", [])
    assert await dock.provider(format="csv_1254").find("PX0000000001") is None
    await dock.provider(format="xlsx").create(request("PX0000000001", content="王 kupa"))
    assert dock.references() == ["PX0000000001"]
