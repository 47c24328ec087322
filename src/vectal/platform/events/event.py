"""The base of domain facts, and the way one is written beside the change it tells of."""

import re
from dataclasses import dataclass, is_dataclass
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from vectal.platform.db import WriteSession
from vectal.platform.db.engine import SystemScope
from vectal.platform.events.contracts import NO_WORKSPACE
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter

CHANNEL: Final = "vectal_outbox"
PAYLOAD_BYTES: Final = 32_768

_TYPE: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_APPEND: Final = (
    "INSERT INTO outbox (workspace_id, id, user_id, type, payload) VALUES ($1, $2, $3, $4, $5)"
)
_emitted = counter("events_emitted_total", "Events written to the outbox.", ["type"])


@dataclass(frozen=True)
class Event:
    """Base of domain facts: frozen dataclasses of ids and small JSON-able fields.

    Never content: rows of the outbox are not encrypted.
    """

    type: ClassVar[str]
    """`<room>.<past tense>`, for example `tasks.task_changed`."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not _TYPE.fullmatch(getattr(cls, "type", "")):
            raise TypeError(f"{cls.__name__}.type must be '<room>.<what_happened>'")


async def append(session: WriteSession, event: object, user_id: UUID | None = None, /) -> None:
    """Write an event in the session's transaction; it exists when that commits.

    With `user_id` it is private to that person. Its workspace is the scope's.
    """
    scope = session.scope
    if isinstance(scope, SystemScope):
        # Work of no tenant tells of an account, which is a person's alone.
        if user_id is None:
            raise TypeError("system work names the workspace: use append_for()")
        await append_for(session, event, workspace_id=NO_WORKSPACE, user_id=user_id)
        return
    await append_for(session, event, workspace_id=_tenant_of(scope), user_id=user_id)


async def append_for(
    session: WriteSession, event: object, *, workspace_id: UUID, user_id: UUID | None = None
) -> None:
    """The same for a named workspace, for system work that speaks of one."""
    if not isinstance(event, Event) or not is_dataclass(event):
        raise TypeError(f"{type(event).__name__} is no Event")
    payload = msgspec.json.encode(event)
    if len(payload) > PAYLOAD_BYTES:
        raise ValueError(f"{event.type}: {len(payload)} bytes; an event carries ids, not content")
    connection = await session.connection()
    await connection.execute(_APPEND, workspace_id, new_id(), user_id, event.type, payload.decode())
    session.after_commit(_emitted.labels(event.type).inc)


def _tenant_of(scope: object) -> UUID:
    tenant = getattr(scope, "workspace_id", None)
    if not isinstance(tenant, UUID):
        raise TypeError(f"{type(scope).__name__} carries no workspace")
    return tenant
