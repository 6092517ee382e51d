"""Messages of a Mirakl instance: M10, M11, M12, M13 and OR43. Questions about a product are threads on an offer, nothing else.

Source: the seller OpenAPI document. An answer of the shop clears `shop_reply_needed_since`.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.mirakl_orders import found
from providers.sandboxes.mirakl_records import SHOP_ID, Message, Thread
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, bad, iso, missing, parsed, seek_page

SHOP_NAME = "Deneme Mağazası"
MOST_MESSAGES = 1000
MOST_FILES = 50


def add_thread(
    shop: Shop, entity: tuple[str, str, str], topic: str, customer: tuple[str, str], body: str, at: int
) -> Thread:
    """A buyer writes and waits for an answer."""
    message = Message(shop.uuid(), at, False, body, ["SHOP"])
    one = Thread(shop.uuid(), entity, ("FREE_TEXT", topic), customer, "WEB", [message], at)
    shop.threads[one.id] = one
    return one


def list_threads(shop: Shop, call: Call) -> Answer:
    """M11: the latest first."""
    args = call.args
    if "entity_id" in args and "entity_type" not in args:
        raise bad("entity_id needs entity_type")
    rows = [
        one
        for one in shop.threads.values()
        if args.get("entity_type", one.entity[0]) == one.entity[0]
        and one.entity[1] in args.get("entity_id", [one.entity[1]])
        and one.updated >= args.get("updated_since", 0)
        and (one.entity[0] != "MMP_ORDER" or one.channel in args.get("channel_codes", [one.channel]))
    ]
    rows.sort(key=lambda one: (one.updated, one.id), reverse=call.args.get("order") != "asc")
    page, tokens = seek_page(call, rows, [one.id for one in rows])
    return Answer({"data": [_row(one, bool(args.get("with_messages"))) for one in page], **tokens})


def one_thread(shop: Shop, call: Call) -> Answer:
    """M10."""
    return Answer(_row(_thread(shop, call), True))


def _thread(shop: Shop, call: Call) -> Thread:
    one = shop.threads.get(call.path["thread_id"])
    if one is None:
        raise missing("Thread", call.path["thread_id"])
    return one


def _who(one: Thread, kind: str) -> dict[str, Any]:
    if kind == "OPERATOR":
        return {"display_name": "Pazaryeri", "type": "OPERATOR"}
    if kind == "SHOP":
        return {"display_name": SHOP_NAME, "id": str(SHOP_ID), "type": "SHOP"}
    return {"display_name": one.customer[1], "id": one.customer[0], "type": "CUSTOMER"}


def _sender(one: Thread, by_shop: bool) -> dict[str, Any]:
    organization = _who(one, "SHOP" if by_shop else "CUSTOMER")
    kind = "SHOP_USER" if by_shop else "CUSTOMER_USER"
    return {"display_name": organization["display_name"], "organization_details": organization, "type": kind}


def _row(one: Thread, with_messages: bool) -> dict[str, Any]:
    kinds = ["CUSTOMER", *(["SHOP"] if any(message.by_shop for message in one.messages) else [])]
    last = one.messages[-1]
    row: dict[str, Any] = {
        "authorized_participants": [_who(one, kind) for kind in ("SHOP", "CUSTOMER", "OPERATOR")],
        "current_participants": [_who(one, kind) for kind in kinds], "customer_organization": None,
        "date_created": iso(one.messages[0].created), "date_updated": iso(one.updated),
        "entities": [{"id": one.entity[1], "label": one.entity[2], "type": one.entity[0]}], "id": one.id,
        "metadata": {
            "last_message_date": iso(last.created), "last_sender": _sender(one, last.by_shop),
            "shop_reply_needed_since": None if one.open_since is None else iso(one.open_since), "total_count": len(one.messages),
        },
        "topic": {"type": one.topic[0], "value": one.topic[1]},
    }  # fmt: skip
    if with_messages:
        row["messages"] = [_message(one, message) for message in one.messages[-100:]]
        row["no_store_reply_needed"] = []
    return row


def _message(one: Thread, message: Message) -> dict[str, Any]:
    files = [{"id": key, "name": name, "size": len(data)} for key, name, data in message.files]
    return {
        "attachments": files, "body": message.body, "date_created": iso(message.created), "from": _sender(one, message.by_shop),
        "id": message.id, "to": [_who(one, kind) for kind in message.to],
    }  # fmt: skip


def _input(shop: Shop, call: Call, name: str) -> tuple[dict[str, Any], list[tuple[str, str, bytes]]]:
    """The JSON part and the attachments."""
    parts = call.form()
    inputs = [one.data for one in parts if one.name == name]
    files = [(shop.uuid(), one.file_name, one.data) for one in parts if one.name == "files"]
    if len(inputs) != 1 or len(files) + 1 != len(parts) or len(files) > MOST_FILES:
        raise bad(f"The form takes one part [{name}] and up to {MOST_FILES} parts [files]")
    return check_body(call.operation, parsed(inputs[0])), files


def reply(shop: Shop, call: Call) -> Answer:
    """M12."""
    one = _thread(shop, call)
    body, files = _input(shop, call, "message_input")
    if len(one.messages) >= MOST_MESSAGES:
        raise bad(f"A thread has {MOST_MESSAGES} messages at most")
    message = Message(shop.uuid(), call.now, True, body["body"], [to["type"] for to in body["to"]], files)
    if shop.may_apply():
        one.messages.append(message)
        one.open_since = None
        if "topic" in body:
            one.topic = (body["topic"].get("type", one.topic[0]), body["topic"].get("value", one.topic[1]))
        shop.counts["messages"] += 1
        shop.wrote()
    return Answer({"message_id": message.id, "thread_id": one.id}, 201)


def open_thread(shop: Shop, call: Call) -> Answer:
    """OR43: the shop writes first."""
    order = found(shop, call)
    body, files = _input(shop, call, "thread_input")
    message = Message(shop.uuid(), call.now, True, body["body"], body["to"], files)
    customer = (order.customer, f"{order.buyer.first} {order.buyer.last}")
    topic = (body["topic"]["type"], body["topic"]["value"])
    one = Thread(shop.uuid(), ("MMP_ORDER", order.id, order.id), topic, customer, order.channel, [message])
    if shop.may_apply():
        shop.threads[one.id] = one
        shop.counts["messages"] += 1
        shop.wrote()
    return Answer({"message_id": message.id, "thread_id": one.id}, 201)


def attachment(shop: Shop, call: Call) -> Answer:
    """M13."""
    key = call.path["attachment_id"]
    for one in shop.threads.values():
        for message in one.messages:
            for number, name, data in message.files:
                if number == key:
                    head = {"content-disposition": f'attachment; filename="{name}"'}
                    return Answer(data, media_type="application/octet-stream", headers=head)
    raise missing("Attachment", key)
