"""Where the merchant of a rehearsal ships from: no fake carrier knows it, and a connection to one is not whole without it."""

from __future__ import annotations

SENDER = {
    "sender_name": "Ayşe Yılmaz", "sender_company": "Örnek Ticaret Ltd. Şti.", "sender_phone": "0532 111 22 33",
    "sender_street": "Gül Mah. Lale Sok. 4", "sender_city": "İstanbul", "sender_postcode": "34394", "sender_country": "TR",
}  # fmt: skip
