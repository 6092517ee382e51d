"""Files on orders of a Mirakl instance: DO01, OR72, OR73, OR74, OR76. There is no label service: what an operator prints hangs here.

Source: the seller OpenAPI document. Invoices come from the shop; delivery bills are the operator's and can neither be sent nor deleted.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from providers.sandboxes.mirakl_orders import found
from providers.sandboxes.mirakl_records import Document, Order
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, Fault, Refusal, bad, iso, missing, parsed

ENDINGS = (
    "csv", "doc", "xls", "xlsx", "ppt", "pdf", "odt", "ods", "odp", "txt", "rtf", "png", "jpg", "gif", "zpl", "mov", "mp4",
)  # fmt: skip
MOST = 50
BILL = "SYSTEM_DELIVERY_BILL"
#: (code, label, entity). CUSTOMER_INVOICE is the usual one; each operator has its own list.
TYPES = (
    ("CUSTOMER_INVOICE", "Müşteri faturası", "ORDER"), ("OTHER", "Diğer", "ORDER"), (BILL, "Sevk irsaliyesi", "ORDER"),
    ("SYSTEM_MESSAGE_ATTACHMENT", "Mesaj eki", "ORDER"), ("SHOP_CERTIFICATE", "Vergi levhası", "SHOP"),
)  # fmt: skip
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 283 425]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def put_bill(shop: Shop, order: Order) -> None:
    """The operator's delivery bill, once the order may be shipped."""
    number = 40_000 + shop.next_number()
    shop.documents[number] = Document(number, order.id, f"{order.id}.pdf", BILL, order.updated, _PDF, operator=True)


def document_types(shop: Shop, call: Call) -> Answer:
    wanted = call.args.get("entities", ["ORDER", "SHOP"])
    if not set(wanted) <= {"ORDER", "SHOP"}:
        raise bad("entities takes ORDER and SHOP")
    rows = [
        {"code": code, "description": label, "entity": entity, "label": label, "mime_types": ["application/pdf", "image/png"]}
        for code, label, entity in TYPES
        if entity in wanted
    ]  # fmt: skip
    return Answer({"documents": rows})


def _of(shop: Shop, order_id: str) -> list[Document]:
    return [one for one in shop.documents.values() if one.order_id == order_id and not shop.on("no_documents")]


def list_documents(shop: Shop, call: Call) -> Answer:
    """OR72. Orders that do not exist are left out."""
    if "order_ids" not in call.args:
        raise bad("Parameter [order_ids] is required")
    rows: list[dict[str, Any]] = [
        {
            "date_uploaded": iso(one.uploaded), "file_name": one.name, "file_size": len(one.data), "id": one.id, "order_id": one.order_id,
            "type": one.type,
        }
        for key in dict.fromkeys(call.args["order_ids"])
        for one in _of(shop, key)
    ]  # fmt: skip
    return Answer({"order_documents": rows, "total_count": len(rows)})


def download(shop: Shop, call: Call) -> Answer:
    """OR73: one document id gives the file itself, anything else a ZIP with a folder an order."""
    ids, orders, codes = (call.args.get(name) for name in ("document_ids", "order_ids", "document_codes"))
    if ids is None and orders is None:
        raise bad("Either order_ids or document_ids is required")
    if ids is not None:
        if not all(one.isdigit() and int(one) in shop.documents for one in ids):
            raise missing("Document", ",".join(ids))
        chosen = [shop.documents[int(one)] for one in ids]
        if len(chosen) == 1:
            head = {"content-disposition": f'attachment; filename="{chosen[0].name}"'}
            return Answer(chosen[0].data, media_type="application/octet-stream", headers=head)
    else:
        chosen = [doc for key in orders or () for doc in _of(shop, key) if codes is None or doc.type in codes]
        if not chosen:
            raise missing("Document of order", ",".join(orders or ()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one in chosen:
            archive.writestr(f"{one.order_id}/{one.name}", one.data)
    head = {"content-disposition": f'attachment; filename="documents-{call.now}.zip"'}
    return Answer(out.getvalue(), media_type="application/octet-stream", headers=head)


def upload(shop: Shop, call: Call) -> Answer:
    """OR74: what is in order is kept, the answer names only what is not."""
    order = found(shop, call)
    parts = call.form()
    files = {one.file_name: one.data for one in parts if one.name == "files"}
    lists = [one.data for one in parts if one.name == "order_documents"]
    if len(lists) != 1 or not files or len(files) + 1 != len(parts):
        raise bad("The form takes parts [files], their names distinct, and one part [order_documents]")
    body = check_body("OR74", parsed(lists[0]))
    errors: list[dict[str, Any]] = []
    for one in body["order_documents"]:
        fault = _fault(shop, order, one, files)
        if fault is not None:
            errors.append({
                "errors": [{"code": fault.code, "field": fault.field, "message": fault.message}],
                "input": {"file_name": one["file_name"], "type_code": one["type_code"]},
            })  # fmt: skip
        elif shop.may_apply():
            number = 40_000 + shop.next_number()
            data = files[one["file_name"]]
            shop.documents[number] = Document(number, order.id, one["file_name"], one["type_code"], call.now, data)
            shop.counts["documents"] += 1
            shop.counts[f"document:{order.id}"] += 1
            shop.wrote()
    return Answer({"errors_count": len(errors), "order_documents": errors})


def _fault(shop: Shop, order: Order, one: dict[str, Any], files: dict[str, bytes]) -> Fault | None:
    name, code = one["file_name"], one["type_code"]
    own = _of(shop, order.id)
    if code not in {kind for kind, _, entity in TYPES if entity == "ORDER"} or code.startswith("SYSTEM_"):
        return Fault("valid_order_document.type", "Unable to retrieve document's type from the given code", "type_code")
    if name not in files:
        return Fault("valid_order_document.file", "No file of this name was sent", "file_name")
    if not name.isascii() or name.rpartition(".")[2].casefold() not in ENDINGS:
        return Fault("valid_order_document.file_name", "The file name or its type is not supported", "file_name")
    if not files[name]:
        return Fault("valid_order_document.file", "The file is empty", "file_name")
    if any(other.name == name for other in own):
        return Fault("valid_order_document.file_name", "A document with this name already exists", "file_name")
    if len(own) >= MOST:
        return Fault("valid_order_document.count", f"An order can have {MOST} documents at most", "file_name")
    return None


def delete(shop: Shop, call: Call) -> Answer:
    """OR76."""
    key = call.path["document_id"]
    one = shop.documents.get(int(key)) if key.isdigit() else None
    if one is None:
        raise missing("Document", key)
    if one.operator:
        raise Refusal(403, "The document belongs to the operator")
    if shop.may_apply():
        del shop.documents[one.id]
        shop.wrote()
    return Answer(status=204)
