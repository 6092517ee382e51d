"""The service commands of one order for the window: the channel's own split, and the link to the invoice. They are the very commands of
the command line, so that both leave the same job, audit entry and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from app.api.answers import Answer
from app.api.asking import Usage
from app.contracts.catalogue import Catalogue
from app.jobs.engine import Engine
from app.jobs.links import Links
from app.store import Store
from app.store.connections import ConnectionRow

if TYPE_CHECKING:
    from app.console import Console


@dataclass(frozen=True)
class OrderService:
    """What the service commands use of the assembled program; the window has these parts and no console."""

    store: Store
    engine: Engine
    catalogue: Catalogue
    lang: str

    @property
    def links(self) -> Links:
        return self.engine.links

    def can(self, row: ConnectionRow | None, capability: str) -> bool:
        """Whether a living connection may do this, by capability and switch."""
        if row is None or row.removed_at is not None:
            return False
        able = capability in self.catalogue.manifest(row.integration).capabilities
        return able and row.switches.get(capability, True)

    async def split(self, remote_id: str, groups: Sequence[Sequence[tuple[str, int]]]) -> Answer:
        """At the channel. The new packages come with the next pull."""
        return await self._run("split", {"order": remote_id, "groups": [list(one) for one in groups]})

    async def invoice_link(self, remote_id: str, url: str, number: str, date: str) -> Answer:
        """Tell the channel where the invoice lies; `date` ISO or ''."""
        return await self._run("invoice_link", {"order": remote_id, "url": url, "number": number, "date": date})

    async def _run(self, name: str, args: dict[str, Any]) -> Answer:
        from app.api import commands_service

        work = {"split": commands_service.split, "invoice_link": commands_service.invoice_link}[name]
        try:
            return await work(cast("Console", self), {**args, "lang": self.lang})
        except Usage as error:
            return Answer(2, {"error": "usage"}, [str(error)])
