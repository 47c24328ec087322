"""SQL of the instance's settings; only the system role may touch them."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from vectal.accounts.tables import InstanceSettingRow
from vectal.platform.db import ReadSession, WriteSession


async def find_setting(session: ReadSession, key: str) -> dict[str, Any] | None:
    return await session.scalar(
        select(InstanceSettingRow.value).where(InstanceSettingRow.key == key)
    )


async def lock_setting(session: WriteSession, key: str) -> dict[str, Any] | None:
    """Read it and keep others from changing it until the transaction ends."""
    return await session.scalar(
        select(InstanceSettingRow.value).where(InstanceSettingRow.key == key).with_for_update()
    )


async def claim_setting(session: WriteSession, key: str, value: dict[str, Any]) -> bool:
    """Write it if nobody has; waits for another who is writing it. False when it exists."""
    statement = insert(InstanceSettingRow).values(key=key, value=value).on_conflict_do_nothing()
    return await session.change(statement) == 1


async def put_setting(session: WriteSession, key: str, value: dict[str, Any]) -> None:
    statement = insert(InstanceSettingRow).values(key=key, value=value)
    await session.change(
        statement.on_conflict_do_update(
            index_elements=[InstanceSettingRow.key],
            set_={"value": statement.excluded.value, "updated_at": func.now()},
        )
    )
