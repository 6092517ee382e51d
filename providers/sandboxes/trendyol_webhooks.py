"""Trendyol's webhook registrations. Nothing is ever sent from here: a fake server calls nobody.

Source: reference/marketplaces-tr.md, "## Trendyol", "Webhooks"; words that a URL may not hold, the list of statuses and the row's
fields from the vendor's pages that it names. Secrets are taken and never told back.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.trendyol_records import Hook
from providers.sandboxes.trendyol_shapes import SHIFT_MS
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, bad, missing

MOST = 15
HOOK_STATUSES = (
    "CREATED", "PICKING", "INVOICED", "SHIPPED", "CANCELLED", "DELIVERED", "UNDELIVERED", "RETURNED", "UNSUPPLIED",
    "AWAITING", "UNPACKED", "AT_COLLECTION_POINT", "VERIFIED",
)  # fmt: skip
FORBIDDEN = ("trendyol", "dolap", "localhost")


def webhooks_list(shop: Shop, call: Call) -> Answer:
    return Answer(200, [_row(hook) for hook in shop.webhooks.values()])


def _row(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id, "createdDate": hook.created + SHIFT_MS,
        "lastModifiedDate": None if hook.modified is None else hook.modified + SHIFT_MS, "url": hook.url,
        "username": hook.username, "authenticationType": hook.kind, "status": "ACTIVE" if hook.active else "PASSIVE",
        "subscribedStatuses": hook.statuses,
    }  # fmt: skip


def _read(shop: Shop, call: Call) -> Hook:
    """The whole registration from a body; no status named means every status."""
    body = call.json()
    kind, url = body.get("authenticationType"), body.get("url")
    if kind not in ("BASIC_AUTHENTICATION", "API_KEY"):
        raise bad("authenticationType.invalid", "authenticationType geçersiz")
    needed = ("apiKey",) if kind == "API_KEY" else ("username", "password")
    if not isinstance(url, str) or not re.fullmatch(r"https?://\S+", url):
        raise bad("url.invalid", "url geçersiz")
    if any(word in url.casefold() for word in FORBIDDEN):
        raise bad("url.forbidden", "url Trendyol, Dolap veya localhost içeremez")
    if not all(isinstance(body.get(name), str) and body[name] for name in needed):
        raise bad("authentication.required", f"{', '.join(needed)} zorunludur")
    wanted = body.get("subscribedStatuses") or []
    if not isinstance(wanted, list) or any(status not in HOOK_STATUSES for status in wanted):
        raise bad("subscribedStatuses.invalid", "subscribedStatuses geçersiz")
    return Hook(
        "", shop.now(), url, kind, str(body.get("username") or ""), str(body[needed[-1]]), wanted or list(HOOK_STATUSES)
    )


def add_webhook(shop: Shop, call: Call) -> Answer:
    """At most fifteen; a passive one counts."""
    hook = _read(shop, call)
    if len(shop.webhooks) >= MOST:
        raise bad("webhook.limit", f"En fazla {MOST} webhook tanımlanabilir")
    hook.id = f"{shop.next_number():08x}-3eb0-4000-8000-{shop.seller:012d}"
    if shop.may_apply():
        shop.webhooks[hook.id] = hook
        shop.wrote()
    return Answer(200, {"id": hook.id})


def _hook(shop: Shop, call: Call) -> Hook:
    hook = shop.webhooks.get(call.path["W"])
    if hook is None:
        raise missing("Webhook")
    return hook


def change_webhook(shop: Shop, call: Call) -> Answer:
    """A full replacement: what the body leaves out is gone. Whether it is active stays."""
    old, new = _hook(shop, call), _read(shop, call)
    if shop.may_apply():
        new.id, new.created, new.active, new.modified = old.id, old.created, old.active, shop.now()
        shop.webhooks[old.id] = new
        shop.wrote()
    return Answer()


def delete_webhook(shop: Shop, call: Call) -> Answer:
    hook = _hook(shop, call)
    if shop.may_apply():
        del shop.webhooks[hook.id]
        shop.wrote()
    return Answer()


def activate_webhook(shop: Shop, call: Call) -> Answer:
    return _switch(shop, call, True)


def deactivate_webhook(shop: Shop, call: Call) -> Answer:
    return _switch(shop, call, False)


def _switch(shop: Shop, call: Call, active: bool) -> Answer:
    hook = _hook(shop, call)
    if shop.may_apply():
        hook.active, hook.modified = active, shop.now()
        shop.wrote()
    return Answer()
