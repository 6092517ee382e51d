"""What the suite must know of one fake server and cannot ask it: each entry with its reason. Keyed by the sandbox's module name.

A new provider starts without an entry. An entry may say how to make a vendor's delay visible; it must never excuse a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TokenFacts:
    """How the vendor's access tokens end. `revoke`: the switch by which the merchant's grant is withdrawn."""

    life_s: float
    path: str  # of the token call
    revoke: str
    counter: str  # the fake's count of tokens that it handed out
    revoked_codes: frozenset[str] = frozenset({"auth.expired"})


@dataclass(frozen=True)
class Peculiar:
    """The defaults are those of a vendor without delays, whose fake needs no help."""

    switches: tuple[tuple[str, bool], ...] = ()  # set after every reset
    published: tuple[tuple[str, bool], ...] = ()  # makes the fake's limits those that the vendor published
    visible_after_s: float = 2.0  # how long after a change the vendor's lists show it
    settle_s: float = 5.0  # between two questions for the result of a batch
    patience_s: float = (
        0.0  # a pace of minutes: so long may a read have to wait after a 429 (longer than a call does; 0: not so)
    )
    leave_out: frozenset[str] = frozenset()  # credential fields that the connection under test leaves blank
    listing_id: str = "{remote_id}"  # how a good client keys a listing, from the fields of its truth row
    least_stock: Callable[[dict[str, Any]], int] = lambda row: 0  # the smallest stock that this listing can be set to
    reads_repeat: bool = True  # False: the vendor takes a repeated question amiss
    market: str = ""  # truth rows are those whose field `market` equals the manifest's param of that name
    write_fault: dict[str, str] = field(
        default_factory=dict
    )  # which call is the write (Fault's `method`, `path`, `contains`)
    confirm_fault: dict[str, str] = field(default_factory=dict)
    accept_fault: dict[str, str] = field(default_factory=dict)  # which call takes an order
    publish_fault: dict[str, str] = field(default_factory=lambda: {"method": "POST"})  # which call makes a listing
    publish_settle_s: float = 30.0  # between two questions for the result of a publishing
    approved_after_s: float = 900.0  # how long after its result a product is a listing that can be read
    draft_extra: dict[str, str] = field(default_factory=dict)  # what this vendor's drafts need beside the model
    title_changes: bool = True  # a listing that is there takes another title
    bad_item: bool = True  # `refuse_sku:<sku>` makes the fake refuse one item; False: an unknown SKU does
    confirmed: str = "shipments"  # counter of shipment confirmations; `{order}` is the order's remote id
    cancels: bool = True  # False: no call of the vendor takes a shipment back, and the manifest says `cancel = "none"`
    carrier_word: bool = True  # the channel keeps the carrier's name as the merchant wrote it
    shipment_text: Callable[[Any], str] = lambda sandbox: str(sandbox.truth_shipments())
    crossed_out: bool = True  # the vendor keeps a crossed-out price beside the sale price
    token: TokenFacts | None = None
    means_none: frozenset[str] = (
        frozenset()
    )  # which of the suite's nonsense is this vendor's way to say "there is none"
    read_only: str = ""  # the switches, with commas between, that make the key one that may only read


def _elsewhere(levels: Mapping[str, int]) -> int:
    """Pieces beside those at the oldest place, which has the lowest number."""
    oldest = min(levels, key=lambda gid: (len(gid), gid))
    return sum(pieces for gid, pieces in levels.items() if gid != oldest)


_NUMBER = "734512098765"  # the tracking number of the suite's notices


def _without_number(sandbox: Any) -> str:
    """For a vendor with no place for a merchant's tracking number: it must be nowhere, which counts as once here."""
    return f"{sandbox.truth_shipments()} {_NUMBER}"


_PLAIN = Peculiar()

TABLE: dict[str, Peculiar] = {
    "trendyol": Peculiar(
        # Prices and stock share one address; package calls are PUTs.
        write_fault={"method": "POST", "path": "price-and-inventory"},
        confirm_fault={"method": "PUT"},
        # Trendyol hears of Picking once per package; its carriers are its own, so the notice's carrier is not kept.
        confirmed="status:{order}",
        carrier_word=False,
    ),
    "hepsiburada": Peculiar(
        means_none=frozenset({"list"}),  # bare arrays and envelopes are both documented
        crossed_out=False,
        # An upload is worked off after a while, and each may begin ten seconds after the last.
        settle_s=20.0,
        write_fault={"method": "POST", "path": "-uploads"},
        confirm_fault={"method": "POST", "path": "/packages/"},
        # To pack is to confirm; Hepsiburada's contracted carriers bring numbers of their own and refuse the merchant's.
        confirmed="status:{order}",
        carrier_word=False,
        shipment_text=_without_number,
    ),
    "n11": Peculiar(
        settle_s=20.0,
        write_fault={"method": "POST", "path": "price-stock-update"},
        # A product names the seller's delivery template, and one that is there keeps its title.
        publish_fault={"method": "POST", "path": "product-create"},
        draft_extra={"shipmentTemplate": "Standart Kargo"},
        title_changes=False,
        # Picking is all that a seller may tell; there is no call for a tracking number.
        confirm_fault={"method": "PUT"},
        confirmed="status:{order}",
        carrier_word=False,
        shipment_text=_without_number,
    ),
    "ciceksepeti": Peculiar(
        # A batch is worked off after a while and may be asked for once a minute; an equal question is refused for a minute or ten.
        settle_s=61.0,
        # Orders tell whole minutes: of two changes within one, nobody can say which came first.
        visible_after_s=61.0,
        reads_repeat=False,
        write_fault={"method": "PUT", "path": "price-and-stock"},
        # With the vendor's own carriers (the usual cargo model) the code for the label is theirs, and a number has no place.
        confirm_fault={"method": "PUT", "path": "readyforcargo"},
        confirmed="status:{order}",
        carrier_word=False,
        shipment_text=_without_number,
    ),
    "pazarama": Peculiar(
        # Orders tell their instant to the minute: one that came just now reads as if it had been there for up to a minute.
        visible_after_s=62.0,
        # A batch takes up to 40 s; and a reset of the fake forgets tokens, which a client renews when they are two minutes old.
        settle_s=61.0,
        write_fault={"method": "POST", "path": "-v2"},
        confirm_fault={"method": "PUT"},
        # Pazarama hears of each item; the carrier is one of its own list, told by its id.
        confirmed="shipped:{order}",
        carrier_word=False,
        # A wrong secret and one that was renewed read the same.
        token=TokenFacts(
            3600, "/connect/token", "secret_expired", "tokens", frozenset({"auth.expired", "auth.refused"})
        ),
    ),
    "idefix": Peculiar(
        # Accounts of today have no secret: the key alone opens the door, and the client finds out in which form.
        switches=(("bare_key", True),),
        leave_out=frozenset({"api_secret"}),
        # An upload is worked off after a while.
        settle_s=31.0,
        write_fault={"method": "POST", "path": "inventory-upload"},
        confirm_fault={"method": "POST", "path": "/update-"},
        # The carrier is told by the shipment's own profile, not by a word of the merchant's.
        carrier_word=False,
    ),
    "woocommerce": Peculiar(
        means_none=frozenset({"list"}),
        read_only="read_only",
        # The suite moves the clock; the fake's OAuth door otherwise compares timestamps with the machine's clock.
        switches=(("skewed_clock", True),),
        write_fault={"method": "POST"},
        # Completing an order twice is harmless; the note is what must not come twice.
        confirm_fault={"method": "POST", "path": "/notes"},
        # WooCommerce has no shipments: the tracking number is an order note.
        confirmed="notes",
        shipment_text=lambda sandbox: str([note["note"] for one in sandbox.site.orders.values() for note in one.notes]),
    ),
    "shopify": Peculiar(
        read_only="no_scope:write_products,no_scope:write_inventory",
        # With an old-style access token there is no token flow to test; the client credentials are today's way.
        leave_out=frozenset({"access_token"}),
        # One address for everything: the body says which call is the write.
        write_fault={"contains": "mutation"},
        confirm_fault={"contains": "mutation"},
        publish_fault={"contains": "productSet"},
        confirmed="fulfillments",
        # The whole stock is the sum of all places; what lies elsewhere is not ours to take away.
        least_stock=lambda row: _elsewhere(row["stock_by_location"]),
        token=TokenFacts(
            86_399, "/admin/oauth/access_token", "shop_not_permitted", "tokens",
            frozenset({"auth.expired", "auth.forbidden", "auth.refused"}),
        ),
    ),
    "amazon_sp": Peculiar(
        # Orders shows a change two minutes later; usage plans of a call in three minutes would only slow the clock down.
        switches=(("fast_limits", True),),
        published=(("fast_limits", False),),
        visible_after_s=130.0,
        settle_s=60.0,
        # One seller account holds eight marketplaces, a connection is one of them, and one SKU is sold in several.
        market="marketplace_id",
        listing_id="{marketplace_id}:{remote_id}",
        write_fault={"method": "PATCH"},
        confirm_fault={"method": "POST", "path": "shipmentConfirmation"},
        bad_item=False,
        confirmed="shipments_confirmed",
        token=TokenFacts(3600, "/auth/o2/token", "revoke_refresh", "tokens_issued"),
    ),
    "mirakl": Peculiar(
        read_only="read_only_key",
        # Files are worked off after a while, and how a price import went may be asked once a minute.
        settle_s=61.0,
        # One list of orders a minute; after a refusal that names no time the pipeline goes at half of it.
        patience_s=150.0,
        write_fault={"method": "POST", "path": "/imports"},
        # Telling the carrier twice is harmless; shipping is what must not be told twice.
        confirm_fault={"method": "PUT", "path": "/ship"},
        accept_fault={"method": "PUT", "path": "/accept"},
    ),
    "yurtici": Peculiar(
        # The carrier answers a question for the same key once a minute.
        settle_s=61.0,
        reads_repeat=False,
    ),
    "mng": Peculiar(
        # A closed account gets no token; the contract is over, and no new key helps.
        token=TokenFacts(8 * 3600, "/mngapi/api/token", "account_closed", "tokens", frozenset({"auth.suspended"})),
    ),
    "sendeo": Peculiar(
        token=TokenFacts(20 * 3600, "/api/Token/LoginAES", "account_closed", "tokens", frozenset({"auth.suspended"})),
    ),
    # DHL and TNT have no call that cancels a shipment; what is not handed over lapses.
    "dhl_express": Peculiar(cancels=False),
    "tnt": Peculiar(cancels=False),
}  # fmt: skip


def of(name: str) -> Peculiar:
    return TABLE.get(name, _PLAIN)
