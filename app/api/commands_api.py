"""The loopback API by hand: on, off, port, token. Its commands work with and without a window."""

from __future__ import annotations

from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import words_of
from app.api.commands import COMMANDS
from app.api.local_api import LOOPBACK, SETTING, token_of, wanted
from app.console import Console
from app.contracts import ProviderError


async def api(console: Console, args: dict[str, Any]) -> Answer:
    """`on` True, False or None (as it is), `port`, `host`, `new_token`, `show_token`. It listens where a process lasts: the
    window, or `serve`."""
    words, answer, running = words_of(args), Answer(), console.local_api
    before = await wanted(console)
    now = msgspec.structs.replace(
        before,
        on=before.on if args.get("on") is None else bool(args["on"]),
        port=args.get("port") or before.port,
        host=args.get("host") or before.host,
    )
    if args.get("new_token"):
        await (token_of(console, new=True) if running is None else running.renew_token())
        answer.say(words("api.cli.renewed"))
    if running is None:
        await console.store.audit.choose(SETTING, msgspec.to_builtins(now))
    else:
        try:
            await running.choose(now)
        except ProviderError as error:
            answer.exit, answer.data = 1, {"message": message_data(error.message)}
            answer.say(sentence(words, error.message))
            return answer
    address = "" if running is None else running.address
    answer.data = {"on": now.on, "port": now.port, "host": now.host, "address": address}
    if args.get("show_token"):
        answer.data["token"] = (await token_of(console)).reveal()
        answer.say(answer.data["token"])
        return answer
    if address:
        answer.say(words("api.cli.listens", address=address))
    else:
        answer.say(words("api.cli.on" if now.on else "api.cli.off", port=str(now.port)))
    if now.host != LOOPBACK:
        answer.say(words("api.cli.open", host=now.host))
    return answer


COMMANDS["api"] = api
