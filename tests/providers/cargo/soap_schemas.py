"""Schemas out of a reference's element lists, for carriers whose WSDL is not public, and a Script that answers from a list."""

from __future__ import annotations

import httpx
from lxml import etree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def text(name: str, most: int = 200, optional: bool = False, pattern: str = "") -> str:
    """An element with so many letters at most, never empty."""
    absent = ' minOccurs="0"' if optional else ""
    form = f'<xs:pattern value="{pattern}"/>' if pattern else ""
    return (
        f'<xs:element name="{name}"{absent}><xs:simpleType><xs:restriction base="xs:string"><xs:minLength value="1"/>'
        f'<xs:maxLength value="{most}"/>{form}</xs:restriction></xs:simpleType></xs:element>'
    )


def group(name: str, inside: str, kind: str = "sequence", more: str = "") -> str:
    return (
        f'<xs:element name="{name}"{more}><xs:complexType><xs:{kind}>{inside}</xs:{kind}></xs:complexType></xs:element>'
    )


def schema(inside: str, namespace: str = "", before: str = "") -> etree.XMLSchema:
    """`before`: further attributes of the schema's own element."""
    target = f' targetNamespace="{namespace}" elementFormDefault="qualified"' if namespace else ""
    found = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"{target}{before}>{inside}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(found))


def body_of(data: bytes) -> etree._Element:
    """The one element in the Body of an envelope of SOAP 1.1."""
    root = etree.fromstring(data)
    assert root.tag == f"{SOAP}Envelope"
    body = root.find(f"{SOAP}Body")
    assert body is not None
    [found] = list(body)
    return found


class Script:
    """Answers in turn: bytes, (status, bytes) or an error; keeps the operations and bodies that were asked."""

    def __init__(self, *answers: bytes | tuple[int, bytes] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.bodies: list[bytes] = []

    def __call__(self, made: httpx.Request) -> httpx.Response:
        self.asked.append(etree.QName(body_of(made.content)).localname if made.content else made.method)
        self.bodies.append(made.content)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        status, data = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, content=data, headers={"content-type": "text/xml; charset=utf-8"})

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self), base_url="https://carrier.example")
