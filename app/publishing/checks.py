"""What a draft lacks before a channel is told of it: one message a lack, each with the field. Pure. The words are
`publishing.problem.*`."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.contracts import Message
from app.contracts.manifest import PublishingRules
from app.model import ProductDraft

PROBLEM = "publishing.problem."


def problem(name: str, field: str, **params: str) -> Message:
    return Message(PROBLEM + name, params, field=field)


def check(draft: ProductDraft, rules: PublishingRules) -> list[Message]:
    """What is wrong with the draft whatever its category; its price and quantity are judged where they come from."""
    found = []
    if not draft.title:
        found.append(problem("no_title", "title"))
    elif rules.title and len(draft.title) > rules.title:
        found.append(problem("long_title", "title", count=str(len(draft.title)), most=str(rules.title)))
    if rules.description and len(draft.description) > rules.description:
        found.append(
            problem("long_description", "description", count=str(len(draft.description)), most=str(rules.description))
        )
    if rules.barcode and not draft.barcode:
        found.append(problem("no_barcode", "barcode"))
    if rules.brand and draft.brand is None:
        found.append(problem("no_brand", "brand"))
    if rules.vat_rate and draft.vat_rate is None:
        found.append(problem("no_vat", "vat_rate"))
    if rules.desi and draft.desi is None:
        found.append(problem("no_desi", "desi"))
    return found + _images(draft, rules)


def _images(draft: ProductDraft, rules: PublishingRules) -> list[Message]:
    if not draft.images:
        return [problem("no_image", "images")]
    found = [problem("bad_image", "images", address=one[:120]) for one in draft.images if not is_https(one)]
    if rules.images and len(draft.images) > rules.images:
        found.append(problem("many_images", "images", count=str(len(draft.images)), most=str(rules.images)))
    return found


def is_https(address: str) -> bool:
    """Whether a channel can fetch it: https, a host, no blank."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not any(c.isspace() for c in address)
