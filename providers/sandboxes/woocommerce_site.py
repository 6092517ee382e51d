"""The rest of wc/v3: the index, webhooks, the currency, the system status.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", "Health", "Webhooks", "Auth" (the index reports the URL to
sign with).
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.woocommerce_state import Site
from providers.sandboxes.woocommerce_wire import Answer, Call, Problem, dates, invalid, trim, unknown

TOPIC = re.compile(r"(order|product|customer|coupon)\.(created|updated|deleted)|action\.\w+", re.ASCII)
HOOK_STATUSES = ("active", "paused", "disabled")


def index(url: str) -> dict[str, Any]:
    """What `/wp-json/` says to anyone; `url` is the site's own address without a trailing slash."""
    return {
        "name": "Örnek Dükkân", "description": "Şehrin en güzel kupaları", "url": url, "home": url, "gmt_offset": 3,
        "timezone_string": "Europe/Istanbul", "namespaces": ["wp/v2", "wc/v1", "wc/v2", "wc/v3"],
    }  # fmt: skip


def currency(site: Site, call: Call) -> Answer:
    return Answer({"code": "TRY", "name": "Turkish lira", "symbol": "&#8378;"})


def system_status(site: Site, call: Call) -> Answer:
    """Only for a key whose user is an administrator."""
    if not site.on("admin_key"):
        raise Problem(403, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    row = {
        "environment": {"home_url": "", "site_url": "", "version": "9.4.2", "wp_version": "6.7", "default_timezone": "UTC"},
        "database": {"wc_database_version": "9.4.2"},
        "active_plugins": [{"plugin": "woocommerce/woocommerce.php", "name": "WooCommerce", "version": "9.4.2"}],
        "settings": {
            "api_enabled": False, "force_ssl": False, "currency": "TRY", "currency_symbol": "&#8378;", "currency_position": "right",
            "thousand_separator": ".", "decimal_separator": ",", "number_of_decimals": 2,
        },
    }  # fmt: skip
    return Answer(trim(row, call.query.get("_fields", "")))


# -- webhooks ------------------------------------------------------------------------------------------------------
def _public(hook: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in hook.items() if name not in ("secret", "created", "modified")}
    return row | dates("date_created", hook["created"]) | dates("date_modified", hook["modified"])


def _hook(site: Site, number: int) -> dict[str, Any]:
    hook = site.webhooks.get(number)
    if hook is None:
        raise unknown("shop_webhook")
    return hook


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    for name in ("name", "topic", "delivery_url", "secret", "status"):
        if not isinstance(body.get(name, ""), str):
            raise invalid(name, f"{name} is not of type string.")
    if "topic" in body and not TOPIC.fullmatch(body["topic"]):
        raise Problem(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
    if "delivery_url" in body and not re.fullmatch(r"https?://\S+", body["delivery_url"]):
        raise Problem(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Webhook delivery URL must be valid.")
    if body.get("status", "active") not in HOOK_STATUSES:
        raise invalid("status", f"status is not one of {', '.join(HOOK_STATUSES)}.")
    return {name: body[name] for name in ("name", "topic", "delivery_url", "secret", "status") if name in body}


def webhook_list(site: Site, call: Call) -> Answer:
    page, size = call.number("page", 1, 1), call.number("per_page", 10, 1, 100)
    rows = [_public(hook) for hook in reversed(site.webhooks.values())]
    return Answer(rows[(page - 1) * size : page * size], total=len(rows))


def add_webhook(site: Site, call: Call) -> Answer:
    fields = _fields(call.json())
    if not {"topic", "delivery_url"} <= fields.keys():
        raise Problem(
            400,
            "rest_missing_callback_param",
            "Missing parameter(s): topic, delivery_url",
            params=["topic", "delivery_url"],
        )
    number, now = site.next_id(), site.now()
    hook = {
        "id": number,
        "name": f"Webhook {number}",
        "status": "active",
        "secret": "",
        "created": now,
        "modified": now,
    } | fields
    hook["resource"], _, hook["event"] = fields["topic"].partition(".")
    site.webhooks[number] = hook
    return Answer(_public(hook), 201)


def get_webhook(site: Site, call: Call) -> Answer:
    return Answer(_public(_hook(site, call.ids[0])))


def put_webhook(site: Site, call: Call) -> Answer:
    hook, fields = _hook(site, call.ids[0]), _fields(call.json())
    hook.update(fields, modified=site.now())
    if "topic" in fields:
        hook["resource"], _, hook["event"] = fields["topic"].partition(".")
    return Answer(_public(hook))


def delete_webhook(site: Site, call: Call) -> Answer:
    hook = _hook(site, call.ids[0])
    if not call.flag("force"):
        raise Problem(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    del site.webhooks[hook["id"]]
    return Answer(_public(hook))
