"""Which two sets of credentials open the same shop, and how pasted addresses are brought into form."""

from __future__ import annotations

from typing import Any

import pytest

from app.contracts import Secret
from app.contracts.catalogue import Catalogue, providers_root
from app.jobs.connect import as_typed, check_fields
from app.jobs.links import addresses
from app.jobs.same_shop import Credentials

CATALOGUE = Catalogue(providers_root())
KEY = {"app_key": "k-1", "app_secret": "s-1"}
CASES: tuple[tuple[str, dict[str, Any], dict[str, Any], bool], ...] = (
    ("woocommerce", {"store_url": "https://shop.test"}, {"store_url": "HTTP://www.shop.test/"}, True),
    ("woocommerce", {"store_url": "https://shop.test/tr"}, {"store_url": "https://shop.test/en"}, False),
    ("shopify", {"shop_domain": "a.myshopify.com"}, {"shop_domain": "A.myshopify.com", "location_id": "7"}, True),
    ("shopify", {"shop_domain": "a.myshopify.com"}, {"shop_domain": "b.myshopify.com"}, False),
    ("trendyol", {"seller_id": "123"}, {"seller_id": "123", "integrator_name": "Baska"}, True),
    ("trendyol", {"seller_id": "123"}, {"seller_id": "124"}, False),
    ("trendyol", {"seller_id": "123"}, {"seller_id": "123", "storefront_code": "DE"}, False),
    ("amazon_germany", {"seller_id": "A1", "lwa_client_id": "x"}, {"seller_id": "A1", "lwa_client_id": "y"}, True),
    ("amazon_germany", {"seller_id": "A1"}, {"seller_id": "A2"}, False),
    ("hepsiburada", {"merchant_id": "m", "developer_username": "d"}, {"merchant_id": "m", "developer_username": "e"}, True),
    ("n11", KEY, {**KEY, "app_secret": "s-2"}, True),
    ("n11", KEY, {"app_key": "k-2", "app_secret": "s-2"}, False),
)  # fmt: skip


def account(integration: str, values: dict[str, Any], environment: str = "live") -> Credentials:
    manifest = CATALOGUE.manifest(integration)
    hidden = {f.key for f in manifest.credentials if f.kind == "secret"}
    settings = {k: v for k, v in values.items() if k not in hidden}
    return Credentials(manifest, environment, settings, {}, {k: Secret(values[k]) for k in hidden & set(values)})


@pytest.mark.parametrize(("integration", "one", "other", "same"), CASES)
def test_same_shop(integration: str, one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert account(integration, one).is_same_shop(account(integration, other)) is same
    assert account(integration, other).is_same_shop(account(integration, one)) is same


def test_test_and_live_are_two_places() -> None:
    values = {"seller_id": "123"}
    assert not account("trendyol", values).is_same_shop(account("trendyol", values, "sandbox"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://magaza.com/wp-json", "https://magaza.com"),
        ("https://magaza.com/wp-json/wc/v3/", "https://magaza.com"),
        ("https://magaza.com/tr/wp-admin/admin.php?page=wc-settings#rest", "https://magaza.com/tr"),
        ("https://magaza.com/index.php/", "https://magaza.com"),
        ("magaza.com/", "https://magaza.com"),
        ("https://magaza.com/dukkan", "https://magaza.com/dukkan"),
        ("http://127.0.0.1:8080/wp-json", "http://127.0.0.1:8080"),
        ("https://magaza.com/wp-jsonista", "https://magaza.com/wp-jsonista"),
    ],
)
def test_a_woocommerce_address_copied_from_the_browser(typed: str, meant: str) -> None:
    manifest = CATALOGUE.manifest("woocommerce")
    values = as_typed(manifest, {"store_url": typed})
    assert addresses(manifest, "live", values, {})["api"] == meant
    keys = {"consumer_key": "ck_" + "0" * 40, "consumer_secret": "cs_" + "0" * 40}
    assert check_fields(manifest, {"store_url": typed, **keys}) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://admin.shopify.com/store/magazam/products?x=1", "magazam.myshopify.com"),
        ("admin.shopify.com/store/magazam", "magazam.myshopify.com"),
        ("https://magazam.myshopify.com/admin", "magazam.myshopify.com"),
        ("magazam.myshopify.com", "magazam.myshopify.com"),
        ("magazam.com", "magazam.com"),
    ],
)
def test_a_shopify_address_copied_from_the_browser(typed: str, meant: str) -> None:
    manifest = CATALOGUE.manifest("shopify")
    assert as_typed(manifest, {"shop_domain": typed}) == {"shop_domain": meant}
    told = [m.params["field"] for m in check_fields(manifest, {"shop_domain": typed}) if m.params["why"] == "pattern"]
    assert told == ([] if meant.endswith(".myshopify.com") else ["shop_domain"])
