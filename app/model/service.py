"""What a merchant does for an order or a product beside selling it: answering buyers' questions. Frozen, no I/O.
Must never hold more of a buyer than the channel shows in public."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class QuestionStatus(StrEnum):
    """Where a question stands. Only OPEN ones can be answered."""

    OPEN = "open"
    IN_REVIEW = "in_review"  # answered; the channel reads the answer before it shows it
    ANSWERED = "answered"
    REPORTED = "reported"  # the merchant reported it; the channel decides
    CLOSED = "closed"  # refused by the channel, or not answered in time: for good
    UNKNOWN = "unknown"


class Question(msgspec.Struct, frozen=True):
    """What a buyer asked about a product. Instants are aware UTC. `buyer` is the name as the channel shows it, mostly masked.
    `refused_answer` and `refused_reason`: the channel did not publish that answer, another one may be given."""

    remote_id: str
    text: str
    status: QuestionStatus
    vendor_status: str
    asked_at: datetime
    buyer: str = ""
    product: str = ""
    product_id: str = ""  # the channel's id or the merchant's model code of the product, as the channel tells it
    url: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    refused_answer: str = ""
    refused_reason: str = ""
