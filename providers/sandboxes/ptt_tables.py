"""The fake PTT services as tables: operations, types, states. Source: reference/cargo.md, "## PTT Kargo", and specs/ptt (status codes).

Axis2 names everything in the alphabet's order and wants it so. [U] marks what the reference leaves open; one line corrects it.
PttBilgi and siparisIstekEkle2 are not here: no document at hand names their operations or fields.
"""

from __future__ import annotations

from dataclasses import replace

from providers.sandboxes.soap import Service

NAMESPACES = {
    "upload": "http://kabul.ptt.gov.tr", "movement": "http://hareket.ptt.gov.tr",
    # Two clients disagree; the WSDL decides. The switch `tracking_pttak` serves the second.
    "tracking": "http://takip.ptt.gov.tr", "tracking_pttak": "http://pttak.ptt.gov.tr",
}  # fmt: skip
SENDER_FIELDS = (
    "gonderici_adi", "gonderici_adresi", "gonderici_email", "gonderici_il_ad", "gonderici_ilce_ad", "gonderici_posta_kodu",
    "gonderici_sms", "gonderici_telefonu", "gonderici_ulke_id",
)  # fmt: skip
ROW_FIELDS = (
    "aAdres", "aIlKodu", "aIlceKodu", "agirlik", "aliciAdi", "aliciEmail", "aliciIlAdi", "aliciIlceAdi", "aliciSms", "aliciTel",
    "barkodNo", "boy", "deger_ucreti", "desi", "ekhizmet", "en",
)  # fmt: skip
MORE_ROW_FIELDS = ("musteriReferansNo", "odeme_sart_ucreti", "odemesekli", "rezerve1", "yukseklik")
DELETED = {"return": "Sonuc"}
UPLOAD = Service(
    name="PttVeriYukleme",
    namespace=NAMESPACES["upload"],
    inner=f"{NAMESPACES['upload']}/xsd",
    types={
        "Gonderici": dict.fromkeys(SENDER_FIELDS, "text"),
        "Dongu": {**dict.fromkeys(ROW_FIELDS, "text"), "gondericibilgi": "Gonderici", **dict.fromkeys(MORE_ROW_FIELDS, "text")},
        "Input": {
            "dongu": "Dongu*", "dosyaAdi": "text", "gonderiTip": "text", "gonderiTur": "text", "kullanici": "text", "musteriId": "text",
            "sifre": "text",
        },
        "OutputDongu": dict.fromkeys(("barkod", "barkod_quid", "donguAciklama", "donguHataKodu", "donguSonuc"), "text"),
        "Output": {"aciklama": "text", "dongu": "OutputDongu*", "hataKodu": "text"},
        "InpDelete": dict.fromkeys(("barcode", "dosyaAdi", "musteriId", "sifre"), "text"),
        "InpDeleteRef": dict.fromkeys(("dosyaAdi", "musteriId", "referansNo", "sifre"), "text"),  # [U] "by reference"
        "Sonuc": {"aciklama": "text", "hataKodu": "text"},
    },
    operations={
        "kabulEkle2": ({"input": "Input"}, {"return": "Output"}),
        "barkodVeriSil": ({"inpDelete": "InpDelete"}, DELETED),
        "referansVeriSil": ({"inpDelete": "InpDeleteRef"}, DELETED),
    },
    action="urn:",
    ordered=True,
    free=("iade",),  # "iade* fields (return address)"
    bare_action=True,
    nils=True,
)  # fmt: skip
TRACKING = Service(
    name="GonderiTakipV2",
    namespace=NAMESPACES["tracking"],
    inner=f"{NAMESPACES['tracking']}/xsd",
    types={
        "Input": dict.fromkeys(("barkod", "kullanici", "sifre"), "text"),
        "InputRef": dict.fromkeys(("kullanici", "referansNo", "sifre"), "text"),
        "OutputDongu": dict.fromkeys(("IKODU", "IMERK", "ISAAT", "ISLEM", "ITARIH", "siraNo"), "text"),
        "Output": {
            **dict.fromkeys(("BARNO", "GONUCR", "GR", "TESALAN"), "text"), "dongu": "OutputDongu*", "sonucAciklama": "text",
            "sonucKodu": "text",
        },
    },
    operations={
        "gonderiSorgu2": ({"input": "Input"}, {"return": "Output"}),
        "gonderiSorgu_referansNo2": ({"input": "InputRef"}, {"return": "Output"}),
    },
    action="urn:",
    ordered=True,
    bare_action=True,
    nils=True,
)  # fmt: skip
TRACKING_PTTAK = replace(TRACKING, namespace=NAMESPACES["tracking_pttak"], inner=f"{NAMESPACES['tracking_pttak']}/xsd")
#: [U] the fields of an answer about movements.
MOVEMENT = Service(
    name="GonderiHareketV2",
    namespace=NAMESPACES["movement"],
    inner=f"{NAMESPACES['movement']}/xsd",
    types={
        "Hareket": dict.fromkeys(
            ("barkod", "gonderi_durum_aciklama", "gonderi_durum_id", "islem_saati", "islem_tarihi", "islem_yeri", "musteri_referans_no"),
            "text",
        ),
        "Output": {"barkod_devam": "text", "dongu": "Hareket*", "sonucAciklama": "text", "sonucKodu": "text"},
    },
    operations={
        "barkodSorgu": (dict.fromkeys(("musteri_no", "sifre", "barkod"), "text"), {"return": "Output"}),
        "gonderiHareketIslemTarihiSorgu": (
            dict.fromkeys(("musteri_id", "sifre", "son_islem_tarihi", "barkod_devam"), "text"), {"return": "Output"},
        ),
    },
    action="urn:",
    ordered=True,
    bare_action=True,
    nils=True,
)  # fmt: skip

#: A parcel's step -> gonderi_durum_id. [U] 701 for what was uploaded and not yet handed over.
STEPS = {
    "registered": 701, "accepted": 1, "left": 77, "arrived": 11, "out": 7, "delivered": 100, "failed": 101, "returning": 99,
    "returned": 120, "cancelled": 2, "lost": 717,
}  # fmt: skip
STATUS_TEXTS = {
    701: "Kayıt Edildi", 1: "Kabul Edildi", 77: "Sevk Edildi", 11: "Gönderinin Geliş Kaydı Yapıldı", 7: "Dağıtıcıya Verildi",
    100: "Teslim Edildi", 101: "Teslim Edilemedi", 99: "İade Edilecek", 120: "Göndericisine Teslim Edildi", 2: "İptal Edildi",
    717: "Gönderi Akıbeti Belirlenemedi/Kayıp",
}  # fmt: skip
