"""REST of single calls and of the health of models."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from vectal.ai.routes.wiring import Ai
from vectal.ai.schemas.calls import CallShape, HealthShape, OfferHealthShape
from vectal.ai.usage.filters import CallFilter, CallStatus
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page
from vectal.platform.web.schema import Text

router = APIRouter(prefix="/ai", tags=["ai"])


def _wanted(
    model: Annotated[
        Text | None, Query(min_length=1, max_length=200, description="The model that answered")
    ] = None,
    user_id: Annotated[UUID | None, Query(description="Who asked")] = None,
    api_key_id: Annotated[UUID | None, Query(description="The key that it was asked with")] = None,
    status: Annotated[CallStatus | None, Query(description="How it ended")] = None,
) -> CallFilter:
    return CallFilter(model, user_id, api_key_id, status)


@router.get("/calls", dependencies=[requires("ai.usage")])
async def list_calls(
    principal: CurrentPrincipal,
    ai: Ai,
    wanted: Annotated[CallFilter, Depends(_wanted)],
    cursor: Annotated[Text | None, Query(max_length=2048)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    mine: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Only the caller's own, also for administrators")
    ] = False,
) -> Page[CallShape]:
    """Calls to models, newest first, with the reason for each route."""
    found = await ai.calls.list_calls(
        principal, cursor=cursor, limit=limit, everyone=not mine, wanted=wanted
    )
    items = [CallShape.of(row) for row in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.get("/health", dependencies=[requires("ai.models")])
async def list_model_health(principal: CurrentPrincipal, ai: Ai) -> HealthShape:
    """How the models within reach have answered of late, the ailing first."""
    found = await ai.calls.list_health(principal)
    return HealthShape(items=[OfferHealthShape.of(one) for one in found])
