"""A WSDL of the fake Yurtiçi service, written by hand from reference "## Yurtiçi Kargo", so that any SOAP client can call it.

The carrier's own file is not public. Operation elements are in the service's namespace, everything below is unqualified.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

NAMESPACE = "http://yurticikargo.com.tr/ShippingOrderDispatcherServices"
CREATE_FIELDS = (
    "cargoKey", "invoiceKey", "receiverCustName", "receiverAddress", "receiverPhone1", "receiverPhone2", "receiverPhone3",
    "cityName", "townName", "custProdId", "desi", "kg", "cargoCount", "waybillNo", "specialField1", "specialField2",
    "specialField3", "ttCollectionType", "ttInvoiceAmount", "ttDocumentId", "ttDocumentSaveType", "dcSelectedCredit",
    "dcCreditRule", "description", "orgGeoCode", "privilegeOrder", "emailAddress", "taxNumber", "taxOfficeId",
    "taxOfficeName", "orgReceiverCustId",
)  # fmt: skip
ITEM_FIELDS = (
    "docId", "trackingUrl", "documentDate", "documentTime", "deliveryDate", "deliveryTime", "receiverInfo", "totalPrice",
    "totalVat", "totalAmount", "totalDesi", "totalKg", "totalDesiKg", "totalCargo", "departureUnitName", "arrivalUnitName",
    "arrivalTrCenterName", "deliveryUnitName", "cargoEventId", "cargoEventExplanation", "cargoReasonId",
    "cargoReasonExplanation", "rejectStatus", "rejectReasonExplanation", "returnStatus", "returnDocId", "returnDeliveryDate",
    "estimatedDeliveryDate",
)  # fmt: skip
EVENT_FIELDS = ("unitId", "unitName", "eventId", "eventName", "reasonId", "reasonName", "eventDate", "eventTime", "cityName", "townName")  # fmt: skip
#: Complex types: field → xsd type; a `*` behind the type means that it may repeat.
TYPES: dict[str, dict[str, str]] = {
    "ShippingOrderVO": dict.fromkeys(CREATE_FIELDS, "xsd:string"),
    "ShippingOrderDetailVO": {"cargoKey": "xsd:string", "invoiceKey": "xsd:string", "errCode": "xsd:int", "errMessage": "xsd:string"},
    "ShippingCancelDetailVO": {
        "cargoKey": "xsd:string", "invoiceKey": "xsd:string", "jobId": "xsd:long", "docId": "xsd:string", "operationCode": "xsd:int",
        "operationMessage": "xsd:string", "operationStatus": "xsd:string", "errCode": "xsd:int", "errMessage": "xsd:string",
    },
    "ShippingOrderResultVO": {
        "outFlag": "xsd:string", "outResult": "xsd:string", "count": "xsd:int", "jobId": "xsd:long",
        "shippingOrderDetailVO": "tns:ShippingOrderDetailVO*", "shippingCancelDetailVO": "tns:ShippingCancelDetailVO*",
    },
    "InvDocCargoVO": dict.fromkeys(EVENT_FIELDS, "xsd:string"),
    "InvDocFieldVO": {"fieldName": "xsd:string", "value": "xsd:string"},
    "ShippingDeliveryItemDetailVO": {
        **dict.fromkeys(ITEM_FIELDS, "xsd:string"), "invDocCargoVOArray": "tns:InvDocCargoVO*", "invDocFieldVOArray": "tns:InvDocFieldVO*",
    },
    "ShippingDeliveryDetailVO": {
        "cargoKey": "xsd:string", "invoiceKey": "xsd:string", "jobId": "xsd:long", "errCode": "xsd:int", "errMessage": "xsd:string",
        "operationCode": "xsd:int", "operationMessage": "xsd:string", "operationStatus": "xsd:string",
        "shippingDeliveryItemDetailVO": "tns:ShippingDeliveryItemDetailVO",
    },
    "ShippingDeliveryVO": {
        "outFlag": "xsd:string", "outResult": "xsd:string", "count": "xsd:int", "senderCustId": "xsd:long",
        "shippingDeliveryDetailVO": "tns:ShippingDeliveryDetailVO*",
    },
    "ExtendedBaseResultVO": {"outFlag": "xsd:string", "outResult": "xsd:string", "errCode": "xsd:int"},
}  # fmt: skip
RETURN_CODE = {"fieldName": "xsd:string", "returnCode": "xsd:string"}
#: Operation → (its parameters in order, its result element and type).
OPERATIONS: dict[str, tuple[dict[str, str], str]] = {
    "createShipment": ({"wsUserName": "xsd:string", "wsPassword": "xsd:string", "userLanguage": "xsd:string", "ShippingOrderVO": "tns:ShippingOrderVO*"}, "ShippingOrderResultVO"),
    "queryShipment": ({"wsUserName": "xsd:string", "wsPassword": "xsd:string", "wsLanguage": "xsd:string", "keys": "xsd:string*", "keyType": "xsd:int",
                       "addHistoricalData": "xsd:boolean", "onlyTracking": "xsd:boolean"}, "ShippingDeliveryVO"),
    "cancelShipment": ({"wsUserName": "xsd:string", "wsPassword": "xsd:string", "userLanguage": "xsd:string", "cargoKeys": "xsd:string*"}, "ShippingOrderResultVO"),
    "saveReturnShipmentCode": ({"wsUserName": "xsd:string", "wsPassword": "xsd:string", "wsLanguage": "xsd:string", **RETURN_CODE,
                                "startDate": "xsd:string", "endDate": "xsd:string", "maxCount": "xsd:int"}, "ExtendedBaseResultVO"),
    "cancelReturnShipmentCode": ({"wsUserName": "xsd:string", "wsPassword": "xsd:string", "wsLanguage": "xsd:string", **RETURN_CODE}, "ExtendedBaseResultVO"),
}  # fmt: skip


def _fields(fields: dict[str, str]) -> str:
    rows = []
    for name, kind in fields.items():
        many = ' maxOccurs="unbounded"' if kind.endswith("*") else ""
        rows.append(f'<xsd:element name="{name}" type="{kind.rstrip("*")}" minOccurs="0"{many} nillable="true"/>')
    return f"<xsd:sequence>{''.join(rows)}</xsd:sequence>"


def document(address: str) -> bytes:
    """The WSDL with this service address."""
    schema, messages, ports, bindings = [], [], [], []
    for name, fields in TYPES.items():
        schema.append(f'<xsd:complexType name="{name}">{_fields(fields)}</xsd:complexType>')
    for name, (parameters, result) in OPERATIONS.items():
        schema.append(
            f'<xsd:element name="{name}"><xsd:complexType>{_fields(parameters)}</xsd:complexType></xsd:element>'
        )
        answer = _fields({result: f"tns:{result}"})
        schema.append(f'<xsd:element name="{name}Response"><xsd:complexType>{answer}</xsd:complexType></xsd:element>')
        messages += [
            f'<message name="{end}"><part name="parameters" element="tns:{end}"/></message>'
            for end in (name, f"{name}Response")
        ]
        ports.append(
            f'<operation name="{name}"><input message="tns:{name}"/><output message="tns:{name}Response"/></operation>'
        )
        bindings.append(
            f'<operation name="{name}"><soap:operation soapAction=""/><input><soap:body use="literal"/></input>'
            '<output><soap:body use="literal"/></output></operation>'
        )
    service = "ShippingOrderDispatcherServices"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}" name="{service}">'
        f'<types><xsd:schema targetNamespace="{NAMESPACE}" elementFormDefault="unqualified">{"".join(schema)}</xsd:schema></types>'
        f'{"".join(messages)}<portType name="{service}Port">{"".join(ports)}</portType>'
        f'<binding name="{service}Binding" type="tns:{service}Port">'
        f'<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>{"".join(bindings)}</binding>'
        f'<service name="{service}"><port name="{service}Port" binding="tns:{service}Binding">'
        f'<soap:address location="{escape(address)}"/></port></service></definitions>'
    )
    return text.encode()
