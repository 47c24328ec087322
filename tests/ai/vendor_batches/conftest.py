"""The product with its egress open to this machine, where the emulator listens."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from tests.ai.vendor_batches.bench import Bench
from tests.ai.vendor_batches.emulator import Emulator, running_emulator
from tests.fixtures.accounts import people_of

from vectal.entrypoints.bootstrap import open_services, serving
from vectal.entrypoints.services import Services
from vectal.platform.config import Settings


@pytest.fixture(scope="session")
async def open_house(settings: Settings) -> AsyncGenerator[Services]:
    near = settings.model_copy(update={"simulator_pace_ms": 0.0, "egress_allow": ("127.0.0.1",)})
    async with open_services(near) as services, serving(services):
        yield services


@pytest.fixture
async def emulator() -> AsyncGenerator[Emulator]:
    async with running_emulator() as found:
        yield found


@pytest.fixture
async def bench(open_house: Services, emulator: Emulator) -> Bench:
    services = open_house
    make = people_of(services.database, services.accounts, services.auth)
    return Bench(services, (await make()).principal, emulator)
