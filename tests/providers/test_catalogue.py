"""The catalogue against the brief's list (tests/fixtures/catalogue.csv): all 129, each with facts of its own, none flattered."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.contracts.capabilities import CAPABILITIES
from app.contracts.catalogue import INDEX, Catalogue
from app.contracts.indexing import build_index, index_bytes, main, read_index, write_index
from app.contracts.manifest import Manifest, ManifestError, Readiness, parse_manifest
from app.jobs.connect import address_fields

REPO = Path(__file__).resolve().parents[2]
ROOT = REPO / "providers"
LIST = REPO / "tests" / "fixtures" / "catalogue.csv"
BRIEF = REPO.parent / "shared" / "catalogue.csv"
#: Listed under a name that the vendor no longer carries.
RENAMED = {
    "real_de": ("Kaufland.de", "Real.de"),
    "avea_e_fatura": ("Türk Telekom E-Fatura", "Avea E-Fatura"),
    "parasoft_e_fatura": ("Paraşüt E-Fatura", "Parasoft E-Fatura"),
    "parasoft_on_muhasebe": ("Paraşüt Ön Muhasebe", "Parasoft Ön Muhasebe"),
    "mng_kargo": ("DHL eCommerce Türkiye", "MNG Kargo"),
    "foriba_e_fatura": ("Sovos E-Fatura", "Foriba E-Fatura"),
    "logo_on_muhasebe": ("Logo İşbaşı", "Logo Ön Muhasebe"),
}
AMAZON_EU = {"turkiye", "uk", "germany", "france", "italy", "spain", "india"}
FAMILIES = {
    "trendyol": {"trendyol", "trendyol_express", "trendyol_fulfillment"},
    "shopify": {"shopify", "shopify_pos"},
    "amazon_sp_eu": {"amazon_fba", *(f"amazon_{c}" for c in AMAZON_EU)},
    "amazon_sp_na": {"amazon_us"},
    "ebay": {"ebay_us", "ebay_uk", "ebay_germany"},
    "meta": {"facebook_shop", "instagram_shopping"},
    "parasut": {"parasoft_e_fatura", "parasoft_on_muhasebe"},
}
CONNECTABLE = {
    "trendyol", "woocommerce", "shopify", "yurtici_kargo", "amazon_us", *(f"amazon_{c}" for c in AMAZON_EU)
}  # fmt: skip


@cache
def listed() -> dict[str, dict[str, str]]:
    with LIST.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@cache
def manifests() -> dict[str, Manifest]:
    return {p.stem: parse_manifest(p.read_bytes(), p.name) for p in sorted(ROOT.glob("*/*.toml"))}


def unix(path: Path) -> bytes:
    """Its content, whatever line ends a checkout gave it."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def of_the_brief() -> Iterator[tuple[dict[str, str], Manifest]]:
    for id_, row in listed().items():
        yield row, manifests()[id_]


def features_of(row: dict[str, str]) -> list[str]:
    return [name.strip() for name in row["features"].split(",")]


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.toml")), ids=lambda p: p.stem)
def test_every_manifest_parses_and_lies_in_its_folder(path: Path) -> None:
    manifest = parse_manifest(path.read_bytes(), path.name)
    assert manifest.id == path.stem
    folders = {"marketplace-tr": "marketplaces", "marketplace-world": "marketplaces", "shop": "shops"}
    assert path.parent.name == folders.get(manifest.category, manifest.category)


def test_the_list_is_the_brief_s() -> None:
    assert len(listed()) == 129
    if not BRIEF.exists():
        pytest.skip("../shared is absent, the copy in tests/fixtures stands alone")
    assert unix(LIST) == unix(BRIEF)


def test_all_129_are_there_as_listed() -> None:
    assert listed().keys() <= manifests().keys()
    for row, m in of_the_brief():
        told = (m.id, m.category, m.number, m.website)
        assert told == (row["id"], row["category"], int(row["number_in_category"]), row["website"])
        assert row["name"] in (m.name, *m.aliases), f"{m.id}: {row['name']!r} is neither its name nor an alias"


def test_every_listed_feature_is_a_capability_or_has_a_written_reason(capsys: pytest.CaptureFixture[str]) -> None:
    missing, without = [], []
    for row, m in of_the_brief():
        told = {feature.name: feature for feature in m.features}
        for name in features_of(row):
            feature = told.get(name)
            if feature is None or not (feature.capability in CAPABILITIES or (feature.reason.tr and feature.reason.en)):
                missing.append(f"{m.id}: {name}")
            elif not feature.capability:
                without.append(f"{m.name} · {name}: {feature.reason.en}")
        assert [feature.name for feature in m.features] == features_of(row), m.id
    with capsys.disabled():
        told_count = sum(len(features_of(row)) for row in listed().values())
        print(
            f"\n{len(without)} of {told_count} listed features are no capability, each with its reason; without: {missing or 'none'}"
        )
    print("\n".join(without))
    assert missing == []


def test_no_text_is_pasted_on_two_vendors() -> None:
    """A reason or a note is about its vendor. Two rows of one service may say the same."""
    texts: dict[str, set[str]] = {}
    for m in manifests().values():
        for words in (m.note, *(f.reason for f in m.features)):
            for text in (words.tr, words.en):
                if text:
                    texts.setdefault(text, set()).add(m.id)
    assert {text: ids for text, ids in texts.items() if len(ids) > 1} == {}


def test_the_written_index_is_what_the_manifests_say() -> None:
    assert unix(ROOT / INDEX) == index_bytes(build_index(ROOT)), "run python -m app.contracts.indexing"


def test_the_index_keeps_the_list_s_order() -> None:
    ids = [entry.id for entry in read_index(ROOT)]
    assert [id_ for id_ in ids if id_ in listed()] == list(listed())


def test_what_cannot_be_connected_names_no_client() -> None:
    for m in manifests().values():
        if not m.readiness.connectable:
            assert (m.client, m.sandbox, m.capabilities) == ("", "", ()), m.id


def test_readiness_flatters_nobody() -> None:
    told = {m.id: m.readiness for _, m in of_the_brief()}
    assert told["gittigidiyor"] is Readiness.RETIRED
    assert told["yurtici_kargo"] is Readiness.PARTNER
    assert {id_ for id_, readiness in told.items() if readiness.connectable} >= CONNECTABLE
    for m in manifests().values():
        if m.readiness is Readiness.LIVE:
            assert m.evidence in ("official-spec", "official-docs"), m.id
        if m.evidence in ("third-party", "unconfirmed"):
            assert m.note.tr, f"{m.id}: the merchant must be told that this is not confirmed"
        assert m.evidence_note, m.id


def test_credentials_are_told_in_both_languages_and_fit_their_own_pattern() -> None:
    for m in manifests().values():
        if m.readiness is not Readiness.RETIRED:
            assert m.credentials, m.id
        keys = [field.key for field in m.credentials]
        assert len(keys) == len(set(keys)), m.id
        for field in m.credentials:
            where = f"{m.id}.{field.key}"
            assert all((field.label.tr, field.label.en)), where
            assert bool(field.where.tr) == bool(field.where.en), where
            if field.kind == "choice":
                assert not field.default or field.default in field.choices, where
            for value in (field.default, field.example):
                if field.pattern and value and "…" not in value:
                    assert re.fullmatch(field.pattern, value), f"{where}: {value!r} does not fit {field.pattern!r}"


def test_secrets_are_secret() -> None:
    hidden = re.compile(r"(secret|password|token|private_key|license_key)$")
    for m in manifests().values():
        for field in m.credentials:
            if hidden.search(field.key):
                assert field.kind == "secret", f"{m.id}.{field.key}"


@pytest.mark.parametrize("id_", RENAMED)
def test_renamed_vendors_carry_today_s_name(id_: str) -> None:
    name, alias = RENAMED[id_]
    assert manifests()[id_].name == name
    assert Catalogue(ROOT, with_plugins=False).resolve(alias).id == id_


def test_no_name_or_alias_means_two_integrations() -> None:
    names = Counter(n.casefold() for m in manifests().values() for n in {m.name, *m.aliases})
    assert [name for name, times in names.items() if times > 1] == []


def test_shared_accounts() -> None:
    for family, ids in FAMILIES.items():
        assert {m.id for m in manifests().values() if m.family == family} == ids


def test_addresses_are_https_or_loopback_and_complete() -> None:
    for m in manifests().values():
        keys = {field.key for field in m.credentials if field.kind in ("text", "choice")}
        for name, place in m.environments.items():
            assert place.api or place.url_from in keys, f"{m.id}.{name}: no address and no field for one"
            for url in filter(None, (place.api, *place.urls.values(), m.portal)):
                parts = urlsplit(url)
                assert parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1"), f"{m.id}: {url}"
                assert parts.hostname, f"{m.id}: {url}"
                assert not parts.username, f"{m.id}: {url}"
                assert set(re.findall(r"\{(\w+)\}", url)) <= keys, f"{m.id}: {url}"
        assert all(re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in m.hosts), m.id


def test_connectable_ones_tell_pace_and_pages() -> None:
    for m in (manifests()[id_] for id_ in sorted(CONNECTABLE)):
        assert {"live", "sandbox"} <= m.environments.keys(), m.id
        assert re.fullmatch(r"providers\.[a-z_.]+:[A-Z]\w+", m.client), m.id
        assert m.limits, m.id
        assert min(one.calls for one in m.limits) > 0, m.id
        assert min(one.seconds for one in m.limits) > 0, m.id
        if "order_source" in m.capabilities:
            assert 0 < m.sizes.orders <= 250, m.id
            assert m.lag_s >= 300, m.id
        if "price_sink" in m.capabilities:
            assert min(m.sizes.prices, m.sizes.stocks) > 0, m.id


@pytest.mark.parametrize("id_", ["amazon_turkiye", "amazon_us", "shopify", "trendyol", "woocommerce", "yurtici_kargo"])
def test_what_a_rehearsal_server_lets_in_fits_the_form(id_: str) -> None:
    catalogue = Catalogue(ROOT, with_plugins=False)
    fields = {field.key: field for field in catalogue.manifest(id_).credentials}
    held = catalogue.sandbox(id_).credentials
    assert held
    for key, value in held.items():
        field = fields[key]
        assert not value or field.kind != "choice" or value in field.choices, key
        assert not value or not field.pattern or re.fullmatch(field.pattern, value), f"{key}: {value!r}"
    blank = {field.key for field in fields.values() if field.required and not held.get(field.key) and not field.default}
    assert blank <= address_fields(catalogue.manifest(id_), "rehearsal"), "only where the vendor is may stay blank"


def test_the_eight_amazons_differ_by_marketplace_only() -> None:
    eight = [manifests()[f"amazon_{c}"] for c in sorted(AMAZON_EU | {"us"})]
    assert len({m.params["marketplace_id"] for m in eight}) == len({m.params["country"] for m in eight}) == 8
    assert {(m.client, m.capabilities, m.limits, m.sizes, m.credentials) for m in eight} == {
        (eight[0].client, eight[0].capabilities, eight[0].limits, eight[0].sizes, eight[0].credentials)
    }
    assert {m.environments["live"].urls["token"] for m in eight} == {"https://api.amazon.com/auth/o2/token"}


def test_words_speak_to_the_merchant() -> None:
    """No "hata" (design/README.md, 10), and nothing half-translated."""
    for m in manifests().values():
        fields = [w for c in m.credentials for w in (c.label, c.where)]
        places = [place.note for place in m.environments.values()]
        for words in (m.note, *fields, *places, *(f.reason for f in m.features)):
            assert bool(words.tr) == bool(words.en), f"{m.id}: {words}"
            assert not re.search(r"\bhata", words.tr.replace("İ", "i").casefold()), f"{m.id}: {words.tr}"


def test_reading_the_index_imports_no_provider() -> None:
    code = (
        "import sys; from app.contracts.catalogue import Catalogue, providers_root;"
        "print(len(list(Catalogue(providers_root()))));"
        "print([m for m in sys.modules if m.partition('.')[0] == 'providers'])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=60, check=True)
    count, imported = run.stdout.split("\n")[:2]
    assert int(count) >= 129
    assert imported == "[]"


# -- the generator -----------------------------------------------------------------------------------------------


def manifest_text(id_: str, category: str = "cargo", number: int = 0) -> str:
    return (
        f'id = "{id_}"\nname = "{id_}"\nnumber = {number}\ncategory = "{category}"\nwebsite = ""\n'
        'readiness = "planned"\nevidence = "unconfirmed"\nevidence_date = 2026-11-01\nfeatures = []\n'
    )


def put(root: Path, file: str, text: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_order_is_category_then_number_then_the_unnumbered(tmp_path: Path) -> None:
    put(tmp_path, "cargo/own.toml", manifest_text("own"))
    put(tmp_path, "cargo/b.toml", manifest_text("b", number=10))
    put(tmp_path, "cargo/c.toml", manifest_text("c", number=9))
    put(tmp_path, "shops/z.toml", manifest_text("z", "shop", 3))
    assert [e.id for e in write_index(tmp_path)] == ["z", "c", "b", "own"]
    assert [e.file for e in read_index(tmp_path)] == ["shops/z.toml", "cargo/c.toml", "cargo/b.toml", "cargo/own.toml"]


def test_a_proven_tier_survives_a_new_index(tmp_path: Path) -> None:
    put(tmp_path, "cargo/a.toml", manifest_text("a"))
    write_index(tmp_path)
    written = (tmp_path / INDEX).read_bytes().replace(b'"tier":""', b'"tier":"gold"')
    (tmp_path / INDEX).write_bytes(written)
    put(tmp_path, "cargo/b.toml", manifest_text("b"))
    assert {e.id: e.tier for e in write_index(tmp_path)} == {"a": "gold", "b": ""}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"cargo/a.toml": manifest_text("b")}, "the id is 'b'"),
        ({"cargo/a.toml": manifest_text("a"), "shops/a.toml": manifest_text("a")}, "is also in cargo/a.toml"),
        ({"cargo/a.toml": "id = "}, "cargo/a.toml"),
        ({INDEX: "{}"}, INDEX),
    ],
)
def test_a_bad_file_is_named_and_the_index_stays(tmp_path: Path, files: dict[str, str], told: str) -> None:
    for file, text in files.items():
        put(tmp_path, file, text)
    before = (tmp_path / INDEX).read_bytes() if (tmp_path / INDEX).exists() else None
    with pytest.raises(ManifestError, match=re.escape(told)):
        write_index(tmp_path)
    assert ((tmp_path / INDEX).read_bytes() if (tmp_path / INDEX).exists() else None) == before


def test_run_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("app.contracts.indexing.providers_root", lambda: tmp_path)
    put(tmp_path, "cargo/a.toml", manifest_text("a"))
    assert main() == 0
    assert capsys.readouterr().out.endswith("index.json: 1\n")
    put(tmp_path, "cargo/a.toml", manifest_text("other"))
    assert main() == 1
    assert "cargo/a.toml" in capsys.readouterr().err
