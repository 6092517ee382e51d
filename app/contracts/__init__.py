"""What a provider may be: capabilities, manifest, errors, messages, tokens. A public surface; a test notices a change."""

from app.contracts.account import DOTS, Account, Secret, Token, TokenStore
from app.contracts.capabilities import (
    CAPABILITIES,
    WRITES,
    BatchResults,
    BoxInfo,
    Carrier,
    Claims,
    Fulfilment,
    InvoiceIssuer,
    InvoiceLinks,
    LabelSource,
    Ledger,
    ListingSource,
    OrderAcceptance,
    OrderSource,
    PackageSplits,
    PriceSink,
    Probe,
    ProductFeed,
    ProductPublishing,
    Questions,
    Rates,
    Settlements,
    ShipmentSink,
    StockSink,
    Tracking,
    capabilities_of,
    found_after_of,
)
from app.contracts.manifest import (
    DEADLINES_S,
    GOALS_MS,
    CredentialField,
    Environment,
    Feature,
    Limit,
    Manifest,
    ManifestError,
    Readiness,
    SignIn,
    Words,
    parse_manifest,
)
from app.contracts.messages import (
    CODES,
    NOT_SENT,
    Kind,
    Message,
    OursError,
    ProviderError,
    TheirsError,
    YoursError,
    fail,
)
from app.contracts.results import Outcome, OutcomeState, Page, ProbeResult, Receipt, Reject
from app.contracts.throttling import Answered, Throttled, Throttling, answered_of, throttling_of

__all__ = [
    "CAPABILITIES", "CODES", "DEADLINES_S", "DOTS", "GOALS_MS", "NOT_SENT", "WRITES", "Account", "Answered", "BatchResults", "BoxInfo", "Carrier", "Claims",
    "CredentialField", "Environment", "Feature", "Fulfilment", "InvoiceIssuer", "InvoiceLinks", "Kind", "LabelSource", "Ledger", "Limit",
    "ListingSource", "Manifest", "ManifestError", "Message", "OrderAcceptance", "OrderSource", "OursError", "Outcome", "OutcomeState", "PackageSplits",
    "Page", "PriceSink", "Probe", "ProbeResult", "ProductFeed", "ProductPublishing", "ProviderError", "Questions", "Rates", "Readiness", "Receipt", "Reject", "Secret",
    "Settlements", "ShipmentSink", "SignIn", "StockSink", "TheirsError", "Throttled", "Throttling", "Token", "TokenStore", "Tracking", "Words", "YoursError",
    "answered_of", "capabilities_of", "fail", "found_after_of", "parse_manifest", "throttling_of",
]  # fmt: skip
