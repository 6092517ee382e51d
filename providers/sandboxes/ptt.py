"""A stateful fake of PTT Kargo's SOAP services: data upload (PttVeriYukleme), tracking (GonderiTakipV2), movements (GonderiHareketV2).

Written from reference/cargo.md, "## PTT Kargo", and specs/ptt – never from a client. A barcode, a reference and a file name that were used
must never be free again.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import courier, soap
from providers.sandboxes import ptt_rules as rules
from providers.sandboxes import ptt_tables as tables
from providers.sandboxes.courier import CALLER, CarrierRoom, Depot, Parcel
from providers.sandboxes.exact import local
from providers.sandboxes.ptt_tables import STATUS_TEXTS, STEPS
from providers.sandboxes.soap import Node

UPLOAD_PATHS = ("/PttVeriYukleme/services/Sorgu", "/PttVeriYuklemeTest/services/Sorgu")
TRACKING_PATHS = ("/GonderiTakipV2/services/Sorgu", "/GonderiTakipV2Test/services/Sorgu")
MOVEMENT_PATH = "/GonderiHareketV2/services/Sorgu"
CUSTOMER, PASSWORD = "903456789", "PttSandbox1"
RANGE_FROM, RANGE_TO = "275036500001", "275036599999"
MOST_ROWS = 1000
#: [U] how many parcels one answer of gonderiHareketIslemTarihiSorgu tells.
PAGE = 100
TRACK = "https://gonderitakip.ptt.gov.tr/Track/Verify?q="
#: `tracking_pttak`: the tracking service has the other namespace · `sonuc_0`: success of tracking is 0 instead of 10.
SWITCHES = courier.SWITCHES | {"tracking_pttak", "sonuc_0"} - {"no_label"}
# [U] sonucKodu of what is no success.
NO_LOGIN, NO_PARCEL, NO_FIELD, BROKEN = "3", "5", "4", "99"


class PttSandbox(CarrierRoom):
    """`never_accept`: no post office takes the parcel. `unexpected`: each call answers with an unknown error."""

    name: ClassVar[str] = "ptt"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = Depot(self.clock, seed)
        self.files: set[str] = set()
        self.credentials = {
            "customer_id": CUSTOMER, "password": PASSWORD, "barcode_from": RANGE_FROM, "barcode_to": RANGE_TO,
            "postal_cheque_account": "5123456",
        }  # fmt: skip

    def state_of(self, parcel: Parcel) -> str:
        """The last movement's gonderi_durum_id."""
        return str(STEPS[self.shop.step(parcel)])

    # -- the door ------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        both = ["GET", "POST"]
        uploads = [Route(one, self._upload, methods=both) for one in UPLOAD_PATHS]
        tracking = [Route(one, self._tracking, methods=both) for one in TRACKING_PATHS]
        return [*uploads, *tracking, Route(MOVEMENT_PATH, self._movement, methods=both)]

    async def _upload(self, request: Request) -> Response:
        return await soap.answer(tables.UPLOAD, request, self._upload_call)

    async def _tracking(self, request: Request) -> Response:
        service = tables.TRACKING_PTTAK if self.shop.on("tracking_pttak") else tables.TRACKING
        return await soap.answer(service, request, self._track)

    async def _movement(self, request: Request) -> Response:
        return await soap.answer(tables.MOVEMENT, request, self._moves)

    def _admitted(self, customer: str | None, password: str | None) -> tuple[str, str]:
        """The error and its text; ("", "") when the caller is let in."""
        if self.shop.on("ip_refused"):
            return rules.ADDRESS, f"{CALLER} IP adresi yetkili değil."
        if not hmac.compare_digest(f"{customer}\0{password}".encode(), f"{CUSTOMER}\0{PASSWORD}".encode()):
            return rules.LOGIN, "Müşteri numarası veya şifre hatalı."
        if self.shop.on("account_closed"):
            return rules.CLOSED, "Müşteri sözleşmesi aktif değil."
        return (rules.UNEXPECTED, "Beklenmeyen hata.") if self.shop.on("unexpected") else ("", "")

    # -- data upload ---------------------------------------------------------------------------------------------
    def _upload_call(self, operation: str, given: Node) -> Node:
        acts: dict[str, Callable[[Node], Node]] = {
            "kabulEkle2": self._accept, "barkodVeriSil": self._delete_barcode, "referansVeriSil": self._delete_reference,
        }  # fmt: skip
        asked: Node = next(iter(given.values()), {})
        code, text = self._admitted(asked.get("musteriId"), asked.get("sifre"))
        return {"return": {"hataKodu": code, "aciklama": text} if code else acts[operation](asked)}

    def _accept(self, asked: Node) -> Node:
        file, rows = asked.get("dosyaAdi", ""), asked.get("dongu", [])
        checks = (
            (asked.get("kullanici") != "PttWs", rules.CONSTANT, "kullanici PttWs olmalıdır."),
            (asked.get("gonderiTip") != "NORMAL", rules.CONSTANT, "gonderiTip NORMAL olmalıdır."),
            (asked.get("gonderiTur") != "KARGO", rules.CONSTANT, "gonderiTur KARGO olmalıdır."),
            (not 1 <= len(file) <= 50, rules.FILE_BAD, "dosyaAdi 1 ile 50 karakter arasında olmalıdır."),
            (file in self.files, rules.FILE_TAKEN, "Bu dosya adı daha önce kullanılmış."),
            (not rows, rules.EMPTY, "Gönderi bilgisi bulunamadı."),
            (len(rows) > MOST_ROWS, rules.TOO_MANY, f"Bir dosyada en fazla {MOST_ROWS} gönderi olabilir."),
        )
        wrong = next(((code, text) for failed, code, text in checks if failed), None)
        if wrong:
            self.shop.counts["refused"] += 1
            return {"hataKodu": wrong[0], "aciklama": wrong[1]}
        told = [self._row(file, row) for row in rows]
        good = sum(one["donguHataKodu"] == rules.OK for one in told)
        if good and not self.shop.on("ignore_writes"):
            self.files.add(file)
            self.shop.counts["files"] += 1
        # [U] the number for the whole when some rows were refused: 1 as soon as one was taken.
        whole = (rules.OK, "İşlem başarılı.") if good else (rules.FIELD, "Hiçbir gönderi kaydedilemedi.")
        return {"hataKodu": whole[0], "aciklama": whole[1], "dongu": told}

    def _row(self, file: str, row: Node) -> Node:
        code, reference = row.get("barkodNo", ""), row.get("musteriReferansNo", "")
        error, text = rules.barcode_fault(code, RANGE_FROM, RANGE_TO)
        if not error and (text := rules.check(row)):
            error = rules.FIELD
        if not error and any(self.shop.found(number=code)):
            error, text = rules.BARCODE_TAKEN, "Barkod daha önce kullanılmış."
        if not error and reference and reference in self.shop.parcels:
            error, text = rules.REFERENCE_TAKEN, "Müşteri referans numarası daha önce kullanılmış."
        if error:
            self.shop.counts["refused"] += 1
            return {"barkod": code, "donguHataKodu": error, "donguAciklama": text, "donguSonuc": "false"}
        if self.shop.may_apply():
            self._keep(file, code, reference or code, row)
        quid = f"{code}{self.shop.digits(6)}"
        return {
            "barkod": code, "barkod_quid": quid, "donguHataKodu": rules.OK, "donguAciklama": TRACK + code, "donguSonuc": "true",
        }  # fmt: skip

    def _keep(self, file: str, code: str, reference: str, row: Node) -> None:
        now = self.shop.now()
        told = {
            "receiver": row["aliciAdi"], "address": row["aAdres"], "city": row.get("aliciIlAdi") or row["aIlKodu"],
            "district": row.get("aliciIlceAdi") or row["aIlceKodu"], "phone": row.get("aliciSms") or row["aliciTel"],
            "payer": row["odemesekli"], "cod": row.get("odeme_sart_ucreti", "") if "OS" in row.get("ekhizmet", "") else "",
            "grams": row["agirlik"], "desi": row.get("desi", ""), "file": file,
        }  # fmt: skip
        self.shop.keep(Parcel(reference, now, code, [code], row, told, born=now, more={"file": file}))

    def _delete_barcode(self, asked: Node) -> Node:
        parcel = next(self.shop.found(number=asked.get("barcode", "")), None)
        same = parcel is not None and parcel.more["file"] == asked.get("dosyaAdi")
        return self._delete(parcel if same else None)

    def _delete_reference(self, asked: Node) -> Node:
        parcel = self.shop.parcels.get(asked.get("referansNo", ""))
        file = asked.get("dosyaAdi", "")  # [U] whether it must be told here
        return self._delete(None if parcel is not None and file and parcel.more["file"] != file else parcel)

    def _delete(self, parcel: Parcel | None) -> Node:
        if parcel is None or parcel.cancelled:
            return {"hataKodu": rules.NOT_FOUND, "aciklama": "Silinecek kayıt bulunamadı."}
        if self.shop.scanned(parcel):
            return {"hataKodu": rules.ACCEPTED, "aciklama": "Kabulü yapılmış gönderi silinemez."}
        self.shop.call_off(parcel)
        return {"hataKodu": rules.OK, "aciklama": "Kayıt silindi."}

    # -- questions -----------------------------------------------------------------------------------------------
    def _track(self, operation: str, given: Node) -> Node:
        asked = given.get("input", {})
        error, text = self._admitted(asked.get("kullanici"), asked.get("sifre"))
        if error:
            return {"return": {"sonucKodu": BROKEN if error == rules.UNEXPECTED else NO_LOGIN, "sonucAciklama": text}}
        if operation == "gonderiSorgu2":
            parcel = next(self.shop.found(number=asked.get("barkod", "")), None)
        else:
            parcel = self.shop.parcels.get(asked.get("referansNo", ""))
        self.shop.counts["queries"] += 1
        if parcel is None:
            return {"return": {"sonucKodu": NO_PARCEL, "sonucAciklama": "Gönderi kaydı bulunamadı."}}
        rows = [
            {
                "IKODU": "bozuk" if parcel.damaged else STEPS[step], "ISLEM": STATUS_TEXTS[STEPS[step]], "ITARIH": local(at, "%d/%m/%Y"),
                "ISAAT": local(at, "%H:%M:%S"), "IMERK": self._office(parcel, step), "siraNo": number,
            }
            for number, (step, at) in enumerate(self.shop.steps(parcel), 1)
        ]  # fmt: skip
        done = self.shop.step(parcel) == "delivered"
        return {"return": {
            "BARNO": parcel.number, "TESALAN": parcel.told["receiver"] if done else None,
            "GR": parcel.told["grams"] if self.shop.scanned(parcel) else None,
            "GONUCR": "57.50" if self.shop.scanned(parcel) else None,  # [U] its form
            "sonucKodu": "0" if self.shop.on("sonuc_0") else "10", "sonucAciklama": "İşlem başarılı.", "dongu": rows,
        }}  # fmt: skip

    def _office(self, parcel: Parcel, step: str) -> str:
        here = step in ("arrived", "out", "delivered", "failed", "returning")
        return f"{parcel.told['district']} PTT MERKEZ" if here else "ŞİŞLİ PTT MERKEZ"

    def _moves(self, operation: str, given: Node) -> Node:
        customer = given.get("musteri_no", given.get("musteri_id"))
        error, text = self._admitted(customer, given.get("sifre"))
        if error:
            return {"return": {"sonucKodu": BROKEN if error == rules.UNEXPECTED else NO_LOGIN, "sonucAciklama": text}}
        self.shop.counts["queries"] += 1
        good = {"sonucKodu": "0" if self.shop.on("sonuc_0") else "10", "sonucAciklama": "İşlem başarılı."}
        if operation == "barkodSorgu":
            found = list(self.shop.found(number=given.get("barkod", "")))
            if not found:
                return {"return": {"sonucKodu": NO_PARCEL, "sonucAciklama": "Gönderi kaydı bulunamadı."}}
            return {"return": {**good, "dongu": self._movements(found[0])}}
        day = given.get("son_islem_tarihi", "")
        if not re.fullmatch(r"20\d{6}", day, re.ASCII):
            return {
                "return": {"sonucKodu": NO_FIELD, "sonucAciklama": "son_islem_tarihi yyyyMMdd biçiminde olmalıdır."}
            }
        # [U] "changes of that day", the parcels by barcode, going on after barkod_devam
        moved = sorted(
            (one for one in self.shop.parcels.values() if any(local(at, "%Y%m%d") == day for _, at in self.shop.steps(one))),
            key=lambda one: one.number,
        )  # fmt: skip
        rest = [one for one in moved if one.number > given.get("barkod_devam", "")]
        page = rest[:PAGE]
        rows = [row for one in page for row in self._movements(one) if row["islem_tarihi"] == day]
        return {"return": {**good, "dongu": rows, "barkod_devam": page[-1].number if len(rest) > PAGE else None}}

    def _movements(self, parcel: Parcel) -> list[dict[str, Any]]:
        return [
            {
                "barkod": parcel.number, "musteri_referans_no": parcel.sent.get("musteriReferansNo") or None,
                "gonderi_durum_id": STEPS[step], "gonderi_durum_aciklama": STATUS_TEXTS[STEPS[step]],
                "islem_tarihi": local(at, "%Y%m%d"), "islem_saati": local(at, "%H%M%S"), "islem_yeri": self._office(parcel, step),
            }
            for step, at in self.shop.steps(parcel)
        ]  # fmt: skip


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> PttSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return PttSandbox(seed=seed, orders=orders, listings=listings)
