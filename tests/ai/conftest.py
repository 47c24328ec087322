"""The AI service over the worker's database, with providers that play scripts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import pytest
from tests.ai.actors import ScriptedProvider, SeenCalls, sample_registry

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.ports import PROVIDER_KINDS, ProviderAdapter, ProviderKind
from vectal.ai.providers.simulated.adapter import SimulatorAdapter
from vectal.ai.proxy.attempts import ModelProxy, Patience
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.calls_under_way import CallsUnderWay, Rhythm
from vectal.ai.toolset import ToolRegistry
from vectal.platform.clock import SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http.guard import EgressGuard
from vectal.platform.resilience import BreakerBoard, RetryRule

HASTY = Patience(
    first_word_s=0.3, idle_s=0.3, alone=RetryRule(3, 0.001, 0.01), with_others=RetryRule(2, 0.001)
)


@dataclass(frozen=True)
class Stage:
    """A service and the actors behind it."""

    ai: AiService
    actors: dict[ProviderKind, ScriptedProvider]
    calls: SeenCalls
    breakers: BreakerBoard
    proxy: ModelProxy
    under_way: CallsUnderWay | None = None
    """Nobody runs it, where there is one."""


@pytest.fixture(scope="session")
def models_file() -> ModelsFile:
    return load_models_file()


@pytest.fixture
async def stage(db: Database, keyring: Keyring, models_file: ModelsFile) -> AsyncGenerator[Stage]:
    """Every vendor is an actor; the Simulator is the real one, without its pauses."""
    actors: dict[ProviderKind, ScriptedProvider] = {
        kind: ScriptedProvider(kind) for kind in PROVIDER_KINDS if kind != "simulator"
    }
    adapters: dict[ProviderKind, ProviderAdapter] = {**actors, "simulator": SimulatorAdapter(0.0)}
    breakers, calls = BreakerBoard(), SeenCalls()
    proxy = ModelProxy(adapters, breakers, patience=HASTY)
    guard = EgressGuard.parse(["inside.test"])
    under_way = CallsUnderWay(db, SystemClock(), Rhythm(period_s=0.0))
    tools = sample_registry(calls)
    ai = AiService(db, keyring, models_file, proxy, guard, tools, under_way=under_way)
    yield Stage(ai, actors, calls, breakers, proxy, under_way)
    await ai.close()


@pytest.fixture
def ai(stage: Stage) -> AiService:
    return stage.ai


@pytest.fixture
def registry_of() -> Callable[[SeenCalls], ToolRegistry]:
    return sample_registry
