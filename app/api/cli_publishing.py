"""`paxzar publish …`: only the parsing. Imports nothing heavy: it is read at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.api.cli_safety import Shell


def register(main: click.Group, shell: Shell) -> None:
    """Add the commands to the command line."""

    def ask(name: str, args: dict[str, Any], workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        import app.api.commands_publishing  # noqa: F401 - adds the commands that `run` looks up

        shell.run(name, args, workspace, unlock_from, as_json)

    @main.group()
    def publish() -> None:
        """Make listings of products on a channel, and change them."""

    @publish.command()
    @click.argument("name")
    @click.option("--search", default="", help="Words of the category's path.")
    @click.option("--refresh", is_flag=True, help="Read the channel's tree anew; else once a week.")
    @click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
    @shell.common
    def categories(name: str, search: str, refresh: bool, limit: int, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """The channel's categories that products can go into."""
        args = {"name": name, "search": search, "refresh": refresh, "limit": limit}
        ask("publish_categories", args, workspace, unlock_from, as_json)

    @publish.command()
    @click.argument("name")
    @click.argument("category")
    @click.option("--refresh", is_flag=True, help="Ask the channel anew; else once a week.")
    @shell.common
    def attributes(name: str, category: str, refresh: bool, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What a CATEGORY (its id, or words of its path) asks of a product, and what was answered."""
        args = {"name": name, "category": category, "refresh": refresh}
        ask("publish_attributes", args, workspace, unlock_from, as_json)

    @publish.command()
    @click.argument("name")
    @click.argument("brand")
    @shell.common
    def brands(name: str, brand: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """The channel's brands that match a name."""
        ask("publish_brands", {"name": name, "brand": brand}, workspace, unlock_from, as_json)

    @publish.group("map")
    def map_() -> None:
        """Answers that are remembered for the next product."""

    @map_.command("list")
    @click.argument("name")
    @shell.common
    def map_list(name: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:
        """What is remembered of a connection."""
        ask("publish_map_list", {"name": name}, workspace, unlock_from, as_json)

    @map_.command("category")
    @click.argument("name")
    @click.argument("own")
    @click.argument("category", required=False)
    @shell.common
    def map_category(name: str, own: str, category: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Products of your category OWN ("" for those without one) go into the channel's CATEGORY; without it that is forgotten."""
        args = {"name": name, "own": own, "category": category}
        ask("publish_map_category", args, workspace, unlock_from, as_json)

    @map_.command("brand")
    @click.argument("name")
    @click.argument("own")
    @click.argument("brand", required=False)
    @shell.common
    def map_brand(name: str, own: str, brand: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """Your brand OWN is the channel's BRAND (its id or name); without it that is forgotten."""
        ask("publish_map_brand", {"name": name, "own": own, "brand": brand}, workspace, unlock_from, as_json)

    @map_.command("attribute")
    @click.argument("name")
    @click.argument("category")
    @click.argument("own")
    @click.argument("attribute", required=False)
    @shell.common
    def map_attribute(name: str, category: str, own: str, attribute: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What you call OWN is the CATEGORY's ATTRIBUTE (its id or name); without it that is forgotten."""
        args = {"name": name, "category": category, "own": own, "attribute": attribute}
        ask("publish_map_attribute", args, workspace, unlock_from, as_json)

    @map_.command("value")
    @click.argument("name")
    @click.argument("category")
    @click.argument("attribute")
    @click.argument("values", nargs=-1)
    @click.option(
        "--own", default="", help="Your word for it; without it, the value of every product that says nothing."
    )
    @shell.common
    def map_value(name: str, category: str, attribute: str, values: tuple[str, ...], own: str, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What a CATEGORY's ATTRIBUTE is told: VALUES (a choice's id or name, or text); without one that is forgotten."""
        args = {"name": name, "category": category, "attribute": attribute, "own": own, "values": list(values)}
        ask("publish_map_value", args, workspace, unlock_from, as_json)

    @publish.command()
    @click.argument("sku")
    @click.option(
        "--set", "fields", multiple=True, metavar="FIELD=VALUE",
        help="title, brand, category, group, barcode, description, price, quantity, vat, desi. An empty value takes it away.",
    )  # fmt: skip
    @click.option("--image", "images", multiple=True, help="An https address; all of them, in their order.")
    @click.option("--no-images", is_flag=True, help="Take all images away.")
    @click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="In your own words.")
    @click.option("--description-from", help="File with the description, or - for standard input.")
    @shell.common
    def content(sku: str, fields: tuple[str, ...], images: tuple[str, ...], no_images: bool, attributes: tuple[str, ...], description_from: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool) -> None:  # fmt: skip
        """What is kept of a product for its listings; without options it is shown."""
        args: dict[str, Any] = {"sku": sku, "set": list(fields), "attributes": list(attributes)}
        args["images"] = list(images) if images or no_images else None
        if description_from:
            args["description"] = shell.read_text(description_from)
        ask("publish_content", args, workspace, unlock_from, as_json)

    for kind, told in (
        ("plan", "What would be sent of SKUs to a channel, and what is missing. Nothing is sent."),
        ("send", "Queue the listings of SKUs that lack nothing; `outbox` shows what became of them."),
    ):

        def asked(name: str, skus: tuple[str, ...], source: str | None, workspace: Path | None, unlock_from: str | None, as_json: bool, kind: str = kind) -> None:  # fmt: skip
            ask(
                f"publish_{kind}", {"name": name, "skus": list(skus), "source": source}, workspace, unlock_from, as_json
            )

        made = shell.common(asked)
        made = click.option("--from", "source", help="The connection to copy from; else any other that has the SKU.")(
            made
        )
        made = click.argument("skus", nargs=-1, required=True, metavar="SKU...")(made)
        publish.command(kind, help=told)(click.argument("name")(made))
