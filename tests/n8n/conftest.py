"""A real n8n, set up by our own command, and a Vectal that it brings runs on for."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.agents import Say, drop_effects_table, make_effects_table, person
from tests.fixtures.servers import EMPTY, Servers, TestDatabase, clone_database, drop_database
from tests.fixtures.workflows import House, Rig, open_rig
from tests.n8n.n8n_process import HOME, OWNER, PASSWORD, N8nProcess

from vectal.accounts.service import AccountService
from vectal.agents.workflows.n8n.owner import Login
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.entrypoints import workflows as wiring
from vectal.entrypoints.commands.n8n import Bootstrapped, set_up
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, LocalKeyWrapper
from vectal.platform.db import Database
from vectal.platform.embedded.ports import find_free_port


@dataclass
class Stand:
    """n8n after the first bootstrap, and what that said."""

    n8n: N8nProcess
    settings: Settings
    port: int
    said: Bootstrapped

    async def bootstrap(self, example: str | None = None) -> Bootstrapped:
        return await set_up(self.settings, Login(OWNER, PASSWORD), example)


@pytest.fixture(scope="session")
async def n8n(
    servers: Servers, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[N8nProcess]:
    if not (HOME / "app/node_modules/n8n").is_dir():
        pytest.fail("There is no n8n; `make test-n8n` fetches it.")
    name = f"n8n_{worker}"
    database = await clone_database(servers, name, EMPTY)
    process = await N8nProcess.make(database.superuser_url, tmp_path_factory.mktemp("n8n"))
    try:
        await process.start()
        yield process
    finally:
        await process.kill()
        await drop_database(servers, name)


@pytest.fixture(scope="session")
async def stand(
    n8n: N8nProcess,
    settings: Settings,
    wrapper: LocalKeyWrapper,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stand:
    del wrapper  # its key lies in the data folder
    port = find_free_port("127.0.0.1")
    folder: Path = tmp_path_factory.mktemp("bootstrap")
    shutil.copy(settings.data_dir / "master.key", folder / "master.key")
    own = settings.model_copy(
        update={
            "data_dir": folder,
            "n8n_url": n8n.url,
            "n8n_callback_url": f"http://127.0.0.1:{port}",
        }
    )
    said = await set_up(own, Login(OWNER, PASSWORD), None)
    return Stand(n8n, own, port, said)


OpenRig = Callable[..., AbstractAsyncContextManager[Rig]]


@pytest.fixture
async def rig_of(
    stand: Stand,
    db: Database,
    keyring: Keyring,
    wrapper: LocalKeyWrapper,
    accounts: AccountService,
    auth: AuthService,
) -> OpenRig:
    keys = await wiring.load_keys(accounts, wrapper)

    def make(say: Say, **options: Any) -> AbstractAsyncContextManager[Rig]:
        return open_rig(
            db,
            keyring,
            say,
            stand.n8n.url,
            house=House(
                accounts,
                auth,
                stand.settings,
                wiring.find_api_key(stand.settings) or "",
                keys,
                stand.port,
            ),
            **options,
        )

    return make


@pytest.fixture(scope="session")
async def effects(postgres: TestDatabase) -> AsyncGenerator[None]:
    await make_effects_table(postgres.superuser_url)
    yield
    await drop_effects_table(postgres.superuser_url)


@pytest.fixture
def ada() -> Principal:
    return person()
