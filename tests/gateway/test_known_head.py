"""Heads that came before: what is the same to the byte needs no parsing, all else does."""

from __future__ import annotations

from typing import Any

import pytest

from vectal.auth.credentials import Credential
from vectal.gateway.direct import Asker
from vectal.gateway.known_head import KnownHead

HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n"
    b"Authorization: Bearer key\r\n\r\n"
)


class _Asker(Asker):
    def __init__(self) -> None:
        self.credential = Credential("key")


def request(body: bytes, head: bytes = HEAD) -> bytes:
    return head % len(body) + body


def learnt(data: bytes) -> KnownHead | None:
    headers = [(b"host", b"here"), (b"content-length", b"5"), (b"authorization", b"Bearer key")]
    scope: dict[str, Any] = {"type": "http", "headers": headers}
    return KnownHead.learn(data, _Asker(), scope)


@pytest.mark.parametrize("body", [b"{}", b"", b"x" * 40_000, b"\r\n\r\nContent-Length: 7\r\n\r\n"])
def test_the_body_of_a_request_with_the_same_head(body: bytes) -> None:
    known = learnt(request(b"first"))
    assert known is not None
    assert known.body_of(request(body)) == body


@pytest.mark.parametrize(
    "data",
    [
        request(b"body") + b"POST / HTTP/1.1\r\n",  # the next request, or smuggled
        request(b"body")[:-1],
        request(b"body", HEAD.replace(b"key", b"kez")),
        request(b"body", HEAD.replace(b"HTTP/1.1", b"HTTP/1.0")),
        request(b"body", HEAD.replace(b"Host: here", b"Host: here\r\nExpect: 100-continue")),
        HEAD.replace(b"%d", b"+4") + b"body",
        HEAD.replace(b"%d", b"4 ") + b"body",
        HEAD.replace(b"%d", b"0x4") + b"body",
        HEAD.replace(b"%d", b"") + b"body",
        HEAD.replace(b"%d", b"4\r\nContent-Length: 4") + b"body",
        HEAD.replace(b"%d", b"4\r\nTransfer-Encoding: chunked") + b"body",
        HEAD.replace(b"%d", b"9" * 30) + b"body",
        HEAD[:40],
        b"",
    ],
)
def test_anything_else_is_for_the_parser(data: bytes) -> None:
    known = learnt(request(b"first"))
    assert known is not None
    assert known.body_of(data) is None


@pytest.mark.parametrize(
    "data",
    [
        request(b"body") + b"more",
        request(b"body")[:-1],
        HEAD.replace(b"Content-Length: %d\r\n", b"") + b"body",
        HEAD.replace(b"%d", b"4\r\nContent-Length: 4") + b"body",
        b"POST / HTTP/1.1\r\n",
        HEAD.replace(b"key", b"k" * 9_000) % 4 + b"body",
    ],
)
def test_what_is_no_whole_request_is_not_learnt(data: bytes) -> None:
    assert learnt(data) is None


def test_the_application_is_told_of_the_length_that_came() -> None:
    known = learnt(request(b"first"))
    assert known is not None
    scope = known.scope_for(12)
    assert (b"content-length", b"12") in scope["headers"]
    assert (b"content-length", b"5") in known.scope["headers"]
    assert len(scope["headers"]) == 3
