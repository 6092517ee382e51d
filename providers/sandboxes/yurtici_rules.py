"""What the fake Yurtiçi refuses in a shipment order, and its error codes (reference "## Yurtiçi Kargo", Operations, Errors).

Where sources disagree about a limit the narrower one holds here. Texts are ours; a client must go by the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Fields = dict[str, str]

CARGO_KEY_MISSING, CARGO_KEY_LONG, CARGO_KEY_TAKEN = 80859, 82500, 60020
INVOICE_KEY_MISSING, INVOICE_KEY_LONG = 60017, 82501
NAME_MISSING, NAME_BAD = 60018, 82503
ADDRESS_MISSING, ADDRESS_BAD = 60019, 82502
COD_TYPE_MISSING, COD_AMOUNT_MISSING, COD_AMOUNT_BAD, COD_DOCUMENT_MISSING = 82505, 82506, 82507, 82508
COD_DOCUMENT_BAD, COD_SAVE_MISSING, COD_CREDIT_MISSING = 82509, 82510, 82511
WRONG_CONTRACT, COD_TYPE_UNKNOWN, COD_SAVE_UNKNOWN = 82512, 82513, 82514
EMAIL_BAD, PHONE_BAD, FORMAT_BAD, CREDIT_RULE_BAD = 82515, 82516, 82517, 82518
NOT_YOURS, ALREADY_CANCELLED, KEYS_MISSING, KEY_TYPE_BAD = 82519, 82520, 82526, 82527
UNEXPECTED = 936

TEXTS = {
    CARGO_KEY_MISSING: ("cargoKey alanı boş olamaz.", "cargoKey may not be empty."),
    CARGO_KEY_LONG: ("cargoKey en fazla 20 karakter olabilir.", "cargoKey may have at most 20 characters."),
    CARGO_KEY_TAKEN: ("Kargo anahtarı sistemde mevcut.", "The cargo key exists already."),
    INVOICE_KEY_MISSING: ("invoiceKey alanı boş olamaz.", "invoiceKey may not be empty."),
    INVOICE_KEY_LONG: ("invoiceKey en fazla 20 karakter olabilir.", "invoiceKey may have at most 20 characters."),
    NAME_MISSING: ("Alıcı adı boş olamaz.", "The receiver's name may not be empty."),
    NAME_BAD: (
        "Alıcı adı 5-100 karakter olmalı ve en az 4 harf içermeli.",
        "The receiver's name needs 5 to 100 characters and 4 letters.",
    ),
    ADDRESS_MISSING: ("Alıcı adresi boş olamaz.", "The receiver's address may not be empty."),
    ADDRESS_BAD: ("Alıcı adresi 10-200 karakter olmalı.", "The receiver's address needs 10 to 200 characters."),
    COD_TYPE_MISSING: ("ttCollectionType boş olamaz.", "ttCollectionType may not be empty."),
    COD_AMOUNT_MISSING: ("ttInvoiceAmount boş veya sıfır olamaz.", "ttInvoiceAmount may not be empty or zero."),
    COD_AMOUNT_BAD: ("ttInvoiceAmount biçimi hatalı.", "ttInvoiceAmount has a wrong format."),
    COD_DOCUMENT_MISSING: ("ttDocumentId boş olamaz.", "ttDocumentId may not be empty."),
    COD_DOCUMENT_BAD: (
        "ttDocumentId en fazla 12 haneli sayı olmalı.",
        "ttDocumentId must be a number of at most 12 digits.",
    ),
    COD_SAVE_MISSING: ("ttDocumentSaveType boş olamaz.", "ttDocumentSaveType may not be empty."),
    COD_CREDIT_MISSING: ("dcSelectedCredit boş olamaz.", "dcSelectedCredit may not be empty."),
    WRONG_CONTRACT: ("Ödeme tipi sözleşmenize uygun değil.", "The payment type does not fit your contract."),
    COD_TYPE_UNKNOWN: ("ttCollectionType 0 veya 1 olmalı.", "ttCollectionType must be 0 or 1."),
    COD_SAVE_UNKNOWN: ("ttDocumentSaveType 0 veya 1 olmalı.", "ttDocumentSaveType must be 0 or 1."),
    EMAIL_BAD: ("E-posta adresi hatalı.", "The e-mail address is wrong."),
    PHONE_BAD: ("Telefon numarası hatalı.", "The phone number is wrong."),
    FORMAT_BAD: ("Alan biçimi hatalı.", "A field has a wrong format."),
    CREDIT_RULE_BAD: ("dcCreditRule 0 veya 1 olmalı.", "dcCreditRule must be 0 or 1."),
    NOT_YOURS: ("Anahtar bu kullanıcıya ait değil.", "The key is not of this user."),
    ALREADY_CANCELLED: ("Kargo daha önce iptal edilmiş.", "The cargo is cancelled already."),
    KEYS_MISSING: ("keys alanı boş olamaz.", "keys may not be empty."),
    KEY_TYPE_BAD: ("keyType 0 veya 1 olmalı.", "keyType must be 0 or 1."),
    UNEXPECTED: ("Beklenmeyen hata.", "Unexpected error."),
    82651: ("fieldName hatalı.", "fieldName is wrong."),
    82652: ("returnCode boş olamaz.", "returnCode may not be empty."),
    82653: ("startDate hatalı.", "startDate is wrong."),
    82654: ("endDate hatalı.", "endDate is wrong."),
    82655: ("maxCount hatalı.", "maxCount is wrong."),
    60026: ("Bitiş tarihi başlangıçtan önce olamaz.", "The end may not lie before the start."),
    60027: ("İade kodu sistemde mevcut.", "The return code exists already."),
    80838: ("İade kodu bulunamadı.", "The return code was not found."),
}
LENGTHS = {
    "cityName": 40, "townName": 40, "waybillNo": 20, "specialField1": 200, "specialField2": 100, "specialField3": 100,
    "description": 255, "taxOfficeName": 60, "orgReceiverCustId": 50, "orgGeoCode": 20, "privilegeOrder": 10,
}  # fmt: skip
MEASURE = re.compile(r"\d{1,6}(\.\d{1,3})?")  # double(9,3)
MONEY = re.compile(r"\d{1,16}(\.\d{1,2})?")  # double(18,2), a dot
PHONE = re.compile(r"0?[1-9]\d{9}")  # ten digits, or eleven with the leading zero
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SPECIAL = re.compile(r"(\d{1,3}\$[^$#]*#)+")


@dataclass(frozen=True)
class Account:
    """One web-service user. `payment`: sender, receiver, cod_cash or cod_card."""

    user: str
    password: str
    payment: str


def check_order(order: Fields, account: Account) -> int | None:
    """The first error code of one ShippingOrderVO, or None. A taken cargoKey is not looked at here."""
    key, invoice = order.get("cargoKey", ""), order.get("invoiceKey", "")
    name, address = order.get("receiverCustName", "").strip(), order.get("receiverAddress", "").strip()
    checks = (
        (not key, CARGO_KEY_MISSING),
        (len(key) > 20, CARGO_KEY_LONG),
        (not invoice, INVOICE_KEY_MISSING),
        (len(invoice) > 20, INVOICE_KEY_LONG),
        (not name, NAME_MISSING),
        (not 5 <= len(name) <= 100 or sum(1 for one in name if one.isalpha()) < 4, NAME_BAD),
        (not address, ADDRESS_MISSING),
        (not 10 <= len(address) <= 200, ADDRESS_BAD),
        (not PHONE.fullmatch(order.get("receiverPhone1", "")), PHONE_BAD),
        (
            any(order.get(one) and not PHONE.fullmatch(order[one]) for one in ("receiverPhone2", "receiverPhone3")),
            PHONE_BAD,
        ),
        (bool(order.get("emailAddress")) and not _email(order["emailAddress"]), EMAIL_BAD),
        (any(len(order.get(one, "")) > limit for one, limit in LENGTHS.items()), FORMAT_BAD),
        (any(order.get(one) and not MEASURE.fullmatch(order[one]) for one in ("desi", "kg")), FORMAT_BAD),
        (bool(order.get("cargoCount")) and not order["cargoCount"].isdecimal(), FORMAT_BAD),
        (
            any(order.get(f"specialField{n}") and not SPECIAL.fullmatch(order[f"specialField{n}"]) for n in (1, 2, 3)),
            FORMAT_BAD,
        ),
    )
    return next((code for failed, code in checks if failed), None) or _check_cod(order, account)


def _email(text: str) -> bool:
    return len(text) <= 200 and EMAIL.fullmatch(text) is not None


def _check_cod(order: Fields, account: Account) -> int | None:
    amount = order.get("ttInvoiceAmount", "")
    kind, save = order.get("ttCollectionType", ""), order.get("ttDocumentSaveType", "")
    zero = not amount.strip("0.")
    if account.payment not in ("cod_cash", "cod_card"):
        if amount and not MONEY.fullmatch(amount):
            return COD_AMOUNT_BAD
        return None if zero else WRONG_CONTRACT  # an empty or zero amount is what bound clients send without COD
    document = order.get("ttDocumentId", "")
    card = account.payment == "cod_card"
    checks = (
        (not kind, COD_TYPE_MISSING),
        (kind not in ("0", "1"), COD_TYPE_UNKNOWN),
        (kind != ("1" if card else "0"), WRONG_CONTRACT),
        (zero, COD_AMOUNT_MISSING),
        (not MONEY.fullmatch(amount), COD_AMOUNT_BAD),
        (not document.strip("0"), COD_DOCUMENT_MISSING),
        (not document.isdecimal() or len(document) > 12, COD_DOCUMENT_BAD),
        (not save, COD_SAVE_MISSING),
        (save not in ("0", "1"), COD_SAVE_UNKNOWN),
        (card and not order.get("dcSelectedCredit", "").isdecimal(), COD_CREDIT_MISSING),
        (card and order.get("dcCreditRule") not in ("0", "1"), CREDIT_RULE_BAD),
    )
    return next((code for failed, code in checks if failed), None)


def text(code: int, language: str) -> str:
    turkish, english = TEXTS[code]
    return english if language == "EN" else turkish
