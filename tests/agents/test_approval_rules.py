"""What a workspace decides about approvals is kept, is its own, and holds for its runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import ValidationError
from tests.fixtures.accounts import MakeUser

from vectal.agents.approving import ApprovalRules
from vectal.agents.schemas_approvals import ApprovalRules as Shape
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.auth.principal import Principal
from vectal.platform.db import Database

STRICT = ApprovalRules("always", {"calculate": "never"}, Decimal("0.0200"))


@dataclass(frozen=True)
class _Run:
    workspace_id: UUID
    owner_id: UUID


async def test_a_workspace_that_has_decided_nothing_has_the_defaults(
    db: Database, principal: Principal
) -> None:
    assert await ApprovalRulesService(db).get(principal) == ApprovalRules()


async def test_what_was_decided_holds_for_runs_of_that_workspace_alone(
    db: Database, make_user: MakeUser
) -> None:
    service, ours, theirs = ApprovalRulesService(db), await make_user(), await make_user()
    await service.set(ours.principal, ApprovalRules("never"))
    await service.set(ours.principal, STRICT)
    me, other = ours.principal, theirs.principal
    assert await service.read(_Run(me.workspace_id, me.user_id)) == STRICT
    assert await service.read(_Run(other.workspace_id, other.user_id)) == ApprovalRules()


@pytest.mark.parametrize(
    "body",
    [
        {"everything": "sometimes"},
        {"tools": {"calculate": "no"}},
        {"tools": {"Bad Name": "never"}},
        {"tools": {f"tool_{number}": "never" for number in range(201)}},
        {"ask_above_usd": "-1"},
        {"ask_above_usd": "0.00001"},
        {"ask_above_usd": "NaN"},
    ],
)
def test_what_is_no_rule_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Shape.model_validate(body)


def test_the_shape_says_what_the_rules_say() -> None:
    assert Shape.of(STRICT).wanted() == STRICT
    assert Shape.model_validate({}).wanted() == ApprovalRules()
