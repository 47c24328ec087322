"""Somebody who calls vendors, without a server in between."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from tests.ai.service.desk import Desk, patience
from tests.fixtures.accounts import people_of
from tests.platform.http.peer import running_peer

from vectal.entrypoints.bootstrap import open_services, serving
from vectal.entrypoints.services import Services
from vectal.platform.config import Settings


@pytest.fixture(scope="session")
async def near_house(settings: Settings) -> AsyncGenerator[Services]:
    without_limits = {"model_requests_per_minute": 0, "model_tokens_per_minute": 0}
    near = settings.model_copy(update={"egress_allow": ("127.0.0.1",), **without_limits})
    async with open_services(near) as services, serving(services):
        yield services


@pytest.fixture
async def desk(near_house: Services) -> AsyncGenerator[Desk]:
    services = near_house
    make = people_of(services.database, services.accounts, services.auth)
    means = services.models.proxy.means
    before, means.patience = means.patience, patience()
    async with running_peer() as peer:
        desk = Desk(services, (await make()).principal, peer)
        await desk.add()
        yield desk
    means.patience = before
