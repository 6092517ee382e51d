"""A connection to a carrier without an API, with the fake carrier at the other end of its folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.contracts import Account, Secret
from app.kit import MemoryTokens, httpx
from app.model import Address, Money, Parcel, Payer, ShipmentRequest
from providers.families.sheet_carrier import SheetCarrier
from providers.sandboxes.sheet_carrier import SheetCarrierSandbox

RECEIVER = Address(
    name="Çağrı Işık Öztürk", street="Şehit Ömer Sk. No:12 D:3 Gülbağ Mah.", district="Şişli", city="İstanbul", postcode="34394",
    country="TR", phone="+905321234567",
)  # fmt: skip
NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def request(reference: str, **change: Any) -> ShipmentRequest:
    usual: dict[str, Any] = {
        "receiver": RECEIVER, "parcels": (Parcel(1200, 200, 100, 150),) * 2, "order_number": f"S-{reference[-4:]}",
        "content": "2 × Ahşap Işıldak", "payer": Payer.SENDER, "note": "=HYPERLINK(1)",
    }  # fmt: skip
    return ShipmentRequest(reference, **{**usual, **change})


CASH = Money.of("259.80", "TRY")


@dataclass
class Dock:
    box: SheetCarrierSandbox
    settings: dict[str, str]
    secrets: dict[str, Secret] = field(default_factory=dict)
    at: datetime = NOON
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    def __post_init__(self) -> None:
        self.learnt: dict[str, str] = {}
        self.tokens = MemoryTokens()
        self.box.clock.offset = self.at.timestamp() - self.box.clock.timestamp()

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.box.clock.offset += timedelta(**span).total_seconds()

    def provider(self, integration: str = "borusan_lojistik", **change: str) -> SheetCarrier:
        """A new one, as after a restart: nothing but what lies on disk and the notebook."""
        account = Account(
            id="a", integration=integration, environment="live", urls={"api": ""}, tokens=self.tokens, now=lambda: self.at,
            nonce=lambda: "n", settings={**self.settings, **change}, secrets=self.secrets, learnt=self.learnt,
            params={"carrier_name": "Borusan Lojistik"},
        )  # fmt: skip
        return SheetCarrier(self.http, replace(account))

    def manifests(self) -> list[Path]:
        outbox = self.box.folder / "giden"
        return sorted(one for one in outbox.iterdir() if not one.name.startswith(".")) if outbox.is_dir() else []

    def references(self) -> list[str]:
        return [row["Gönderi No"] for row in self.box.waiting()]
