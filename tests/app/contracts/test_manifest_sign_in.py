"""What a manifest may say of a sign-in, and what is refused with a word that names it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.contracts import SignIn
from app.contracts.manifest import CredentialField, ManifestError, Words, check_manifest, parse_manifest
from tests.support.signin import FLOWS, PACKAGE, PLUGIN, manifest_of


def complaints(flow: str, **changes: Any) -> list[str]:
    manifest = manifest_of(flow)
    assert manifest.sign_in is not None
    return check_manifest(
        msgspec.structs.replace(manifest, sign_in=msgspec.structs.replace(manifest.sign_in, **changes))
    )


@pytest.mark.parametrize("flow", FLOWS)
def test_sound_ones(flow: str) -> None:
    assert complaints(flow) == []
    sign_in = manifest_of(flow).sign_in
    assert sign_in is not None
    assert sign_in.asks_a_person is (flow != "client")


@pytest.mark.parametrize(
    ("flow", "changes", "told"),
    [
        ("loopback", {"client_id": "app"}, "credential 'app'"),
        ("paste", {"client_secret": "client_id"}, "'client_id' must be of kind secret"),
        ("paste", {"kept": {"realmId": "client_secret"}}, "it is no secret"),
        ("paste", {"kept": {"realmId": "nowhere"}}, "credential 'nowhere'"),
        ("loopback", {"token": ""}, "needs token"),
        ("loopback", {"authorize": ""}, "needs authorize"),
        ("device", {"device": ""}, "needs device"),
        ("client", {"client_secret": ""}, "needs client_secret"),
        ("loopback", {"revoke": "away"}, "'live' has no address 'away'"),
        ("loopback", {"pkce": False}, "without PKCE"),
        ("loopback", {"extra": {"state": "mine"}}, "extra repeats"),
        ("paste", {"redirect": "http://shop.example/landed"}, "https redirect"),
        ("paste", {"redirect": "https://shop.example/landed?x=1"}, "https redirect"),
        ("paste", {"redirect": ""}, "https redirect"),
        ("loopback", {"redirect": "http://0.0.0.0/x"}, "127.0.0.1"),
        ("loopback", {"redirect": "http://127.0.0.1.evil.example/x"}, "127.0.0.1"),
        ("loopback", {"redirect": "https://127.0.0.1/x"}, "127.0.0.1"),
        ("loopback", {"redirect_from": "client_id"}, "127.0.0.1"),
        ("device", {"redirect": "http://127.0.0.1/x"}, "no redirect"),
    ],
)
def test_refused(flow: str, changes: dict[str, Any], told: str) -> None:
    assert any(told in one for one in complaints(flow, **changes)), complaints(flow, **changes)


@pytest.mark.parametrize("redirect", ["", "http://127.0.0.1", "http://localhost:8912/back", "http://127.0.0.1:80/"])
def test_a_redirect_to_this_computer(redirect: str) -> None:
    assert complaints("loopback", redirect=redirect) == []


def test_the_vendors_own_name_for_a_redirect() -> None:
    manifest = manifest_of("paste")
    assert manifest.sign_in is not None
    field = CredentialField("ru_name", "text", Words("RuName", "RuName"))
    sign_in = msgspec.structs.replace(manifest.sign_in, redirect="", redirect_from="ru_name")
    assert not check_manifest(
        msgspec.structs.replace(manifest, credentials=(*manifest.credentials, field), sign_in=sign_in)
    )


def test_an_unknown_word_is_refused() -> None:
    text = (PLUGIN / PACKAGE / "signin_device.toml").read_bytes().replace(b'flow = "device"', b'flow = "implicit"')
    with pytest.raises(ManifestError, match=r"here\.toml.*sign_in\.flow"):
        parse_manifest(text, "here.toml")


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        SignIn("device").flow = "client"  # type: ignore[misc]
