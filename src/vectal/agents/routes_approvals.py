"""REST of what a workspace has decided about approvals."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from vectal.agents.schemas_approvals import ApprovalRules
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute

router = APIRouter(prefix="/approval-rules", tags=["agents"], route_class=IdempotentRoute)


def _service(request: Request) -> ApprovalRulesService:
    return cast("ApprovalRulesService", request.app.state.services.approval_rules)


Service = Annotated[ApprovalRulesService, Depends(_service)]


@router.get("", dependencies=[requires("approval_rules.read")])
async def get_approval_rules(principal: CurrentPrincipal, service: Service) -> ApprovalRules:
    """When runs of this workspace ask a person before a call."""
    return ApprovalRules.of(await service.get(principal))


@router.put("", dependencies=[requires("approval_rules.manage")])
async def set_approval_rules(
    body: ApprovalRules, principal: CurrentPrincipal, service: Service
) -> ApprovalRules:
    """Have runs ask more often, or less. It counts from the next call of every run."""
    return ApprovalRules.of(await service.set(principal, body.wanted()))
