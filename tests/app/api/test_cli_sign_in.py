"""`paxzar sign-in` and `paxzar connect … --sign-in`: here, at the owner of the workspace, and without a browser."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api import cli_sign_in
from app.api.handover import HandoverServer
from app.cli import on_workspace
from app.console import open_console, utc_now
from app.contracts import Secret
from app.jobs.connect import Wish
from app.platform import keyrings
from tests.app.api.conftest import Cli
from tests.support.oauth_server import OAuthServer
from tests.support.serving import serve
from tests.support.signin import PLUGIN, installed, values_of

PASSWORD = "a password for tests"


@pytest.fixture
def oauth() -> OAuthServer:
    return OAuthServer()


@pytest.fixture
def address(oauth: OAuthServer, tmp_path: Path) -> Iterator[str]:
    with serve(oauth.app) as found, installed(tmp_path / "site"):
        yield found


class Browser:
    """What `webbrowser` would start: goes to the consent page, says yes, comes back."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.pages: list[str] = []
        self.stays_away = False
        self._threads: list[threading.Thread] = []

    def open(self, address: str) -> bool:
        self.opened.append(address)
        if not self.stays_away:
            thread = threading.Thread(target=self._visit, args=(address,))
            self._threads.append(thread)
            thread.start()
        return True

    def _visit(self, address: str) -> None:
        self.pages.append(httpx.get(address, follow_redirects=True, timeout=10).text)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    made = Browser()
    monkeypatch.setattr("webbrowser.open", made.open)
    monkeypatch.setenv("DISPLAY", ":99")
    yield made
    made.join()


def connect(cli: Cli, oauth: OAuthServer, address: str, flow: str, *more: str, name: str = "Dükkân") -> Any:
    values = values_of(oauth, flow)
    secrets = cli.folder.parent / "secrets.json"
    secrets.write_text(
        json.dumps({"client_secret": values["client_secret"]} if "client_secret" in values else {}), "utf-8"
    )
    return cli(
        "connect", f"signin_{flow}", "--name", name, "--base-url", address, "--set", f"client_id={values['client_id']}",
        "--secrets-from", str(secrets), "--sign-in", *more,
    )  # fmt: skip


def test_connect_and_sign_in_by_the_browser(cli: Cli, oauth: OAuthServer, address: str, browser: Browser) -> None:
    result = connect(cli, oauth, address, "loopback", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["name"] == "Dükkân"
    assert browser.opened[0] in result.stderr, "the address is printed too"
    browser.join()
    assert "Back to Paxzar" in browser.pages[0]
    assert cli.json("probe", "Dükkân")[0]["facts"] == {"shop": "Sırça Dükkân"}
    assert not [one for one in oauth.secrets if one in result.output + result.stderr]


def test_without_a_display_no_browser_is_started(
    cli: Cli, oauth: OAuthServer, address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_sign_in, "has_browser", lambda: False)
    told: list[str] = []
    say = cli_sign_in._Terminal._tell

    def tell(self: Any, name: str, **params: str) -> None:
        told.append(name)
        say(self, name, **params)
        if name == "open":
            Browser.open(browser, params["address"])  # somebody types it

    monkeypatch.setattr(cli_sign_in._Terminal, "_tell", tell)
    assert connect(cli, oauth, address, "loopback").exit_code == 0
    assert told == ["open", "waiting"]


def test_a_device_code_is_printed(cli: Cli, oauth: OAuthServer, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    say = cli_sign_in._Terminal.code

    def code(self: Any, code: str, address: str, until: Any) -> None:
        say(self, code, address, until)
        oauth.decide(code)

    monkeypatch.setattr(cli_sign_in._Terminal, "code", code)
    result = connect(cli, oauth, address, "device")
    assert result.exit_code == 0, result.output
    made = next(iter(oauth.devices.values()))
    assert f"Open {address}/activate and type this code: {made.user_code}" in result.stderr


def test_client_credentials_need_nobody(cli: Cli, oauth: OAuthServer, address: str) -> None:
    result = connect(cli, oauth, address, "client")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""


def test_a_refusal_keeps_nothing(cli: Cli, oauth: OAuthServer, address: str, browser: Browser) -> None:
    oauth.say_no = True
    result = connect(cli, oauth, address, "loopback")
    assert result.exit_code == 1
    assert "Dükkân: The sign-in was declined on the vendor's page." in result.stderr
    assert cli.json("connections") == []


def test_a_name_that_is_taken_is_told_before_a_browser_opens(
    cli: Cli, oauth: OAuthServer, address: str, browser: Browser
) -> None:
    assert connect(cli, oauth, address, "client").exit_code == 0
    result = connect(cli, oauth, address, "loopback")
    assert result.exit_code == 2
    assert "There is a connection named “Dükkân” already." in result.stderr
    assert browser.opened == []


def test_signed_out_is_told_with_what_to_do_and_mended(
    cli: Cli, oauth: OAuthServer, address: str, browser: Browser
) -> None:
    assert connect(cli, oauth, address, "loopback").exit_code == 0
    oauth.revoke_all()
    result = cli("probe", "Dükkân")
    assert result.exit_code == 1
    assert "no longer accepts the sign-in" in result.stderr
    assert "paxzar sign-in NAME" in result.stderr
    assert cli.json("connections")[0]["last_error"]["code"] == "auth.signed_out"
    done = cli("sign-in", "Dükkân")
    assert done.exit_code == 0, done.output
    assert "Dükkân: signed in." in done.stdout
    assert cli.json("probe", "Dükkân")[0]["ok"] is True


def test_wrong_usage(cli: Cli, oauth: OAuthServer, address: str) -> None:
    assert cli("sign-in", "Yok").exit_code == 2
    result = cli("sign-in", "Yok", "--paste", "--unlock-from", "-", workspace=False)
    assert (result.exit_code, "reads standard input" in result.stderr) == (2, True)
    account = cli("connect", "signin_loopback", "--name", "x", "--account", "y", "--sign-in")
    assert (account.exit_code, "does not go with --account" in account.stderr) == (2, True)


def test_no_sign_in_at_a_vendor_with_keys(connected: Cli) -> None:
    result = connected("sign-in", "Dükkân")
    assert result.exit_code == 1
    assert "WooCommerce has no sign-in; it takes keys." in result.stderr


@pytest.mark.slow
def test_paste_on_a_machine_without_a_browser(oauth: OAuthServer, address: str, tmp_path: Path) -> None:
    """A whole process, as over ssh: the address comes on standard error, the pasted one goes in at standard input."""
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    oauth.landing = {"realmId": "93"}
    values = values_of(oauth, "paste")
    (tmp_path / "secrets.json").write_text(json.dumps({"client_secret": values["client_secret"]}), "utf-8")
    env = {**os.environ, "PAXZAR_LANG": "en", "PYTHONIOENCODING": "utf-8",
           "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(PLUGIN), str(PLUGIN.parents[2])])}  # fmt: skip
    env.pop("DISPLAY", None)
    with subprocess.Popen(
        [
            sys.executable, "-m", "app.cli", "connect", "signin_paste", "--name", "Dükkân", "--base-url", address,
            "--set", f"client_id={values['client_id']}", "--secrets-from", str(tmp_path / "secrets.json"), "--sign-in",
            "--paste", "--workspace", str(tmp_path / "ws"), "--unlock-from", str(tmp_path / "password"), "--json",
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=env,
        cwd=PLUGIN.parents[2],
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        seen = ""
        while "paste the address at which the browser ended" not in seen:
            line = process.stderr.readline()
            assert line, seen
            seen += line
        page = next(line for line in seen.splitlines() if line.startswith("http"))
        landed = httpx.get(page).headers["location"]
        process.stdin.write("https://elsewhere.example/?code=x&state=y\n")
        process.stdin.write(f"{landed}\n")
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "This is not the address at which the browser ended. It begins with https://shop.example/landed" in err
    assert json.loads(out)["name"] == "Dükkân"
    assert not [one for one in oauth.secrets if one in out + err]


async def test_the_owner_of_the_workspace_signs_in_and_this_terminal_opens_the_browser(
    oauth: OAuthServer, address: str, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none() -> None:
        return None

    monkeypatch.setattr(keyrings, "system_keyring", none)
    console = await open_console(tmp_path / "ws", unlock=Secret(PASSWORD))
    wish = Wish("signin_loopback", "Dükkân", values=values_of(oauth, "loopback"), base_url=address)
    row = await console.connecting.save(wish, utc_now())
    owner = HandoverServer(console)
    await owner.start()
    try:
        with cli_sign_in.talking("en") as talk:
            args = {"lang": "en", "name": "Dükkân", "talk": talk}
            answer = await on_workspace("sign_in", args, tmp_path / "ws", None)
            assert (answer.exit, answer.data["ok"]) == (0, True)
            assert len(browser.opened) == 1
            wrong = {**args, "talk": {**talk, "token": "guessed"}}
            turned_away = await on_workspace("sign_in", wrong, tmp_path / "ws", None)
            assert turned_away.exit == 1
            assert "broken off" in turned_away.lines[0]
            browser.stays_away = True
            hanging = asyncio.create_task(on_workspace("sign_in", args, tmp_path / "ws", None))
            while len(browser.opened) < 2:  # noqa: ASYNC110 - opened in a thread
                await asyncio.sleep(0.01)
        hanging.cancel()
        nobody = await on_workspace("sign_in", args, tmp_path / "ws", None)
        assert (nobody.exit, nobody.lines) == (1, ["Dükkân: The sign-in was broken off. Nothing was changed."])
        result, _ = await console.engine.probe(row)
        assert result.outcome == "done"
    finally:
        await owner.close()
        await console.close()
