"""What an integration says of itself: the TOML manifest as types, and its checks. Data only; nothing is imported here."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from enum import StrEnum
from typing import Literal

import msgspec

from app.contracts.capabilities import CAPABILITIES


class Readiness(StrEnum):
    """Shown to the user and never flattered; DESIGN §2 says what each demands."""

    LIVE = "live"
    PARTNER = "partner"
    FILE = "file"
    LINK = "link"
    PLANNED = "planned"
    RETIRED = "retired"

    @property
    def connectable(self) -> bool:
        return self not in (Readiness.PLANNED, Readiness.RETIRED)


Evidence = Literal["official-spec", "official-docs", "third-party", "unconfirmed"]
Category = Literal[
    "marketplace-tr", "marketplace-world", "shop", "social", "einvoice", "erp", "bookkeeping", "cargo", "fulfilment", "pos"
]  # fmt: skip


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tr: str = ""
    en: str = ""


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feature of the brief's list: which capability it is, or why a merchant's console does not do it."""

    name: str
    capability: str = ""
    reason: Words = Words()


class CredentialField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of the connect form. `where`: where the merchant finds it. `pattern` is matched in full.

    `address`: the value is an address that the client may call, wherever it lies.
    `rewrite`: (pattern, replacement) pairs that bring what people paste to the form wanted, tried in their order before
    anything is checked (`https://admin.shopify.com/store/x` → `x.myshopify.com`).
    """

    key: str
    kind: Literal["secret", "text", "choice", "file"]
    label: Words
    where: Words = Words()
    pattern: str = ""
    example: str = ""
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    address: bool = False
    rewrite: tuple[tuple[str, str], ...] = ()

    def rewritten(self, text: str) -> str:
        """`text` in the form wanted."""
        text = text.strip()
        for pattern, replacement in self.rewrite:
            text = re.sub(pattern, replacement, text)
        return text


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses by purpose. `api` may be '' when the merchant types it (a self-hosted shop); it is then taken from
    the credential field named by `url_from`. `urls` are further ones (token, upload …)."""

    api: str = ""
    url_from: str = ""
    urls: dict[str, str] = {}
    note: Words = Words()
    rotation_days: int = 0  # overrides the integration's in this environment; 0: as there
    key_life_days: int = 0  # the same


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor's published limit for one endpoint group: `calls` per `seconds`, at most `burst` at once (0: `calls`)."""

    calls: int
    seconds: float
    group: str = "default"
    burst: int = 0
    parallel: int = 0  # 0: no cap of its own


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a merchant signs in at the vendor (OAuth 2) instead of typing a token.

    `flow`: `loopback` (the browser comes back to this computer), `paste` (the vendor wants a fixed https address: the merchant
    pastes where the browser ended), `device` (a code typed elsewhere), `client` (no person: client credentials). `authorize`,
    `token`, `device`, `revoke` are names among the `urls` of every environment; `client_id`, `client_secret`, `refresh_token`
    (one typed by hand, optional) and `redirect_from` (a field that holds what goes as redirect_uri) are keys of credentials.
    `redirect`: the https address of `paste`; for `loopback` http://127.0.0.1 or http://localhost, with path, and with a port
    only if the vendor demands a fixed one. `extra` goes along to the consent page; `kept`: parameters of the redirect that
    become credential fields (realmId …).
    """

    flow: Literal["loopback", "paste", "device", "client"]
    token: str = "token"  # noqa: S105 - the name of an address
    authorize: str = ""
    device: str = ""
    revoke: str = ""
    scopes: tuple[str, ...] = ()
    pkce: bool = True
    redirect: str = ""
    redirect_from: str = ""
    client_id: str = "client_id"
    client_secret: str = ""  # '': a public client
    client_auth: Literal["basic", "post"] = "basic"
    refresh_token: str = ""
    extra: dict[str, str] = {}
    kept: dict[str, str] = {}

    @property
    def asks_a_person(self) -> bool:
        return self.flow != "client"


class ProbeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    operation: str
    least_interval_s: int = 60


class Sizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records per page and items per write; 0 where it does not apply."""

    orders: int = 0
    listings: int = 0
    prices: int = 0
    stocks: int = 0
    shipments: int = 1
    products: int = 0  # drafts in one call of `publish_products`; 0: one by one


class PublishingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a channel asks of every product that is published there, whatever its category; 0 and false: nothing. `title` and
    `description`: most characters; `images`: most of them, at least one is always asked for."""

    title: int = 0
    description: int = 0
    images: int = 0
    barcode: bool = False
    brand: bool = False
    vat_rate: bool = False
    desi: bool = False


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    category: Category
    website: str
    readiness: Readiness
    evidence: Evidence
    evidence_date: date
    features: tuple[Feature, ...]
    aliases: tuple[str, ...] = ()
    evidence_note: str = ""  # which documents, in English
    country: str = ""
    note: Words = Words()  # what the merchant must know, e.g. what is unconfirmed
    portal: str = ""  # address opened by `link` integrations and by the connect form
    client: str = ""  # 'providers.marketplaces.trendyol:Trendyol'
    sandbox: str = ""  # 'providers.sandboxes.trendyol'
    account_family: str = ""  # integrations with the same word can share an account; '' = the id
    capabilities: tuple[str, ...] = ()
    without: dict[
        str, Words
    ] = {}  # what the vendor's interface does not have, by a key of WITHOUT, and what to do instead
    environments: dict[str, Environment] = {}
    credentials: tuple[CredentialField, ...] = ()
    params: dict[str, str] = {}
    limits: tuple[Limit, ...] = ()
    sign_in: SignIn | None = None
    probe: ProbeRule | None = None
    sizes: Sizes = Sizes()
    publishing: PublishingRules = PublishingRules()
    widest_window_h: int = 0  # 0: any
    history_days: int = 0  # how far back orders are told; 0: all
    order_interval_s: int = 300  # how often orders are pulled by default
    listing_interval_s: int = 21_600
    full_listings_every_h: int = 0  # "changed since" misses something here: all listings this often; 0: never needed
    lag_s: int = 300  # how far windows overlap
    time_zone: str = "UTC"  # of the vendor's dates without offset
    hosts: tuple[str, ...] = ()  # further allowed hosts beside those of the environments
    alternates: tuple[str, ...] = ()  # base addresses that stand in for the live one while that cannot be connected to
    goal_ms: int = 0  # response-time goal; 0: the category's
    insecure_http: bool = False  # plain http is possible here at the merchant's word
    rotation_days: int = 0  # after how many days a new key is asked for; 0: 30 live, 90 elsewhere (app.monitor.keys)
    key_life_days: int = 0  # the vendor itself ends a key after so many days; 0: it does not
    sheet_due_h: int = (
        0  # exchanges files: an order sheet is due this often (the merchant's `sheet_hours` wins); 0: never late
    )
    number: int = 0  # place within its category, the catalogue's order; 0: after the numbered ones

    @property
    def family(self) -> str:
        return self.account_family or self.id


#: What a manifest may say that the vendor has no interface for: its key → the capability that is not there.
WITHOUT: dict[str, str] = {
    "labels": "label_source", "returns": "claims", "settlements": "settlements", "tracking": "tracking",
}  # fmt: skip

#: Response-time goals in milliseconds by category (the brief's; ours for cargo, fulfilment and POS).
GOALS_MS: dict[str, int] = {
    "marketplace-tr": 5000, "marketplace-world": 5000, "shop": 3000, "social": 6000, "einvoice": 8000, "erp": 10_000,
    "bookkeeping": 10_000, "cargo": 5000, "fulfilment": 5000, "pos": 3000,
}  # fmt: skip

#: Share of answered calls that is aimed at, by environment (the brief's); other environments are taken for test systems.
AVAILABILITY_TARGETS: dict[str, float] = {"live": 0.999, "sandbox": 0.995, "rehearsal": 0.99}


def availability_target(environment: str) -> float:
    """0–1."""
    return AVAILABILITY_TARGETS.get(environment, AVAILABILITY_TARGETS["sandbox"])


#: Total deadlines of one call in seconds by category.
DEADLINES_S: dict[str, float] = {
    "marketplace-tr": 10, "marketplace-world": 10, "shop": 8, "social": 12, "einvoice": 15, "erp": 20, "bookkeeping": 20,
    "cargo": 15, "fulfilment": 12, "pos": 8,
}  # fmt: skip


class ManifestError(ValueError):
    """A manifest that cannot be used; the text names the file and the field."""


def parse_manifest(data: bytes, source: str) -> Manifest:
    """The manifest in TOML bytes. Raises ManifestError naming `source` and what is wrong."""
    try:
        manifest = msgspec.convert(tomllib.loads(data.decode("utf-8")), Manifest)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{source}: {error}") from error
    problems = check_manifest(manifest)
    if problems:
        raise ManifestError(f"{source}: {'; '.join(problems)}")
    return manifest


def check_manifest(m: Manifest) -> list[str]:
    """What is wrong beyond types. Empty when all is well."""
    wrong = [f"unknown capability {c!r}" for c in m.capabilities if c not in CAPABILITIES]
    for feature in m.features:
        if bool(feature.capability) == bool(feature.reason.tr and feature.reason.en):
            wrong.append(f"feature {feature.name!r} needs either a capability or a reason in tr and en")
        if feature.capability and feature.capability not in CAPABILITIES:
            wrong.append(f"feature {feature.name!r}: unknown capability {feature.capability!r}")
    for key, told in m.without.items():
        if key not in WITHOUT:
            wrong.append(f"without {key!r}: one of {', '.join(WITHOUT)} is meant")
        elif WITHOUT[key] in m.capabilities:
            wrong.append(f"without {key!r}, yet it names the capability {WITHOUT[key]!r}")
        if not (told.tr and told.en):
            wrong.append(f"without {key!r} needs words in tr and en")
    for field in m.credentials:
        if not (field.label.tr and field.label.en):
            wrong.append(f"credential {field.key!r} needs a label in tr and en")
        if field.kind == "choice" and not field.choices:
            wrong.append(f"credential {field.key!r} is a choice without choices")
        try:
            re.compile(field.pattern)
        except re.error:
            wrong.append(f"credential {field.key!r}: bad pattern")
        for pattern, replacement in field.rewrite:
            try:
                re.sub(pattern, replacement, field.example)
            except (re.error, IndexError):
                wrong.append(f"credential {field.key!r}: bad rewrite")
    places = (m, *m.environments.values())
    wrong += [f"{k} below 0" for p in places for k in ("rotation_days", "key_life_days") if getattr(p, k) < 0]
    wrong += [f"alternate {a!r} is no plain https address" for a in m.alternates if not re.fullmatch(r"https://[^/?#@\s]+(/[^?#\s]*)?", a)]  # fmt: skip
    if m.alternates and not m.environments.get("live", Environment()).api:
        wrong.append("alternates stand in for a live address, and there is none")
    if bool(m.note.tr) != bool(m.note.en):
        wrong.append("a note needs both languages")
    if m.readiness in (Readiness.LIVE, Readiness.PARTNER):
        wrong += [f"{r} needs {k}" for k in ("client", "sandbox", "capabilities", "environments", "probe") if not getattr(m, k) for r in [m.readiness]]  # fmt: skip
    if m.readiness is Readiness.FILE:  # no address of its own: a folder, or what the merchant types
        wrong += [f"file needs {k}" for k in ("client", "sandbox", "capabilities", "probe") if not getattr(m, k)]
    if m.readiness is Readiness.PLANNED and (m.client or m.capabilities):
        wrong.append("planned, yet it names a client or capabilities")
    return wrong + (_check_sign_in(m, m.sign_in) if m.sign_in is not None else [])


#: What the sign-in itself says at the consent page; `extra` may not.
_OWN_PARAMS = frozenset(
    {"client_id", "client_secret", "code", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
)  # fmt: skip


def _check_sign_in(m: Manifest, one: SignIn) -> list[str]:
    kinds = {field.key: field.kind for field in m.credentials}
    named = (one.client_id, one.client_secret, one.refresh_token, one.redirect_from, *one.kept.values())
    wrong = [f"sign_in names a credential {key!r} that is not there" for key in named if key and key not in kinds]
    hidden = (one.client_secret, one.refresh_token)
    wrong += [f"sign_in: {key!r} must be of kind secret" for key in hidden if kinds.get(key, "secret") != "secret"]
    wrong += [
        f"sign_in: {key!r} comes in an address, it is no secret"
        for key in one.kept.values()
        if kinds.get(key) != "text"
    ]
    lands = one.flow in ("loopback", "paste")
    wrong += [f"sign_in needs {k}" for k, due in (("token", True), ("authorize", lands), ("device", one.flow == "device"), ("client_secret", one.flow == "client")) if due and not getattr(one, k)]  # fmt: skip
    for place, environment in m.environments.items():
        for name in (one.token, one.authorize, one.device, one.revoke):
            if name and name not in environment.urls:
                wrong.append(f"sign_in: environment {place!r} has no address {name!r}")
    if lands and not one.pkce and not one.client_secret:
        wrong.append("sign_in without PKCE needs a client secret")
    if _OWN_PARAMS & set(one.extra):
        wrong.append("sign_in: extra repeats what the sign-in says itself")
    return wrong + _check_redirect(one, lands)


def _check_redirect(one: SignIn, lands: bool) -> list[str]:
    if not lands:
        return ["sign_in: this flow has no redirect"] if one.redirect or one.redirect_from else []
    if one.flow == "paste":
        fixed = re.fullmatch(r"https://[^/?#@\s]+[^?#\s]*", one.redirect) is not None
        return [] if fixed or (one.redirect_from and not one.redirect) else ["sign_in: paste needs an https redirect"]
    ours = re.fullmatch(r"http://(127\.0\.0\.1|localhost)(:\d{1,5})?(/[^?#\s]*)?", one.redirect or "http://localhost")
    return (
        [] if ours and not one.redirect_from else ["sign_in: loopback redirects to http://127.0.0.1 or localhost only"]
    )
