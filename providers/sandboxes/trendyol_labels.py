"""Trendyol's common label and the invoices of a package.

Source: reference/marketplaces-tr.md, "## Trendyol", "Label", "Invoice"; what makes a 409 and which fields a micro-export needs from
the vendor's pages that it names. Switches: `refuse_label` (400 for every carrier), `slow_label` (made after five seconds).
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.trendyol_records import LABELLED, Package
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, Refusal, bad, is_int, is_number, missing

LABEL_MS = 5000


def _labelled(shop: Shop, call: Call) -> Package:
    tracking = call.identity("T")
    package = next((p for p in shop.packages.values() if p.tracking == tracking), None)
    if package is None:
        raise bad("label.tracking", "cargoTrackingNumber geçersiz")
    if package.carrier not in LABELLED or shop.on("refuse_label"):
        raise bad("label.carrier", f"{package.carrier} için ortak etiket üretilemez")
    return package


def ask_label(shop: Shop, call: Call) -> Answer:
    package, body = _labelled(shop, call), call.json()
    if body.get("format") != "ZPL":
        raise bad("label.format", "format ZPL olmalıdır")
    boxes = body.get("boxQuantity", 1)
    if not is_int(boxes) or boxes < 1:
        raise bad("label.boxQuantity", "boxQuantity en az 1 olmalıdır")
    height = body.get("volumetricHeight", 1)
    if not is_number(height) or height <= 0:
        raise bad("label.volumetricHeight", "volumetricHeight sıfırdan büyük olmalıdır")
    if package.status not in ("Picking", "Invoiced"):
        raise bad("label.status", "Etiket Picking veya Invoiced statüsünden sonra istenebilir")
    if shop.may_apply():
        shop.labels[package.tracking] = (boxes, shop.now())
        shop.counts["labels_asked"] += 1
    return Answer()


def get_label(shop: Shop, call: Call) -> Answer:
    package = _labelled(shop, call)
    boxes, asked = shop.labels.get(package.tracking, (0, 0))
    if not boxes or (shop.on("slow_label") and shop.now() - asked < LABEL_MS):
        raise missing("Etiket (önce etiket talebi oluşturulmalıdır)")
    labels = [{"label": _zpl(package, n, boxes), "format": "ZPL"} for n in range(1, boxes + 1)]
    return Answer(200, {"data": labels})


def _zpl(package: Package, box: int, boxes: int) -> str:
    buyer = package.buyer
    return (
        f"^XA^CI28^PW800^LL1200^FO40,40^A0N,40,40^FD{package.carrier}^FS"
        f"^FO40,110^BCN,160,Y,N,N^FD{package.tracking}^FS"
        f"^FO40,330^A0N,34,34^FD{buyer.first} {buyer.last}^FS^FO40,380^A0N,28,28^FD{buyer.street}^FS"
        f"^FO40,420^A0N,28,28^FD{buyer.district} / {buyer.city}^FS^FO40,480^A0N,34,34^FD{package.number} {box}/{boxes}^FS^XZ"
    )


# -- invoices ------------------------------------------------------------------------------------------------------
def _invoiced_package(shop: Shop, raw: Any) -> Package:
    package = shop.packages.get(raw) if isinstance(raw, int) and not isinstance(raw, bool) else None
    if package is None:
        raise missing("Paket")
    return package


def _already() -> Refusal:
    return Refusal(409, "invoice.exists", "Bu paket için fatura zaten yüklenmiş", "ClientApiConflictException")


def _check_number(package: Package, number: Any, at: Any, now: int | None = None) -> None:
    """Number and instant are needed for micro-export, else they may be left out; what is sent must be right. `now`: refuse
    a later instant (the vendor's page says so of files only)."""
    if package.micro and (number is None or at is None):
        raise bad("invoice.micro", "Mikro ihracat paketlerinde fatura bilgisi zorunludur")
    if number is not None and not (isinstance(number, str) and re.fullmatch(r"[A-Za-z0-9]{3}\d{13}", number, re.ASCII)):
        raise bad("invoiceNumber.invalid", "invoiceNumber 3 alfanümerik ve 13 rakamdan oluşmalıdır")
    if at is None:
        return
    if not is_int(at) or len(str(at)) not in (10, 13):
        raise bad("invoiceDateTime.invalid", "invoiceDateTime saniye veya milisaniye olmalıdır")
    if now is not None and (at if len(str(at)) == 13 else at * 1000) > now:
        raise bad("invoiceDateTime.future", "İleri tarihli fatura eklenemez")


def invoice_link(shop: Shop, call: Call) -> Answer:
    """409 when the package has an invoice, and when another package has this link."""
    body = call.json()
    link, number = body.get("invoiceLink"), body.get("invoiceNumber")
    if not isinstance(link, str) or not re.fullmatch(r"https?://\S+", link):
        raise bad("invoiceLink.invalid", "invoiceLink geçersiz")
    package = _invoiced_package(shop, body.get("shipmentPackageId"))
    _check_number(package, number, body.get("invoiceDateTime"))
    if package.invoice_link:
        raise _already()
    if any(other.invoice_link == link for other in shop.packages.values()):
        raise Refusal(409, "invoice.link.used", "Bu link başka bir pakette kullanılmış", "ClientApiConflictException")
    if shop.may_apply():
        package.invoice_link, package.invoice_number = link, number or package.invoice_number
        shop.touch(package)
        shop.wrote()
        shop.counts["invoices"] += 1
    return Answer(201)


def delete_invoice_link(shop: Shop, call: Call) -> Answer:
    body = call.json()
    package = _invoiced_package(shop, body.get("serviceSourceId"))
    if body.get("channelId") != 1 or body.get("customerId") != package.customer_id:
        raise bad("invoice.delete", "channelId veya customerId hatalı")
    if not package.invoice_link:
        raise missing("Fatura")
    if shop.may_apply():
        package.invoice_link = package.invoice_number = ""
        shop.touch(package)
        shop.wrote()
    return Answer(202)


def invoice_file(shop: Shop, call: Call) -> Answer:
    parts = call.parts()
    raw = parts.get("shipmentPackageId", ("", b""))[1].decode("latin-1")
    package = _invoiced_package(shop, int(raw) if re.fullmatch(r"\d{1,18}", raw, re.ASCII) else None)
    fields = {
        name: parts.get(name, ("", b""))[1].decode("latin-1") or None for name in ("invoiceNumber", "invoiceDateTime")
    }
    at = fields["invoiceDateTime"]
    _check_number(
        package, fields["invoiceNumber"], int(at) if at and re.fullmatch(r"\d{1,18}", at, re.ASCII) else at, call.now_ms
    )
    name, content = parts.get("file", ("", b""))
    if not name and not content:
        raise bad("file.required", "Dosya gönderilmedi. Lütfen fatura dosyasını seçip tekrar deneyin")
    starts = {".pdf": b"%PDF", ".jpeg": b"\xff\xd8", ".jpg": b"\xff\xd8", ".png": b"\x89PNG"}
    ending = name[name.rfind(".") :] if "." in name else ""
    if ending not in starts or not content.startswith(starts[ending]):
        raise bad("file.type", "Dosya pdf, jpeg veya png olmalıdır")
    if len(content) > 10 * 1024 * 1024:
        raise bad("file.size", "Dosya en fazla 10 MB olabilir")
    if package.invoice_link:
        raise _already()
    if shop.may_apply():
        package.invoice_link = f"https://fatura.example.invalid/{package.id}{ending}"
        shop.touch(package)
        shop.wrote()
        shop.counts["invoices"] += 1
    return Answer(201)
