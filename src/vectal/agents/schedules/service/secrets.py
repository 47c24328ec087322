"""Where the secrets of a hook lie, and those that hold at a moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from vectal.agents.schedules.tables import TriggerRow
from vectal.agents.sealing import Place, Seals
from vectal.platform.db import DataScope, ReadSession


def secret_of(trigger_id: UUID) -> Place:
    return Place("agent_triggers", "sealed_secret", str(trigger_id))


def old_secret_of(trigger_id: UUID) -> Place:
    return Place("agent_triggers", "sealed_old_secret", str(trigger_id))


async def open_secrets(
    seals: Seals, session: ReadSession, scope: DataScope, row: TriggerRow, now: datetime
) -> list[str]:
    """The secret, and the one before while it still holds."""
    found: list[str] = []
    if row.sealed_secret is not None:
        opened = await seals.open(session, scope, secret_of(row.id), row.sealed_secret)
        found.append(opened.decode())
    until = row.old_secret_until
    if row.sealed_old_secret is not None and until is not None and now < until:
        opened = await seals.open(session, scope, old_secret_of(row.id), row.sealed_old_secret)
        found.append(opened.decode())
    return found
