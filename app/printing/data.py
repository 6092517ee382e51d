"""What stands on our own documents, as data: cleaned text, amounts and dates in the merchant's way of writing. Knows no drawing,
so that the window can hold it without loading what draws."""

from __future__ import annotations

import msgspec

from app.formats.dots import head_dpi
from app.model import Label


class Look(msgspec.Struct, frozen=True):
    """How the merchant's documents look. `logo`: a small PNG; `hidden`: fields of FIELDS that are left out."""

    logo: bytes = b""
    footer: str = ""
    hidden: frozenset[str] = frozenset()

    def shows(self, field: str) -> bool:
        return field not in self.hidden


PLAIN = Look()
#: What may be left out: of labels (sender … carrier), of slips (sender, note, amounts).
FIELDS = ("sender", "phone", "items", "channel", "carrier", "note", "amounts")


class Drawn(msgspec.Struct, frozen=True):
    """A document as drawn. `codes`: the barcodes on it with where they stand; `starts`: the first page of each slip."""

    data: bytes
    pages: int
    codes: tuple[CodeAt, ...] = ()
    starts: tuple[int, ...] = ()


class CodeAt(msgspec.Struct, frozen=True):
    """A barcode on `page` (from 0): what a reader must read in that part of the page, mm from its left upper corner. `of`: the
    place in the work's list of what it stands on."""

    page: int
    text: str
    left: float
    top: float
    width: float
    height: float
    of: int = 0


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
    page: str = "Sayfa"
    no_value: str = "Bu belge mali değer taşımaz."


class PickLine(msgspec.Struct, frozen=True):
    """One thing to fetch: from where, how many in all, and for whom ("5501 × 2")."""

    shelf: str
    sku: str
    barcode: str
    title: str
    quantity: int
    orders: tuple[str, ...]


class PickData(msgspec.Struct, frozen=True):
    """`single`: what single-item orders need, which are packed straight from the shelf; `rest`: all the others'."""

    batch: str
    made_at: str
    who: str
    orders: int
    single: tuple[PickLine, ...]
    rest: tuple[PickLine, ...]
    single_orders: int = 0


class PickWords(msgspec.Struct, frozen=True):
    title: str = "Toplama listesi"
    single: str = "Tek ürünlü siparişler"
    rest: str = "Çok ürünlü siparişler"
    shelf: str = "Raf"
    sku: str = "Stok kodu"
    goods: str = "Ürün"
    quantity: str = "Adet"
    orders: str = "Siparişler"
    order_count: str = "sipariş"
    line_count: str = "satır"
    pieces: str = "adet"
    page: str = "Sayfa"


class ManifestRow(msgspec.Struct, frozen=True):
    tracking: str
    numbers: str
    receiver: str
    city: str
    pieces: int
    desi: str
    cash: str


class ManifestData(msgspec.Struct, frozen=True):
    """What one carrier takes with it on one day. Text, written already; `pieces` is summed here."""

    carrier: str
    day: str
    made_at: str
    sender: str
    rows: tuple[ManifestRow, ...]
    desi: str = ""
    cash: str = ""


class ManifestWords(msgspec.Struct, frozen=True):
    title: str = "Kargo teslim tutanağı"
    tracking: str = "Takip no"
    orders: str = "Sipariş"
    receiver: str = "Alıcı"
    pieces: str = "Parça"
    desi: str = "Desi"
    cash: str = "Kapıda ödeme"
    parcels: str = "gönderi"
    gave: str = "Teslim eden"
    took: str = "Teslim alan"
    sign: str = "Ad soyad, imza, saat"
    page: str = "Sayfa"


class ShelfData(msgspec.Struct, frozen=True):
    """A product's own label. `code`: an EAN-13, else whatever Code 128 can hold."""

    title: str
    sku: str
    code: str
    price: str = ""
    shelf: str = ""


LANGUAGES = ("zpl", "epl", "driver")
COPIES = 20  # at most, of one thing


class Setup(msgspec.Struct, frozen=True):
    """What drawing needs of a printer. `language`: `zpl`, `epl` or `driver`; offsets in thousandths of a millimetre."""

    language: str = "driver"
    dpi: int = 203
    paper: str = "100x150"
    right_um: int = 0
    down_um: int = 0
    cut: bool = False

    @property
    def dots_per_inch(self) -> float:
        """A driver's pixels, or the dots of the head."""
        return float(self.dpi) if self.language == "driver" else head_dpi(self.dpi)


SETUP = Setup()


class CarrierPart(msgspec.Struct, frozen=True):
    """One parcel's labels: the carrier's own, or ours where it gives none."""

    reference: str
    labels: tuple[Label, ...] = ()
    own: tuple[LabelData, ...] = ()


class Work(msgspec.Struct, frozen=True):
    """A document to be drawn, of one of the kinds; `first`: the first free cell of the first sheet, from 1. `anyway`: a carrier's
    label of another size is placed unscaled without asking."""

    kind: str
    setup: Setup
    look: Look = Look()
    first: int = 1
    anyway: bool = False
    labels: tuple[LabelData, ...] = ()
    label_words: LabelWords = LabelWords()
    slips: tuple[SlipData, ...] = ()
    slip_words: SlipWords = SlipWords()
    pick: PickData | None = None
    pick_words: PickWords = PickWords()
    manifests: tuple[ManifestData, ...] = ()
    manifest_words: ManifestWords = ManifestWords()
    shelf: tuple[ShelfData, ...] = ()
    parts: tuple[CarrierPart, ...] = ()


class Unit(msgspec.Struct, frozen=True):
    """What is in the journal as one: a label, a sheet of labels, a document. `of`: places in the work's list that stand on it;
    `code`: the barcode that was read back; `data`: the printer's own language, or nothing and `pages` of the PDF."""

    data: bytes
    of: tuple[int, ...]
    code: str = ""
    pages: tuple[int, ...] = ()


class SizeQuestion(msgspec.Struct, frozen=True):
    """A carrier's label that is not the size of the paper, in millimetres; `content`: what of it is not white."""

    reference: str
    label_mm: tuple[int, int]
    content_mm: tuple[int, int]
    paper_mm: tuple[int, int]


class Pressed(msgspec.Struct, frozen=True):
    """Ready units, or questions and then no units. `pdf`: the whole document, for a driver."""

    units: tuple[Unit, ...] = ()
    pdf: bytes = b""
    questions: tuple[SizeQuestion, ...] = ()
