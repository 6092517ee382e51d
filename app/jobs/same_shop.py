"""Whether two sets of credentials open the same shop. Two accounts of one shop would pull every order twice and fight for one
quota, so a second one is never made unseen. Secrets are compared in memory here and told to nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.contracts import Manifest, ProviderError, Secret
from app.jobs.links import addresses

#: Fields that name the seller at a vendor whose address all sellers share (seller_id, merchant_id, storefront_code …).
_NAMING = re.compile(r"seller|merchant|supplier|shop|store")


class Credentials:
    """One account as the comparison needs it: where it lies, what it is called there, what opens it."""

    def __init__(
        self,
        manifest: Manifest,
        environment: str,
        settings: Mapping[str, str],
        urls: Mapping[str, str],
        secrets: Mapping[str, Secret],
    ) -> None:
        self.manifest, self.environment, self.secrets = manifest, environment, secrets
        fields = [f.key for f in manifest.credentials if f.kind == "text" and _NAMING.search(f.key)]
        self.names = {key: settings.get(key, "").strip() for key in fields}
        try:
            api = addresses(manifest, environment, settings, urls)["api"]
        except ProviderError:  # an old account whose address is no longer one: it pulls nothing
            api = ""
        self.api = re.sub(r"^https?://(www\.)?", "", api).casefold()

    @property
    def own_address(self) -> bool:
        """Whether the address alone says whose shop it is: the merchant typed it."""
        place = self.manifest.environments.get(self.environment)
        places = [place] if place is not None else list(self.manifest.environments.values())
        return any(one.url_from or "{" in one.api for one in places)

    def is_same_shop(self, other: Credentials) -> bool:
        """The same address, and the same seller's name there; where the vendor has no such name, the same key."""
        if not self.api or (self.environment, self.api) != (other.environment, other.api):
            return False
        if self.own_address:
            return True
        if any(self.names.values()) and any(other.names.values()):
            shared = self.names.keys() & other.names.keys()
            return all(self.names[key] == other.names[key] for key in shared)
        return any(value and value == other.secrets.get(key) for key, value in self.secrets.items())
