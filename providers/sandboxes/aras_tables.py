"""The fake Aras services as tables: operations, types, states. Source: reference/cargo.md, "## Aras Kargo"; no WSDL is stored in public.

[U] marks what the reference leaves open; it is chosen here so that one line corrects it.
"""

from __future__ import annotations

from providers.sandboxes.soap import Service

NAMESPACE = "http://tempuri.org/"
#: [U] the casing of UserName and Password inside an Order.
ORDER_FIELDS = (
    "UserName", "Password", "TradingWaybillNumber", "InvoiceNumber", "IntegrationCode", "ReceiverName", "ReceiverAddress",
    "ReceiverPhone1", "ReceiverPhone2", "ReceiverPhone3", "ReceiverCityName", "ReceiverTownName", "ReceiverDistrictName",
    "ReceiverQuarterName", "ReceiverAvenueName", "ReceiverStreetName", "CityCode", "TownCode", "VolumetricWeight", "Weight",
    "PieceCount", "SpecialField1", "SpecialField2", "SpecialField3", "IsCod", "CodAmount", "CodCollectionType",
    "CodBillingType", "Description", "TaxNumber", "TaxOffice", "PayorTypeCode", "IsWorldWide", "PrivilegeOrder",
    "SenderAccountAddressId",
)  # fmt: skip
PIECE_FIELDS = ("VolumetricWeight", "Weight", "BarcodeNumber", "ProductNumber", "Description")
LOGIN = {"userName": "text", "password": "text"}
ORDERS = Service(
    name="arascargoservice",
    namespace=NAMESPACE,
    types={
        "PieceDetail": dict.fromkeys(PIECE_FIELDS, "text"),
        "ArrayOfPieceDetail": {"PieceDetail": "PieceDetail*"},
        "Order": {**dict.fromkeys(ORDER_FIELDS, "text"), "PieceDetails": "ArrayOfPieceDetail"},
        "ArrayOfOrder": {"Order": "Order*"},
        "OrderResultInfo": {
            "ResultCode": "text", "ResultMessage": "text", "InvoiceKey": "text",
            "IntegrationCode": "text",  # [U] one of "more in the WSDL"
        },
        "ArrayOfOrderResultInfo": {"OrderResultInfo": "OrderResultInfo*"},
        "Result": {"ResultCode": "text", "ResultMessage": "text"},
        # [U] how an answer about orders is wrapped
        "OrdersFound": {"ResultCode": "text", "ResultMessage": "text", "Order": "Order*"},
        "BarcodeModel": {"TrackingNumber": "text", "Barcode": "text", "WaybillNumber": "text"},
        "ArrayOfString": {"string": "text*"},
        "ArrayOfBarcodeModel": {"BarcodeModel": "BarcodeModel*"},  # [U] a list, one of each piece
        "BarcodeResult": {
            "ResultCode": "text", "ResultMessage": "text", "ZebraZpl": "text", "ZebraPdf": "text", "Images": "ArrayOfString",
            "BarcodeModel": "ArrayOfBarcodeModel",
        },
    },
    operations={
        "SetOrder": ({"orderInfo": "ArrayOfOrder", **LOGIN}, {"SetOrderResult": "ArrayOfOrderResultInfo"}),
        "CancelDispatch": ({**LOGIN, "integrationCode": "text"}, {"CancelDispatchResult": "Result"}),  # [U] or a bare number
        "GetOrder": ({**LOGIN, "date": "text"}, {"GetOrderResult": "OrdersFound"}),
        "GetOrderWithIntegrationCode": (
            {**LOGIN, "integrationCode": "text"}, {"GetOrderWithIntegrationCodeResult": "OrdersFound"},
        ),
        "GetArasBarcode": (
            {"Username": "text", "Password": "text", "integrationCode": "text"}, {"GetArasBarcodeResult": "BarcodeResult"},
        ),
    },
    action=NAMESPACE,
)  # fmt: skip
QUESTION = {"loginInfo": "text", "queryInfo": "text"}
#: [U] the action of a WCF service; WCF's basicHttpBinding speaks 1.1 only.
QUERIES = Service(
    name="ArasCargoIntegrationService",
    namespace=NAMESPACE,
    types={},
    operations={
        "GetQueryJSON": (QUESTION, {"GetQueryJSONResult": "text"}),
        "GetQueryXML": (QUESTION, {"GetQueryXMLResult": "xml"}),  # [U] a tree, not a text
    },
    action="http://tempuri.org/IArasCargoIntegrationService/",
    versions=("1.1",),
)

#: DURUM_KODU -> (DURUMU, DURUM_EN)
STATES = {
    "1": ("ÇIKIŞ ŞUBESİNDE", "AT DEPARTURE BRANCH"), "2": ("YOLDA", "ON THE WAY"), "3": ("TESLİMAT ŞUBESİNDE", "AT DELIVERY BRANCH"),
    "4": ("TESLİMATTA", "OUT FOR DELIVERY"), "5": ("PARÇALI TESLİMAT", "PARTLY DELIVERED"), "6": ("TESLİM EDİLDİ", "DELIVERED"),
    "7": ("YÖNLENDİRİLDİ", "FORWARDED"),
}  # fmt: skip
#: A parcel's step -> (DURUM_KODU, TIP_KODU, DEVIR_KODU).
STEPS = {
    "accepted": ("1", "1", ""), "left": ("2", "1", ""), "arrived": ("3", "1", ""), "out": ("4", "1", ""), "delivered": ("6", "1", ""),
    "failed": ("3", "1", "AY"), "returning": ("2", "3", ""), "returned": ("6", "3", ""), "lost": ("2", "1", "PS"),
}  # fmt: skip
CARRY_OVER = {"AY": "ADRES YANLIŞ/YETERSİZ", "PS": "PARÇA SORUNU", "": ""}
BRANCHES = (("BORNOVA", "İZMİR", "BORNOVA"), ("ÇANKAYA", "ANKARA", "ÇANKAYA"), ("KADIKÖY", "İSTANBUL", "KADIKÖY"))
