"""The installation has one name, whoever asks first."""

import asyncio

from vectal.accounts.service.instance import InstanceService
from vectal.platform.db import Database


async def test_all_processes_read_the_same_id(db: Database) -> None:
    processes = [InstanceService(db, "invitation") for _ in range(4)]
    ids = await asyncio.gather(*(each.get_id() for each in processes))
    assert len(set(ids)) == 1
    assert len(ids[0]) == 16
    assert await InstanceService(db, "open").get_id() == ids[0]
