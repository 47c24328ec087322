"""REST of a workspace's budgets."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vectal.ai.routes.wiring import CONFLICT, IfMatch, expected_version
from vectal.ai.schemas.budgets import BudgetInput, BudgetPatch, BudgetShape
from vectal.ai.service.budget_service import BudgetService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/ai/budgets", tags=["ai"], route_class=IdempotentRoute)


def _budgets(request: Request) -> BudgetService:
    return cast("BudgetService", request.app.state.services.ai.budgets)


Budgets = Annotated[BudgetService, Depends(_budgets)]


@router.get("", dependencies=[requires("ai.budgets.list")])
async def list_budgets(principal: CurrentPrincipal, budgets: Budgets) -> Page[BudgetShape]:
    """All budgets with what is left of them, oldest first, on one page."""
    found = await budgets.list_budgets(principal)
    return Page(items=[BudgetShape.of(each) for each in found])


@router.post("", status_code=201, dependencies=[requires("ai.budgets.manage")])
async def create_budget(
    body: BudgetInput, principal: CurrentPrincipal, budgets: Budgets
) -> BudgetShape:
    """Set a budget; every process keeps to it within a second."""
    return BudgetShape.of(await budgets.create(principal, body.draft()))


@router.get("/{budget_id}", dependencies=[requires("ai.budgets.list")])
async def get_budget(budget_id: UUID, principal: CurrentPrincipal, budgets: Budgets) -> BudgetShape:
    """One budget with what is left of it."""
    return BudgetShape.of(await budgets.get_budget(principal, budget_id))


@router.patch("/{budget_id}", dependencies=[requires("ai.budgets.manage")], responses=CONFLICT)
async def update_budget(
    budget_id: UUID,
    body: BudgetPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    budgets: Budgets,
    response: Response,
) -> BudgetShape:
    """Rename a budget, change its cap, or switch it."""
    version = expected_version(if_match, body.version)
    changed = await budgets.update(principal, budget_id, version, body.change())
    response.headers["ETag"] = f'"{changed.version}"'
    return BudgetShape.of(changed)


@router.delete("/{budget_id}", status_code=204, dependencies=[requires("ai.budgets.manage")])
async def delete_budget(
    budget_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, budgets: Budgets
) -> None:
    """Forget a budget. What was used stays in the ledger."""
    await budgets.delete(principal, budget_id, if_match)
