"""Labs of people over the worker's database."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from tests.fixtures.accounts import MakeUser
from tests.research import emulator
from tests.research.emulator import Found, serving
from tests.research.lab import Brain, Lab, Queued, Standing, Web, everything_is_here

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.providers.simulated.adapter import SimulatorAdapter
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service.ai_service import AiService
from vectal.documents.extraction.sandbox import Sandbox
from vectal.entrypoints.research import LockedReader
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.http.network import GuardedNetwork
from vectal.research.search.opening import EngineKeys, open_engines
from vectal.research.service import ResearchPorts, ResearchServices

MakeLab = Callable[..., Awaitable[Lab]]


@pytest.fixture
async def make_lab(db: Database, keyring: Keyring, make_user: MakeUser) -> AsyncGenerator[MakeLab]:
    async with AsyncExitStack() as stack:

        def client(guard: EgressGuard, *, is_web: bool = False) -> HttpClient:
            network = GuardedNetwork(guard, resolver=everything_is_here) if is_web else None
            made = HttpClient(EgressLedger(db), guard, network=network)
            stack.push_async_callback(made.close)
            return made

        async def make(*, brain: Brain | None = None, simulated: bool = False) -> Lab:
            """With `simulated` the models are the Simulator as it ships."""
            found: list[Found] = []
            web, brain = Web(), brain or Brain()
            web.server = await stack.enter_async_context(serving(web))
            engine = await stack.enter_async_context(serving(emulator.searxng(lambda _: found)))
            keys = EngineKeys(search_url=f"searxng+http://127.0.0.1:{engine.port}")
            actor = SimulatorAdapter(0.0, None if simulated else brain)
            proxy = ModelProxy({"simulator": actor})
            guard = EgressGuard()
            ai = AiService(db, keyring, load_models_file(), proxy, guard)
            stack.push_async_callback(ai.close)
            standing, queued = Standing(), Queued()
            services = ResearchServices.build(
                database=db,
                keyring=keyring,
                engines=open_engines(keys, client),
                ports=ResearchPorts(
                    models=ai,
                    client=client(EgressGuard.parse(["127.0.0.1"]), is_web=True),
                    reader=LockedReader(Sandbox("reduced")),
                    rights=standing,
                    enqueue=queued,
                ),
            )
            return Lab(services, await make_user(), web, engine, found, brain, standing, queued)

        yield make


@pytest.fixture
async def lab(make_lab: MakeLab) -> Lab:
    return await make_lab()
