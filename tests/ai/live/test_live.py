"""The real vendors. Each test runs only where the environment holds a key for it.

VECTAL_LIVE_OPENAI_KEY, VECTAL_LIVE_ANTHROPIC_KEY, VECTAL_LIVE_DEEPSEEK_KEY. They cost fractions
of a cent a run.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.ai.actors import SeenCalls, sample_registry
from tests.ai.conftest import Stage
from tests.ai.service.asking import ask, collect, only, text_of

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import (
    CompletionRequest,
    Finished,
    ModelChoice,
    ResponseEvent,
    ToolReturned,
    UsageReported,
)
from vectal.ai.ports import ProviderKind
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.providers import ProviderDraft
from vectal.ai.service.vendors import vendor_adapters
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.resilience import BreakerBoard

MODELS: dict[ProviderKind, str] = {
    "openai": "gpt-6-luna",
    "anthropic": "claude-haiku-5-5",
    "deepseek": "deepseek-flash",
}


def _key(kind: str) -> str | None:
    return os.environ.get(f"VECTAL_LIVE_{kind.upper()}_KEY")


KINDS = [
    pytest.param(
        kind,
        marks=pytest.mark.skipif(
            _key(kind) is None, reason=f"VECTAL_LIVE_{kind.upper()}_KEY is not set"
        ),
    )
    for kind in MODELS
]
pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
async def live(
    db: Database,
    keyring: Keyring,
    models_file: ModelsFile,
    principal: Principal,
    kind: ProviderKind,
) -> AsyncGenerator[Stage]:
    client = HttpClient(EgressLedger(db), EgressGuard())
    proxy, calls = ModelProxy(vendor_adapters(HttpEgress(client), 0.0)), SeenCalls()
    ai = AiService(db, keyring, models_file, proxy, EgressGuard(), sample_registry(calls))
    await ai.providers.create(principal, ProviderDraft(kind, kind, None, _key(kind)))
    yield Stage(ai, {}, calls, BreakerBoard(), proxy)
    await ai.close()
    await client.close()


async def _ask(
    live: Stage, principal: Principal, kind: ProviderKind, text: str, **changes: Any
) -> list[ResponseEvent]:
    choice = ModelChoice(model=MODELS[kind])
    return await collect(
        live.ai.respond(principal, ask(text, choice=choice, deadline_s=90.0, **changes))
    )


async def test_the_key_is_good(live: Stage, principal: Principal, kind: ProviderKind) -> None:
    provider = (await live.ai.providers.list_providers(principal))[0]
    result = await live.ai.providers.test(principal, provider.id)
    assert result.ok, result.detail
    assert MODELS[kind] in {model.name for model in result.models}


async def test_it_answers(live: Stage, principal: Principal, kind: ProviderKind) -> None:
    events = await _ask(live, principal, kind, "Reply with the one word: ready", mode="ask")
    assert events[-1] == Finished("stop"), events[-1]
    assert "ready" in text_of(events).lower()
    report = only(events, UsageReported)[0]
    assert not report.estimated
    assert report.cost_usd is not None


async def test_it_calls_tools(live: Stage, principal: Principal, kind: ProviderKind) -> None:
    words = "Look up my tasks, then prepare to complete the one about rent."
    events = await _ask(live, principal, kind, words)
    assert events[-1] == Finished("stop"), events[-1]
    assert live.calls.names[-1] == "complete_task"
    assert all(result.ok for result in only(events, ToolReturned))


async def test_it_names_conversations(
    live: Stage, principal: Principal, kind: ProviderKind
) -> None:
    del kind
    request = CompletionRequest("title", {"user": "When is my rent due?", "assistant": "Friday."})
    assert 2 < len(await live.ai.complete(principal, request)) <= 80
