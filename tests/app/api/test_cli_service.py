"""`paxzar questions`, `answer`, `invoice-link`, `split`, `boxes` from the outside, on the Trendyol rehearsal server; and what the
audit log keeps of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.commands_service import spread
from providers.sandboxes.trendyol import create
from tests.app.api.conftest import Cli
from tests.support.serving import serve

SHOP = "Trendyol Mağazam"


@pytest.fixture(scope="module")
def trendyol() -> Iterator[str]:
    with serve(create(seed=3).app) as address:
        yield address


class World:
    def __init__(self, cli: Cli, address: str) -> None:
        self.cli, self.address = cli, address
        self.room = httpx.Client(base_url=f"{address}/_control")

    def post(self, what: str, data: Any) -> None:
        self.room.post(f"/{what}", json=data).raise_for_status()

    def orders(self, status: str) -> list[dict[str, Any]]:
        return [one for one in self.room.get("/orders").json() if one["status"] == status]

    def connect(self, integration: str, *more: str) -> None:
        held = self.room.get("/credentials").json()
        path = self.cli.folder.parent / "secrets.json"
        path.write_text(json.dumps({k: held[k] for k in ("api_key", "api_secret")}), encoding="utf-8")
        result = self.cli(
            "connect", integration, *more, "--base-url", self.address, "--set", f"seller_id={held['seller_id']}",
            "--secrets-from", str(path),
        )  # fmt: skip
        assert result.exit_code == 0, result.output

    def pull(self) -> None:
        since = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
        result = self.cli("sync", SHOP, "--orders", "--since", since)
        assert result.exit_code == 0, result.output


@pytest.fixture
def world(cli: Cli, trendyol: str) -> Iterator[World]:
    made = World(cli, trendyol)
    made.post("reset", {"orders": 60, "listings": 20, "seed": 3})
    made.connect("trendyol", "--name", SHOP)
    yield made
    made.room.close()


def test_questions_and_answers(world: World) -> None:
    cli = world.cli
    found = cli.json("questions", SHOP, "--open")
    assert found
    assert {one["status"] for one in found} == {"open"}
    assert all(one["text"] and one["product"] and one["asked_at"].endswith("Z") for one in found)
    told = cli("questions")
    assert told.exit_code == 0
    assert "to answer" in told.output
    chosen = found[0]["id"]
    done = cli("answer", SHOP, chosen, "Evet, yüzde yüz pamukludur.")
    assert done.exit_code == 0, done.output
    assert f"{SHOP}: question {chosen} was answered." in done.output
    again = {one["id"]: one for one in cli.json("questions", SHOP)}[chosen]
    assert (again["status"], again["answer"]) == ("in_review", "Evet, yüzde yüz pamukludur.")


def test_what_is_wrong_with_an_answer_is_one_sentence(world: World) -> None:
    short = world.cli("answer", SHOP, "5", "kısa")
    assert short.exit_code == 1
    assert len(short.output.strip().splitlines()) == 1
    assert "an answer has 10 to 2,000 characters" in short.output
    never = world.cli("answer", SHOP, "5", "Evet, yüzde yüz pamukludur.")
    assert (never.exit_code, "does not know this record" in never.output) == (1, True)
    assert world.cli("questions", SHOP, "--days", "400").exit_code == 2
    assert world.cli("questions", "Yok").exit_code == 2


def test_a_question_list_that_fails_says_so(world: World) -> None:
    world.post("faults", {"kind": "status", "status": 401, "path": "/questions", "count": -1})
    told = world.cli("questions", SHOP)
    assert told.exit_code == 1
    assert f"{SHOP} · questions: " in told.output


def test_invoice_links(world: World) -> None:
    world.pull()
    order = world.orders("Picking")[0]
    args = ("invoice-link", order["number"], "https://fatura.example/1.pdf", "--number", "PXZ2026000000001")
    for _ in range(2):
        done = world.cli(*args, "--date", "2026-11-20")
        assert done.exit_code == 0, done.output
    assert f"the invoice link of order {order['number']} was sent" in done.output
    other = world.cli("invoice-link", order["remote_id"], "https://fatura.example/2.pdf")
    assert (other.exit_code, "another link is stored for this package" in other.output) == (1, True)
    none = world.cli("invoice-link", "yok", "https://fatura.example/2.pdf")
    assert (none.exit_code, "no stored order" in none.output) == (1, True)
    assert world.cli(*args, "--date", "dün").exit_code == 2


def test_an_answer_that_is_lost_is_no_success(world: World) -> None:
    world.pull()
    order = world.orders("Picking")[0]
    world.post("faults", {"kind": "drop_after", "path": "/seller-invoice-links", "count": 1})
    told = world.cli.json("invoice-link", order["number"], "https://fatura.example/1.pdf", exit_code=1)
    assert (told["state"], told["message"]["code"]) == ("unknown", "net.cut")
    lines = world.cli("boxes", order["number"], "2", "--desi", "3,5")
    assert lines.exit_code == 0, lines.output
    assert "has 2 boxes, 3.5 desi" in lines.output


def test_splits(world: World) -> None:
    world.pull()
    order = next(o for o in world.orders("Created") if sum(x["quantity"] for x in o["lines"]) > 2)
    line = max(order["lines"], key=lambda one: one["quantity"])
    for args, words in (
        ((), "Name the lines"),
        (("yok:1",), "no single line"),
        ((f"{line['sku']}:0",), "LINE:QTY"),
        ((line["sku"],), "LINE:QTY"),
        (("--into", "40"), "too few for 40"),
    ):
        refused = world.cli("split", order["number"], *args)
        assert (refused.exit_code, words in refused.output) == (2, True), refused.output
    refused = world.cli("split", order["number"], f"{line['sku']}:{line['quantity'] + 1}")
    assert (refused.exit_code, "not that many pieces" in refused.output) == (1, True)
    told = world.cli.json("split", order["number"], f"{line['sku']}:1")
    assert (told["state"], told["groups"]) == ("done", [[[line["remote_id"], 1]]])
    world.pull()
    several = world.cli("split", order["number"], "--into", "2")
    assert (several.exit_code, "stands for several packages" in several.output) == (1, True), several.output
    assert order["remote_id"] not in several.output  # the old package is called off: it is not meant
    whole = next(o for o in world.orders("Created") if sum(x["quantity"] for x in o["lines"]) > 1)
    told = world.cli.json("split", whole["remote_id"], "--into", "2")
    pieces = [sum(count for _, count in group) for group in told["groups"]]
    assert (told["state"], len(pieces), max(pieces) - min(pieces) <= 1) == ("done", 2, True)


def test_what_a_connection_cannot_do(world: World, connected: Cli) -> None:
    """`connected` is a WooCommerce shop in the same workspace."""
    told = connected("questions", "Dükkân")
    assert (told.exit_code, "has no way for buyers' questions" in told.output) == (1, True)
    connected("sync", "--orders")
    number = connected.json("orders", "Dükkân")[0]["number"]
    told = connected("boxes", number, "2", "--desi", "1")
    assert (told.exit_code, "Dükkân has no way for box counts" in told.output) == (1, True)
    told = connected("boxes", number, "2", "--desi", "-1")
    assert (told.exit_code, "is no desi" in told.output) == (2, True)


def test_a_view_of_the_account_sends_through_the_connection_that_can(world: World) -> None:
    world.pull()
    order = world.orders("Picking")[0]
    world.connect("trendyol_fulfillment", "--name", "Depo", "--account", SHOP)
    told = world.cli.json("boxes", order["number"], "1", "--desi", "2")
    assert (told["connection"], told["state"]) == (SHOP, "done")
    assert world.cli("answer", "Depo", "5", "Evet, yüzde yüz pamukludur.").exit_code == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), min_size=1, max_size=4), st.integers(1, 12))
def test_spread_loses_and_makes_nothing(shares: list[tuple[str, int]], into: int) -> None:
    total = sum(count for _, count in shares)
    groups = spread(shares, into)
    if total < into:
        assert groups == []
        return
    sizes = [sum(count for _, count in group) for group in groups]
    assert (len(groups), sum(sizes)) == (into, total)
    assert max(sizes) - min(sizes) <= 1
    for line in "abc":
        assert sum(n for g in groups for x, n in g if x == line) == sum(n for x, n in shares if x == line)


def test_each_write_leaves_an_audit_entry_however_it_ended(world: World) -> None:
    world.pull()
    order = world.orders("Picking")[0]
    question = world.cli.json("questions", SHOP, "--open")[0]["id"]
    assert world.cli("answer", SHOP, question, "Evet, yüzde yüz pamukludur.").exit_code == 0
    assert world.cli("answer", SHOP, "5", "kısa").exit_code == 1
    assert world.cli("invoice-link", order["number"], "https://fatura.example/9.pdf").exit_code == 0
    world.post("faults", {"kind": "drop_after", "path": "/box-info", "count": 1})
    world.cli("boxes", order["number"], "3", "--desi", "4.5")
    entries = world.cli.json("audit", "--action", "service")
    told = {(one["action"], one["subject_kind"], one["outcome"]) for one in entries}
    assert ("service.answered", "question", "done") in told
    assert ("service.answered", "question", "refused") in told
    assert ("service.linked", "order", "done") in told
    boxes = next(one for one in entries if one["action"] == "service.boxes")
    assert boxes["details"] == {"count": 3}
    assert all(one["actor"] and one["connection_id"] for one in entries)
    none = world.cli("accept", order["number"])
    assert (none.exit_code, "no way for accepting orders" in none.output) == (1, True)
    assert "pamuk" not in str(entries)
