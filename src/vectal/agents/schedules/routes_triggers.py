"""REST of triggers."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from vectal.agents.schedules.routes import (
    IdempotencyKey,
    Limit,
    PageCursor,
    Scheduling,
    request_key,
)
from vectal.agents.schedules.schemas import FiringShape
from vectal.agents.schedules.schemas_triggers import (
    IssuedTriggerShape,
    NewTriggerShape,
    SecretRotationShape,
    TriggerPatchShape,
    TriggerShape,
)
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT
from vectal.platform.web import Page

router = APIRouter(prefix="/triggers", tags=["triggers"])

_READ: Final = [requires("triggers.read")]
_UPDATE: Final = [requires("triggers.update")]
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


@router.get("", dependencies=[requires("triggers.list")])
async def list_triggers(
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[TriggerShape]:
    """Your triggers, the newest first."""
    found = await scheduling.triggers.list_recent(principal, limit=limit, cursor=cursor)
    items = [TriggerShape.of(each) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.post("", status_code=201, dependencies=[requires("triggers.create")])
async def create_trigger(
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    body: NewTriggerShape,
    response: Response,
    key: IdempotencyKey = None,
) -> IssuedTriggerShape:
    """Begin runs by events, webhooks or mails. A secret is shown in this answer alone."""
    made = await scheduling.triggers.create(principal, body.terms(), key=request_key(key, body))
    response.headers["Location"] = f"/api/v1/triggers/{made.trigger.id}"
    response.headers.update(_NOT_KEPT)
    return IssuedTriggerShape(trigger=TriggerShape.of(made.trigger), secret=made.secret)


@router.get("/{trigger_id}", dependencies=_READ)
async def get_trigger(
    trigger_id: UUID, principal: CurrentPrincipal, scheduling: Scheduling
) -> TriggerShape:
    """One trigger."""
    return TriggerShape.of(await scheduling.triggers.get(principal, trigger_id))


@router.patch("/{trigger_id}", dependencies=_UPDATE)
async def update_trigger(
    trigger_id: UUID, principal: CurrentPrincipal, scheduling: Scheduling, body: TriggerPatchShape
) -> TriggerShape:
    """Change it, switch it on or off. Its kind stays."""
    return TriggerShape.of(await scheduling.triggers.update(principal, trigger_id, body.change))


@router.delete("/{trigger_id}", status_code=204, dependencies=[requires("triggers.delete")])
async def delete_trigger(
    trigger_id: UUID, principal: CurrentPrincipal, scheduling: Scheduling
) -> None:
    """Delete it, and its secret. Runs that it began stay, and go on."""
    await scheduling.triggers.delete(principal, trigger_id)


@router.post("/{trigger_id}/secret", dependencies=_UPDATE)
async def rotate_trigger_secret(
    trigger_id: UUID,
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    body: SecretRotationShape,
    response: Response,
) -> IssuedTriggerShape:
    """A new secret, shown in this answer alone; the one before holds for a while, too."""
    overlap = timedelta(hours=body.overlap_hours)
    made = await scheduling.triggers.rotate(principal, trigger_id, overlap)
    response.headers.update(_NOT_KEPT)
    return IssuedTriggerShape(trigger=TriggerShape.of(made.trigger), secret=made.secret)


@router.get("/{trigger_id}/firings", dependencies=_READ)
async def list_trigger_firings(
    trigger_id: UUID,
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[FiringShape]:
    """What it has begun, the newest first; kept for 90 days."""
    found = await scheduling.triggers.list_firings(
        principal, trigger_id, limit=limit, cursor=cursor
    )
    items = [FiringShape.of(each) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)
