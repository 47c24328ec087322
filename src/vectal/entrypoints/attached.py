"""Servers for a command that is run by hand: yours, those of a running `vectal up`, or its own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from vectal.migrations import runner
from vectal.platform.config import Settings
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.postgres import EmbeddedPostgres
from vectal.platform.embedded.running import RunningTree, find_running
from vectal.platform.embedded.valkey import EmbeddedValkey


@asynccontextmanager
async def attached(settings: Settings, *, redis: bool = True) -> AsyncGenerator[Settings]:
    """Settings whose database and Redis answer while the block runs.

    What the operator has named is taken as it is. For the rest: the servers of the `vectal up`
    that runs on the data folder, else the embedded ones, started here and stopped at the end.
    A command that needs no Redis says so.
    """
    if settings.database_url is not None and (settings.redis_url is not None or not redis):
        yield settings
        return
    running = find_running(settings.data_dir.expanduser())
    if running is not None:
        yield _completed(settings, running)
        return
    async with AsyncExitStack() as stack:
        yield _completed(settings, await _start_own(settings, stack, redis=redis))


def _completed(settings: Settings, tree: RunningTree) -> Settings:
    found = {
        "database_url": settings.database_url or SecretStr(tree.database_url),
        "database_owner_url": settings.owner_url or SecretStr(tree.database_owner_url),
        "redis_url": settings.redis_url or SecretStr(tree.redis_url),
    }
    return settings.model_copy(update={name: url for name, url in found.items() if url})


async def _start_own(settings: Settings, stack: AsyncExitStack, *, redis: bool) -> RunningTree:
    data = DataFolder(settings.data_dir)
    data.open()
    data.lock()
    stack.callback(data.unlock)
    database = owner = redis_url = ""
    if settings.database_url is None:
        postgres = EmbeddedPostgres(data)
        stack.push_async_callback(postgres.stop)
        endpoint = await postgres.start()
        database, owner = endpoint.app_url, endpoint.owner_url
        await runner.migrate(owner, database)
    if settings.redis_url is None and redis:
        valkey = EmbeddedValkey(data)
        stack.push_async_callback(valkey.stop)
        redis_url = (await valkey.start()).url
    return RunningTree(0, "", database, owner, redis_url)
