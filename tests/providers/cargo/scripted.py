"""A carrier that answers by script: what was asked, in its order, and the answers in theirs. For REST clients with a token."""

from __future__ import annotations

import json
from typing import Any

import httpx

from app.contracts import Message, fail

Answer = tuple[int, Any] | Message


class Script:
    """`answers` in the order of the calls; a call of the token is answered with `token` and not counted. A Message is raised."""

    def __init__(self, token: Any, token_path: str, *answers: Answer) -> None:
        self.token, self.token_path = token, token_path
        self.answers = list(answers)
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self.token_path):
            status, data = self.token if isinstance(self.token, tuple) else (200, self.token)
            return _response(status, data)
        self.asked.append(f"{request.method} {request.url.path.rpartition('/api/')[2]}")
        self.bodies.append(json.loads(request.content) if request.content else None)
        self.headers.append(request.headers)
        assert self.answers, f"nobody expected {self.asked[-1]}"
        answer = self.answers.pop(0)
        if isinstance(answer, Message):
            raise fail(answer)
        return _response(*answer)

    def http(self, base_url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self), base_url=base_url)


def _response(status: int, data: Any) -> httpx.Response:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return httpx.Response(status, content=body, headers={"content-type": "application/json"})
