"""A WooCommerce rehearsal server and a command line on a workspace of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.support.serving import serve


@dataclass
class Shop:
    address: str
    secrets: dict[str, str]
    control: httpx.Client


@pytest.fixture(scope="module")
def server():
    from providers.sandboxes.woocommerce import create

    with serve(create(seed=7, orders=12, listings=9).app) as address:
        yield address


@pytest.fixture
def shop(server):
    with httpx.Client(base_url=server) as control:
        control.post("/_control/reset", json={"orders": 12, "listings": 9, "seed": 7})
        held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        yield Shop(server, held, control)


class Cli:
    """`cli("orders", "--search", "x")`: runs in this process with the workspace and the password given."""

    def __init__(self, folder: Path, lang: str = "en") -> None:
        self.folder, self.lang = folder, lang
        self.password = folder.parent / "password"
        self.password.write_text("a password for tests\n", encoding="utf-8")

    def __call__(self, *args: str, workspace: bool = True, given: str | None = None) -> Result:
        extra = ["--workspace", str(self.folder), "--unlock-from", str(self.password)] if workspace else []
        return CliRunner().invoke(main, [*args, *extra], input=given, env={"PAXZAR_LANG": self.lang})

    def json(self, *args: str, exit_code: int = 0, given: str | None = None) -> Any:
        result = self(*args, "--json", given=given)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path / "ws")


@pytest.fixture
def connected(cli, shop, tmp_path):
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(shop.secrets), encoding="utf-8")
    result = cli(
        "connect", "woocommerce", "--name", "Dükkân", "--base-url", shop.address, "--secrets-from", str(secrets)
    )
    assert result.exit_code == 0, result.output
    return cli
