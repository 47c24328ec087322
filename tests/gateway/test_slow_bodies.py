"""A call whose body took long to arrive is as new as any other once it is there."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.auth.principal import Principal
from vectal.gateway.scope import STARTED
from vectal.gateway.v1.calls import answer
from vectal.platform.config import Settings

BODY = {"model": "nobody's", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


@dataclass
class Refusing:
    """A gateway that looks something up before it says no."""

    keep_alive_s: float = 60.0

    async def answer(self, call: IncomingCall) -> Answer:
        del call
        await asyncio.sleep(0.01)
        raise CallRefusedError(WireProblem(404, "model_not_found", "There is no such model."))


def request_that_came_slowly() -> Request:
    """Its head came two minutes ago, and the rest of its body just now."""
    state = SimpleNamespace(services=SimpleNamespace(models=Refusing()), settings=Settings())
    scope: dict[str, Any] = {
        "type": "http",
        "headers": [],
        "client": None,
        "app": SimpleNamespace(state=state),
        "state": {"request_id": "one"},
        STARTED: time.perf_counter() - 120,
    }
    pieces = iter([json.dumps(BODY).encode()])

    async def receive() -> dict[str, Any]:
        for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    return Request(scope, receive)


async def test_what_goes_wrong_has_a_status_however_long_the_body_took() -> None:
    with pytest.raises(CallRefusedError) as caught:
        await answer(request_that_came_slowly(), cast("Principal", None), wire("chat_completions"))
    assert caught.value.problem.status == 404
