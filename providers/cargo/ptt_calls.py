"""What is asked of PTT Kargo: barcodes out of the merchant's range, field rules and the SOAP bodies. Pure.

Must never make a number outside the range that PTT set aside, nor cut a name or an address to fit: what PTT would refuse is
refused here, naming the field. Source of the facts: reference/cargo.md, "## PTT Kargo" (the carrier's PDFs; no WSDL is stored).
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, Node, soap_call
from app.kit.parcels import receiver_name, receiver_phone, refused_receiver
from app.model import Payer, ShipmentRequest, clean

UPLOAD_PATH, TRACKING_PATH = "/PttVeriYukleme/services/Sorgu", "/GonderiTakipV2/services/Sorgu"
UPLOAD = "http://kabul.ptt.gov.tr"
#: Two clients disagree about the namespace of tracking; the service's own WSDL decides when the first one is refused.
TRACKING = ("http://takip.ptt.gov.tr", "http://pttak.ptt.gov.tr")
PATIENCE_S = 60.0  # "the server is slow, allow 20–60 s"; reads that may come again wait as long as any other
TURNS = 12  # numbers that are tried for one parcel
_RANGE = re.compile(r"[0-9]{12}")
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,36}")
_HEAVIEST_G = 999_999


class Numbers(msgspec.Struct, frozen=True):
    """The range that PTT set aside: 12 digits, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def numbers_of(account: Account) -> Numbers:
    """Raises YoursError (`config.field`) naming the field: without a range there are no parcels, for no number is made up."""
    ends = []
    for key in ("barcode_from", "barcode_to"):
        text = account.setting(key).strip()
        if not _RANGE.fullmatch(text):
            raise fail(_config(key, "pattern" if text else "missing"))
        ends.append(int(text))
    if ends[1] < ends[0]:
        raise fail(_config("barcode_to", "pattern"))
    return Numbers(*ends)


def with_check_digit(number: str) -> str:
    """12 digits and their 13th: weights 1, 3, 1, 3 … from the left, up to the next ten (the rule of EAN-13)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number))
    return number + str(-total % 10)


def barcode(account: Account, reference: str, turn: int = 0) -> str:
    """The number of a parcel: drawn from the range by the parcel's reference, so that it needs no counter that a crash, a second
    computer or another program could put back, and the same parcel always gets the same number. PTT takes a number once; where
    another parcel has it already, the next `turn` draws another one."""
    numbers = numbers_of(account)
    drawn = int.from_bytes(hashlib.sha256(f"{reference} {turn}".encode()).digest(), "big") % numbers.count
    return with_check_digit(f"{numbers.first + drawn:012}")


def turn_of(account: Account, reference: str, number: str) -> int:
    """Which turn drew this number, 0 when none did (the range was another one then)."""
    return next((turn for turn in range(TURNS) if barcode(account, reference, turn) == number), 0)


def file_name(reference: str, turn: int = 0, again: int = 0) -> str:
    """`dosyaAdi`, at most 50 letters, unique for a call, and needed once more to take the parcel back: so it is made from what
    is known then. `again`: the same upload once more, after PTT kept the name of one that failed."""
    plain = reference if _PLAIN.fullmatch(reference) else hashlib.sha256(reference.encode()).hexdigest()[:32]
    return f"PX-{plain}-{turn}-{again}"


# -- rules ---------------------------------------------------------------------------------------------------------------
_LENGTHS = {"name": (5, 100), "street": (5, 255), "city": (1, 80), "district": (1, 80)}


def check_request(request: ShipmentRequest) -> Message | None:
    """The first field that PTT would refuse."""
    wrong = refused_receiver(request, _LENGTHS)
    if wrong is not None:
        return wrong
    if not 1 <= len(request.reference) <= 100:
        return _config("reference", "1–100")
    if len(request.parcels) != 1:  # a barcode is a shipment of its own, with its own reference and its own way
        return _config("parcels", "one_piece")
    if not 0 < request.parcels[0].weight_g <= _HEAVIEST_G:
        return _config("weight", f"1–{_HEAVIEST_G} g")
    money = request.cash_on_delivery
    if money is None:
        return None
    if money.currency != "TRY" or money.amount <= 0:
        return _config("cash_on_delivery", "> 0 TRY")
    return None if request.options.get("cod_method", "cash") == "cash" else _config("cod_method", "choice")


def _config(field: str, why: str) -> Message:
    return Message("config.field", {"field": field, "why": why}, field=field)


def _centimetres(millimetres: int) -> str:
    """Whole ones, rounded up; '' for nothing known."""
    return str(-(-millimetres // 10)) if millimetres > 0 else ""


def _desi(value: Decimal) -> str:
    text = format(value.quantize(Decimal("0.01")).normalize(), "f")
    return text if value > 0 and text != "0" else ""


# -- bodies --------------------------------------------------------------------------------------------------------------
def parcel_fields(account: Account, request: ShipmentRequest, turn: int = 0) -> dict[str, str]:
    """Filled fields of `dongu` by name, in the order of the alphabet: the service takes them in no other."""
    to, parcel, money = request.receiver, request.parcels[0], request.cash_on_delivery
    fields = {
        "aAdres": clean(to.street),
        "agirlik": str(parcel.weight_g),  # grams
        "aliciAdi": receiver_name(request),
        "aliciEmail": request.options.get("email", ""),
        "aliciIlAdi": clean(to.city),
        "aliciIlceAdi": clean(to.district),
        "aliciSms": receiver_phone(request),
        "barkodNo": barcode(account, request.reference, turn),
        "boy": _centimetres(parcel.depth_mm),
        "desi": _desi(parcel.desi),
        "ekhizmet": "OS" if money is not None else "",
        "en": _centimetres(parcel.width_mm),
        "musteriReferansNo": request.reference,
        "odeme_sart_ucreti": money.rounded().text() if money is not None else "",
        "odemesekli": "UA" if request.payer is Payer.RECEIVER else "MH",
        "rezerve1": account.setting("postal_cheque_account") if money is not None else "",
        "yukseklik": _centimetres(parcel.height_mm),
    }
    return {name: value for name, value in fields.items() if value}


def _inside(namespace: str, fields: dict[str, str]) -> list[Node]:
    return [(f"{{{namespace}/xsd}}{name}", value) for name, value in fields.items()]


def _who(account: Account) -> dict[str, str]:
    """Raises YoursError (`config.field`) naming the credential that is missing."""
    held = {"customer_id": account.setting("customer_id"), "password": account.secret("password")}
    for key, value in held.items():
        if not value:
            raise fail(_config(key, "missing"))
    return held


def _upload_call(
    account: Account, operation: str, action: str, name: str, inside: list[Node], *, repeatable: bool
) -> Call:
    path = account.urls.get("upload") or UPLOAD_PATH
    body: Node = (action, [(f"{{{UPLOAD}}}{name}", inside)])
    call = soap_call(path, operation, f"urn:{action}", body, namespace=UPLOAD, repeatable=repeatable)
    return msgspec.structs.replace(call, deadline_s=PATIENCE_S)


def create_request(account: Account, request: ShipmentRequest, turn: int = 0, again: int = 0) -> Call:
    """Not repeatable by itself: a lost answer is looked up by our reference first."""
    who = _who(account)
    parcel: Node = (f"{{{UPLOAD}/xsd}}dongu", _inside(UPLOAD, parcel_fields(account, request, turn)))
    rest = {
        "dosyaAdi": file_name(request.reference, turn, again), "gonderiTip": "NORMAL", "gonderiTur": "KARGO", "kullanici": "PttWs",
        "musteriId": who["customer_id"], "sifre": who["password"],
    }  # fmt: skip
    inside = [parcel, *_inside(UPLOAD, rest)]
    return _upload_call(account, "create", "kabulEkle2", "input", inside, repeatable=False)


def cancel_request(account: Account, number: str, file: str) -> Call:
    """Takes a parcel back that PTT has not accepted yet, by its barcode and the file that it came with."""
    who = _who(account)
    fields = {"barcode": number, "dosyaAdi": file, "musteriId": who["customer_id"], "sifre": who["password"]}
    return _upload_call(account, "cancel", "barkodVeriSil", "inpDelete", _inside(UPLOAD, fields), repeatable=True)


def find_request(account: Account, reference: str, operation: str = "find", namespace: str = TRACKING[0]) -> Call:
    """A parcel and its way by our own reference."""
    who = _who(account)
    fields = {"kullanici": who["customer_id"], "referansNo": reference, "sifre": who["password"]}
    return _tracking_call(account, operation, "gonderiSorgu_referansNo2", fields, namespace, repeatable=True)


def probe_request(account: Account, number: str, namespace: str = TRACKING[0]) -> Call:
    """The same by barcode, for one that nobody has."""
    who = _who(account)
    fields = {"barkod": number, "kullanici": who["customer_id"], "sifre": who["password"]}
    return _tracking_call(account, "probe", "gonderiSorgu2", fields, namespace, repeatable=False)


def _tracking_call(
    account: Account, operation: str, action: str, fields: dict[str, str], namespace: str, *, repeatable: bool
) -> Call:
    path = account.urls.get("tracking") or TRACKING_PATH
    body: Node = (action, [(f"{{{namespace}}}input", _inside(namespace, fields))])
    return soap_call(path, operation, f"urn:{action}", body, namespace=namespace, repeatable=repeatable)


def namespace_request(account: Account, operation: str) -> Call:
    """The WSDL of the tracking service, which says its namespace."""
    return Call("GET", f"{account.urls.get('tracking') or TRACKING_PATH}?wsdl", operation)
