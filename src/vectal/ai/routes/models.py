"""REST of what can be chosen, how it is chosen, and what was used."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from vectal.ai.policy import can_see_everyones_usage
from vectal.ai.routes.wiring import Ai, unbound_principal
from vectal.ai.schemas.models import ModelsShape
from vectal.ai.schemas.preferences import PreferencesShape
from vectal.ai.schemas.usage import UsageShape
from vectal.ai.usage.sums import UsageGrouping
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.clock import utc_now
from vectal.platform.errors import InvalidInputError
from vectal.platform.web.schema import Day

_DEFAULT_DAYS: Final = 30
_MAX_DAYS: Final = 366
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(9000, 1, 1)

router = APIRouter(prefix="/ai", tags=["ai"])


@router.get("/models", dependencies=[requires("ai.models")])
async def list_models(principal: CurrentPrincipal, ai: Ai) -> ModelsShape:
    """Slots with the model that fills each now, and every model by itself."""
    return ModelsShape.of(await ai.list_models(principal))


@router.get("/preferences", dependencies=[requires("ai.models")])
async def get_ai_preferences(principal: CurrentPrincipal, ai: Ai) -> PreferencesShape:
    """How this workspace likes its models chosen."""
    return PreferencesShape.of(await ai.view_preferences(principal))


@router.put(
    "/preferences", dependencies=[requires("ai.providers.update"), Depends(unbound_principal)]
)
async def set_ai_preferences(
    body: PreferencesShape, principal: CurrentPrincipal, ai: Ai
) -> PreferencesShape:
    """Say how models are to be chosen; replaces what was said before.

    A name for a model that no provider has is kept, and told of in `unreached`. A key with rules
    can't say any of it: its rules speak of the names that are given here.
    """
    return PreferencesShape.of(await ai.save_preferences(principal, body.preferences()))


@router.get("/usage", dependencies=[requires("ai.usage")])
async def get_usage(
    principal: CurrentPrincipal,
    ai: Ai,
    group: Annotated[UsageGrouping, Query()] = "day",
    since: Annotated[
        Day | None, Query(alias="from", description="First day; 30 days back by default")
    ] = None,
    until: Annotated[
        Day | None, Query(alias="to", description="Last day; today by default")
    ] = None,
    mine: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Only the caller's own, also for administrators")
    ] = False,
) -> UsageShape:
    """Tokens and costs by day or by model; members see their own, administrators everyone's."""
    zone = ZoneInfo(principal.timezone)
    last = until or utc_now().astimezone(zone).date()
    first = since or max(last - timedelta(days=_DEFAULT_DAYS - 1), _EARLIEST)
    if first > last:
        raise InvalidInputError("`from` lies after `to`.", pointer="/from")
    if not _EARLIEST <= first <= last <= _LATEST or (last - first).days >= _MAX_DAYS:
        raise InvalidInputError(f"A report spans at most {_MAX_DAYS} days.", pointer="/from")
    everyone = can_see_everyones_usage(principal) and not mine
    sums = await ai.sum_usage(
        principal,
        group,
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
        everyone=everyone,
    )
    return UsageShape.of(group, first, last, sums, everyone=everyone)
