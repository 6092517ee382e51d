"""What stands on our own documents, as data: cleaned text, amounts and dates in the merchant's way of writing. Knows no drawing,
so that the window can hold it without loading what draws."""

from __future__ import annotations

import msgspec


class LabelData(msgspec.Struct, frozen=True):
    """What stands on one label, as text that was cleaned before. `code` is scanned: tracking number, else order number."""

    name: str
    street: str
    district: str
    city: str
    postcode: str
    country: str
    phone: str
    order_number: str
    channel: str
    code: str
    carrier: str = ""
    sender: str = ""
    cash_on_delivery: str = ""  # '749,90 TRY', already in the merchant's way of writing
    items: str = ""
    reprint: int = 0


class LabelWords(msgspec.Struct, frozen=True):
    """The few words on a label, in the merchant's language."""

    sender: str = "Gönderen"
    receiver: str = "Alıcı"
    order: str = "Sipariş"
    cash: str = "Kapıda ödeme"
    phone: str = "Tel"
    copy: str = "Kopya"


class SlipLine(msgspec.Struct, frozen=True):
    sku: str
    barcode: str
    title: str
    quantity: int
    amount: str


class SlipData(msgspec.Struct, frozen=True):
    """Cleaned text; amounts and dates already written in the merchant's way."""

    order_number: str
    channel: str
    placed_at: str
    buyer: str
    address: str
    lines: tuple[SlipLine, ...]
    total: str
    note: str = ""
    sender: str = ""


class SlipWords(msgspec.Struct, frozen=True):
    title: str = "Sevk fişi"
    sku: str = "Stok kodu"
    goods: str = "Ürün"
    quantity: str = "Adet"
    amount: str = "Tutar"
    total: str = "Toplam"
    note: str = "Not"
    pieces: str = "adet"
