"""`paxzar health` from the outside: a calm shop, a refused key, the evidence behind both, and no secret in any of it."""

from __future__ import annotations

import pytest

from tests.app.api.conftest import Cli, Shop


def test_a_calm_shop_with_its_score_and_its_requests(connected: Cli) -> None:
    assert connected("sync").exit_code == 0
    (found,) = connected.json("health", "Dükkân", "--evidence")
    assert (found["state"], found["fault"], found["availability_target"]) == ("healthy", "", 0.999)
    assert found["score"]["total"] == 100
    assert {part["name"] for part in found["score"]["parts"]} >= {"now", "availability", "speed", "freshness"}
    assert "listings" in " ".join(found["operations"])
    assert all(one["calls"] > 0 for one in found["operations"].values())
    newest = found["requests"][0]
    assert (newest["outcome"], newest["status"]) == ("ok", 200)
    assert set(newest) == {"at", "operation", "outcome", "status", "duration_ms", "probe", "alternate"}
    assert [one["at"] for one in found["requests"]] == sorted((one["at"] for one in found["requests"]), reverse=True)
    assert len(found["business"]) == 7
    assert sum(day["orders"] for day in found["business"]) >= 1
    assert any(day["revenue"] for day in found["business"])
    (plain,) = connected.json("health")
    assert "requests" not in plain


@pytest.mark.parametrize(
    ("language", "whose"), [("tr", "Sizin anahtarınız: WooCommerce"), ("en", "Your key: WooCommerce")]
)
def test_a_refused_key_is_the_merchant_s_with_its_evidence(
    connected: Cli, shop: Shop, language: str, whose: str
) -> None:
    connected.lang = language
    body = '{"code":"woocommerce_rest_cannot_view","message":"no"}'
    shop.control.post("/_control/faults", json={"kind": "status", "status": 401, "count": -1, "body": body})
    assert connected("probe").exit_code == 1
    told = connected("health", "Dükkân", "--evidence")
    assert told.exit_code == 0, told.output
    assert whose in told.output
    assert "401" in told.output
    assert "100" in told.output
    for secret in (*shop.secrets.values(), "consumer_key", "?", "http"):
        assert secret not in told.output
    assert "woocommerce_rest_cannot_view" not in told.output.split(whose)[1], "no body in the evidence"
    (found,) = connected.json("health")
    assert (found["state"], found["blame"], found["confirmed_at"]) == ("unhealthy", "key", None)
    assert found["trouble_since"] is not None
    assert found["score"]["total"] < 100
