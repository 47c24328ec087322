"""REST of schedules."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from vectal.agents.contracts import RequestKey
from vectal.agents.schedules.schemas import FiringShape
from vectal.agents.schedules.schemas_schedules import (
    NewScheduleShape,
    OccurrencesShape,
    SchedulePatchShape,
    SchedulePreviewShape,
    ScheduleShape,
)
from vectal.agents.schedules.service import SchedulingService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page

router = APIRouter(prefix="/schedules", tags=["schedules"])

_READ: Final = [requires("schedules.read")]


def scheduling_of(request: Request) -> SchedulingService:
    return cast("SchedulingService", request.app.state.services.scheduling)


Scheduling = Annotated[SchedulingService, Depends(scheduling_of)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
PageCursor = Annotated[str | None, Query(max_length=2048)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key gives the same effect and the same answer, once",
    ),
]


def request_key(key: str | None, body: BaseModel) -> RequestKey | None:
    """Our own keeping of keys: a stored answer would hold words and secrets unsealed."""
    if key is None:
        return None
    asked = body.model_dump_json(exclude_unset=True).encode()
    return RequestKey(key, hashlib.sha256(asked).digest())


@router.get("", dependencies=[requires("schedules.list")])
async def list_schedules(
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[ScheduleShape]:
    """Your schedules, the newest first."""
    found = await scheduling.schedules.list_recent(principal, limit=limit, cursor=cursor)
    items = [ScheduleShape.of(each) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.post("", status_code=201, dependencies=[requires("schedules.create")])
async def create_schedule(
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    body: NewScheduleShape,
    response: Response,
    key: IdempotencyKey = None,
) -> ScheduleShape:
    """Begin runs by the clock. They act for you, with the scopes that you give them here."""
    made = await scheduling.schedules.create(principal, body.terms(), key=request_key(key, body))
    response.headers["Location"] = f"/api/v1/schedules/{made.id}"
    return ScheduleShape.of(made)


@router.post("/preview", dependencies=_READ)
async def preview_schedule(scheduling: Scheduling, body: SchedulePreviewShape) -> OccurrencesShape:
    """When a rule would be due. Nothing is stored."""
    found = scheduling.schedules.preview(
        body.rrule, body.starts_at, body.timezone, body.ends_at, body.limit
    )
    return OccurrencesShape(items=found)


@router.get("/{schedule_id}", dependencies=_READ)
async def get_schedule(
    schedule_id: UUID, principal: CurrentPrincipal, scheduling: Scheduling
) -> ScheduleShape:
    """One schedule, and when it is due."""
    return ScheduleShape.of(await scheduling.schedules.get(principal, schedule_id))


@router.patch("/{schedule_id}", dependencies=[requires("schedules.update")])
async def update_schedule(
    schedule_id: UUID,
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    body: SchedulePatchShape,
) -> ScheduleShape:
    """Change it, switch it on or off. What passed in the meantime was not missed."""
    changed = await scheduling.schedules.update(principal, schedule_id, body.change)
    return ScheduleShape.of(changed)


@router.delete("/{schedule_id}", status_code=204, dependencies=[requires("schedules.delete")])
async def delete_schedule(
    schedule_id: UUID, principal: CurrentPrincipal, scheduling: Scheduling
) -> None:
    """Delete it. Runs that it began stay, and go on."""
    await scheduling.schedules.delete(principal, schedule_id)


@router.get("/{schedule_id}/firings", dependencies=_READ)
async def list_schedule_firings(
    schedule_id: UUID,
    principal: CurrentPrincipal,
    scheduling: Scheduling,
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[FiringShape]:
    """What its occurrences came to, the newest first; kept for 90 days."""
    found = await scheduling.schedules.list_firings(
        principal, schedule_id, limit=limit, cursor=cursor
    )
    items = [FiringShape.of(each) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)
