"""REST of a workspace's budgets."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from vectal.ai.routes.wiring import CONFLICT, IfMatch, expected_version
from vectal.ai.schemas.budgets import (
    BudgetInput,
    BudgetPatch,
    BudgetShape,
    DoubtDecision,
    SettlementShape,
)
from vectal.ai.service.budget_names import BudgetNames
from vectal.ai.service.budget_service import BudgetService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import IdempotentRoute, Page
from vectal.platform.web.schema import Text

router = APIRouter(prefix="/ai/budgets", tags=["ai"], route_class=IdempotentRoute)


def _budgets(request: Request) -> BudgetService:
    return cast("BudgetService", request.app.state.services.ai.budgets)


def _names(request: Request) -> BudgetNames:
    services = request.app.state.services
    return BudgetNames(services.accounts.members, services.auth.keys)


Budgets = Annotated[BudgetService, Depends(_budgets)]
Names = Annotated[BudgetNames, Depends(_names)]


@router.get("", dependencies=[requires("ai.budgets.list")])
async def list_budgets(
    principal: CurrentPrincipal, budgets: Budgets, names: Names
) -> Page[BudgetShape]:
    """All budgets with what is left of them, oldest first, on one page."""
    found = await budgets.list_budgets(principal)
    named = await names.find(principal, found)
    return Page(items=[BudgetShape.of(each, named) for each in found])


@router.post("", status_code=201, dependencies=[requires("ai.budgets.manage")])
async def create_budget(
    body: BudgetInput, principal: CurrentPrincipal, budgets: Budgets, names: Names
) -> BudgetShape:
    """Set a budget; the server that is asked keeps to it at once, others within a second."""
    made = await budgets.create(principal, body.draft())
    return BudgetShape.of(made, await names.find(principal, [made]))


@router.get("/{budget_id}", dependencies=[requires("ai.budgets.list")])
async def get_budget(
    budget_id: UUID, principal: CurrentPrincipal, budgets: Budgets, names: Names
) -> BudgetShape:
    """One budget with what is left of it."""
    found = await budgets.get_budget(principal, budget_id)
    return BudgetShape.of(found, await names.find(principal, [found]))


@router.patch("/{budget_id}", dependencies=[requires("ai.budgets.manage")], responses=CONFLICT)
async def update_budget(
    budget_id: UUID,
    body: BudgetPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    budgets: Budgets,
    names: Names,
    response: Response,
) -> BudgetShape:
    """Rename a budget, change its cap, or switch it."""
    version = expected_version(if_match, body.version)
    changed = await budgets.update(principal, budget_id, version, body.change())
    response.headers["ETag"] = f'"{changed.version}"'
    return BudgetShape.of(changed, await names.find(principal, [changed]))


@router.get("/{budget_id}/settlements", dependencies=[requires("ai.budgets.manage")])
async def list_budget_settlements(
    budget_id: UUID,
    principal: CurrentPrincipal,
    budgets: Budgets,
    names: Names,
    cursor: Annotated[Text | None, Query(max_length=2048)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Page[SettlementShape]:
    """What was decided of amounts in doubt and by whom, newest first."""
    found = await budgets.list_settlements(principal, budget_id, cursor=cursor, limit=limit)
    named = await names.find_people(principal, {each.user_id for each in found.items})
    items = [SettlementShape.of(each, named) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.post("/{budget_id}/settlements", dependencies=[requires("ai.budgets.manage")])
async def settle_budget_doubt(
    budget_id: UUID,
    body: DoubtDecision,
    principal: CurrentPrincipal,
    budgets: Budgets,
    names: Names,
) -> BudgetShape:
    """Decide what became of an amount in doubt: so much was spent, the rest is free again.

    Answers 409 `ai.budget_doubt_changed` where another amount is in doubt than you have seen.
    """
    settled = await budgets.settle_doubt(principal, budget_id, body.decision())
    return BudgetShape.of(settled, await names.find(principal, [settled]))


@router.delete("/{budget_id}", status_code=204, dependencies=[requires("ai.budgets.manage")])
async def delete_budget(
    budget_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, budgets: Budgets
) -> None:
    """Forget a budget. What was used stays in the ledger."""
    await budgets.delete(principal, budget_id, if_match)
