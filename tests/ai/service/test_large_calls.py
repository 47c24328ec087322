"""Large calls are read and counted beside the event loop, whichever way they take."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from tests.fixtures.accounts import MakeUser, people_of

from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.proxy.wires.port import (
    AnswerEncoder,
    AnswerHead,
    ClientCall,
    ClientWire,
    WireName,
    WireProblem,
)
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.call import IncomingCall
from vectal.ai.service.key_rules import KeyRules
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.auth.credentials import Credential
from vectal.auth.principal import Principal, Scope
from vectal.entrypoints.services import Services

MODEL: Final = "vast"
_PATIENCE_S: Final = 10.0
WORDS: Final = "Words of text, {} of them now. "
_PICTURE: Final = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}


@dataclass
class Held:
    """A wire whose reader goes on once the event loop has turned meanwhile.

    On the loop itself it would wait in vain, and `turned` has a False for it.
    """

    loop: asyncio.AbstractEventLoop
    inner: ClientWire = field(default_factory=lambda: wire("chat_completions"))
    turned: list[bool] = field(default_factory=list[bool])

    @property
    def name(self) -> WireName:
        return self.inner.name

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        has_turned = threading.Event()
        self.loop.call_soon_threadsafe(has_turned.set)
        is_beside = threading.current_thread() is not threading.main_thread()
        self.turned.append(is_beside and has_turned.wait(_PATIENCE_S))
        return self.inner.read(body, default_output_tokens)

    def encoder(self, call: ClientCall, head: AnswerHead) -> AnswerEncoder:
        return self.inner.encoder(call, head)

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        return self.inner.problem(problem, request_id)


@dataclass(frozen=True)
class Caller:
    services: Services
    owner: Principal

    async def add(self, kind: ProviderKind, window: int) -> None:
        model = ListedModel(MODEL, MODEL, window, 8_192, images=True)
        url, key = "https://inside.test/v1", "sk-test-0123456789abcd"
        draft = ProviderDraft(kind, kind, url, key, models=(model,))
        await self.services.ai.providers.create(self.owner, draft)
        self.services.models.forget_reach(self.owner.workspace_id)

    async def key(self, **rules: Any) -> Principal:
        auth = self.services.auth
        issued = await auth.keys.create(self.owner, "large", [Scope("ai:use")])
        await self.services.key_rules.put_rules(self.owner, issued.key.id, KeyRules(**rules))
        return await auth.authenticate(Credential(issued.text), None)

    async def prepare(self, principal: Principal, *more: Any) -> tuple[ProviderKind, list[bool]]:
        """Where a call of 2 MB would go, and how each reading of it went."""
        held = Held(asyncio.get_running_loop())
        body = json.dumps({"model": MODEL, "messages": [*_words(2_000), *more]}).encode()
        prepared = await self.services.models.prepare(IncomingCall(principal, held, body, "large"))
        return prepared.target.offer.provider.kind, held.turned


def _words(messages: int) -> list[Any]:
    said = ("".join(WORDS.format(32 * i + j) for j in range(32)) for i in range(messages))
    return [{"role": "user", "content": text} for text in said]


@pytest.fixture
async def caller(house_services: Services) -> Caller:
    services = house_services
    make: MakeUser = people_of(services.database, services.accounts, services.auth)
    return Caller(services, (await make()).principal)


async def test_where_a_key_may_not_use_the_first_choice(caller: Caller) -> None:
    """By its bytes it fits the one that the key may not reach; counted, it fits the other too."""
    await caller.add("openai_compatible", 50_000_000)
    await caller.add("anthropic", 900_000)
    key = await caller.key(providers=("anthropic",))
    assert await caller.prepare(key) == ("anthropic", [True])


async def test_where_a_line_of_a_batch_has_pictures(caller: Caller) -> None:
    await caller.add("openai_compatible", 50_000_000)
    seen: Any = {"role": "user", "content": [_PICTURE]}
    assert await caller.prepare(caller.owner, seen) == ("openai_compatible", [True])
