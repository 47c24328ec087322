"""`vectal migrate`: the schema, once per release."""

import asyncio

from vectal.entrypoints.attached import attached
from vectal.migrations import runner
from vectal.platform.config import Settings


def migrate(settings: Settings) -> str:
    """Bring the schema to this release; returns its revision."""
    return asyncio.run(_migrate(settings))


async def _migrate(settings: Settings) -> str:
    async with attached(settings, redis=False) as reachable:
        owner, app = reachable.owner_url, reachable.database_url
        return await runner.migrate(
            owner.get_secret_value() if owner else "", app.get_secret_value() if app else None
        )
