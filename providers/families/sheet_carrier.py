"""Carriers without an API: shipments go out as rows of the day's manifest, tracking numbers come back by sheet. DONE means "stands in
the manifest" and no more: whether the carrier has taken it, no program can see. Must never write a reference twice, add to a sheet that
was taken away or altered, or make up a GS1 prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState, ProbeResult, ProviderError, fail
from app.contracts.account import SHEET_OUT
from app.kit import httpx, pinned, sheet_template
from app.kit.sheet_columns import ISTANBUL
from app.kit.sscc import DPI, PalletLabel, draw_pallet_labels, is_prefix, sscc
from app.model import Label, LabelFormat, Shipment, ShipmentRequest, TrackingReport
from providers.families.sheet_carrier_book import Book, Stand
from providers.families.sheet_carrier_in import TRACKING, Reading, read_mapping, read_tracking
from providers.families.sheet_carrier_rows import CANCELLED, FORMATS, PENDING, WRITTEN, Record, record_of, to_shipment
from providers.families.sheet_carrier_told import Heard, reports
from providers.families.sheets_carry import Carrier

SMALL = 8_192  # bytes that are worked off at once
BACK = timedelta(days=60)  # how long a sheet that came is looked into
_MOST_WARNINGS = 20


class SheetCarrier:
    """One agreement with a carrier. `way` folder or sftp; our own record of what was handed over always lies on this computer."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.account = account
        self.carrier = Carrier(http, account)
        self.book = Book(self.carrier, account)

    # -- the test --------------------------------------------------------------------------------------------------------
    async def probe(self) -> ProbeResult:
        """Whether the places can be read and written, and what in the carrier's sheets could not be read, cell by cell."""
        self._settings()
        await self.book.prove()
        async with self.carrier.outbox() as folder:
            await folder.prove_writable()
        async with self.carrier.inbox() as folder:
            facts = {"sheets_waiting": str(len(await folder.look()))}
        if self.carrier.way == "sftp":
            facts["host_key"] = await pinned(self.carrier.sftp_place(), self.account.tokens)
        at = self.account.learnt.get(SHEET_OUT, "")
        if at:
            facts["last_sheet_out"] = f"{datetime.fromisoformat(at).astimezone(ISTANBUL):%Y-%m-%d %H:%M}"
        heard, troubles = await self._hear()
        _, twice = reports((), heard, await self.book.records(), self.account.setting("tracking_link"))
        return ProbeResult(facts, (*troubles, *twice)[:_MOST_WARNINGS])

    def _settings(self) -> str:
        """The format. Raises YoursError for a setting that cannot be used."""
        read_mapping(self.account.setting("columns"))
        if self.account.setting("way", "folder") not in ("folder", "sftp"):
            raise _field("way", "choice")
        self._prefix()
        found = self.account.setting("format", "xlsx")
        if found not in FORMATS:
            raise _field("format", "choice")
        return found

    def _prefix(self) -> str:
        """The merchant's GS1 company prefix; '' where the own label is wanted."""
        wanted, prefix = self.account.setting("pallet_label", "own"), self.account.setting("gs1_prefix").strip()
        if wanted == "own":
            return ""
        if wanted != "sscc":
            raise _field("pallet_label", "choice")
        if not is_prefix(prefix):
            raise _field("gs1_prefix", "pattern" if prefix else "sheet_no_gs1")
        return prefix

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """A row of today's manifest. A reference that stands there already is adopted as it is."""
        format_, prefix = self._settings(), self._prefix()
        async with self.book.alone():
            known = (await self.book.records()).get(request.reference)
            async with self.carrier.outbox() as folder:
                known = await self.book.settled(folder, request.reference, known)
                if known is not None and known.state == WRITTEN:
                    return await self._shipment(known)
                pieces = len(request.parcels)
                numbers = known.numbers if known is not None and known.state == PENDING else ()
                if prefix and len(numbers) != pieces:
                    numbers = await self._numbers(prefix, pieces)
                record = record_of(request, numbers if prefix else ())
                written = await self.book.write(folder, record, format_)
            self.account.learnt[SHEET_OUT] = self.account.now().isoformat(timespec="seconds")
            return await self._shipment(written)

    async def find(self, reference: str) -> Shipment | None:
        """From our own sheets. A row that was taken out of a manifest which still lies there is called off."""
        async with self.book.alone():
            known = (await self.book.records()).get(reference)
            if known is None or known.state != CANCELLED:
                async with self.carrier.outbox() as folder:
                    known = await self.book.settled(folder, reference, known)
        if known is None or known.state == PENDING:
            return None
        return await self._shipment(known)

    async def cancel(self, reference: str) -> Outcome:
        """Takes the row out while its manifest lies there and is of today; afterwards only the carrier can."""
        async with self.book.alone():
            known = (await self.book.records()).get(reference)
            async with self.carrier.outbox() as folder:
                known = await self.book.settled(folder, reference, known)
                if known is None:
                    return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
                if known.state == CANCELLED:
                    return Outcome(reference, OutcomeState.DONE)
                if known.state == WRITTEN:
                    stands = await self.book.stands(folder, known)
                    if stands is not Stand.THERE or not self.book.is_todays(known.file):
                        told = {"reason": "sheet_handed", "why": "sheet_handed", "reference": reference}
                        return Outcome(reference, OutcomeState.REFUSED, Message("item.refused", told))
                    await self.book.take_out(folder, known, self._settings())
                await self.book.keep(msgspec.structs.replace(known, state=CANCELLED))
        return Outcome(reference, OutcomeState.DONE)

    async def _numbers(self, prefix: str, pieces: int) -> tuple[str, ...]:
        """The next serial numbers after all that our record knows. Raises YoursError when they are used up."""
        typed = self.account.setting("sscc_next").strip()
        if typed and not (typed.isascii() and typed.isdigit()):
            raise _field("sscc_next", "pattern")
        at = len(prefix) + 1
        records = (await self.book.records()).values()
        used = [int(one[at:17]) for record in records for one in record.numbers if one[1:at] == prefix]
        first = max([int(typed or 1), *(one + 1 for one in used)])
        try:
            return tuple(sscc(prefix, first + number) for number in range(pieces))
        except ValueError as error:
            raise _field("sscc_next", "pattern") from error

    async def _shipment(self, one: Record) -> Shipment:
        made = to_shipment(one, cancelled=one.state == CANCELLED)
        if not one.numbers:
            return made
        labels = _pallet_labels(one, self.account.params.get("carrier_name", self.account.integration))
        drawn = await self.account.compute(draw_pallet_labels, labels)
        kept = tuple(Label(LabelFormat.PDF, data, 100, 150, DPI) for data in drawn)
        return msgspec.structs.replace(made, labels=kept)

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """What the carrier's sheets say; of our own rows without a word from the carrier, that they stand in a manifest. Cells that
        could not be read are told by the connection's test."""
        heard, _troubles = await self._hear()
        return reports(references, heard, await self.book.records(), self.account.setting("tracking_link"))[0]

    async def _hear(self) -> tuple[list[Heard], list[Message]]:
        own = read_mapping(self.account.setting("columns"))
        heard: list[Heard] = []
        troubles: list[Message] = []
        now = self.account.now()
        async for one in self.carrier.arrived(max(now - BACK, datetime(2000, 1, 1, tzinfo=UTC)), now, TRACKING):
            reading: Reading = (
                await self.account.compute(read_tracking, one.data, one.name, own)
                if len(one.data) > SMALL
                else read_tracking(one.data, one.name, own)
            )
            self.carrier.is_kind(one.name, reading.kind)
            troubles += reading.troubles
            heard += [Heard(one.name, one.modified_at, row) for row in reading.rows]
        return heard, troubles


def _pallet_labels(one: Record, carrier: str) -> list[PalletLabel]:
    words, pieces = sheet_template("carrier")["words"], len(one.numbers)
    place = " ".join(filter(None, (" / ".join(filter(None, (one.district, one.city))), one.postcode)))
    name = " · ".join(dict.fromkeys(filter(None, (one.company, one.name))))
    order, shipment, piece = words["order"], words["shipment"], words["piece"]
    return [
        PalletLabel(
            number, carrier, name, one.street, place,
            (f"{order}: {one.order_number}", f"{shipment}: {one.reference}", f"{piece}: {at}/{pieces}", one.phone),
        )
        for at, number in enumerate(one.numbers, 1)
    ]  # fmt: skip


def _field(key: str, why: str) -> ProviderError:
    return fail(Message("config.field", {"field": key, "why": why}, field=key))
