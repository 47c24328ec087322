"""REST of the rules of API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from vectal.ai.routes.wiring import CONFLICT, IfMatch, expected_version, key_rule_service
from vectal.ai.schemas.key_rules import KeyRulesInput, KeyRulesShape
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page
from vectal.platform.web.schema import Text

router = APIRouter(prefix="/ai/key-rules", tags=["ai"])


Rules = Annotated[KeyRuleService, Depends(key_rule_service)]


@router.get("", dependencies=[requires("ai.key_rules.read")])
async def list_key_rules(
    principal: CurrentPrincipal,
    rules: Rules,
    cursor: Annotated[Text | None, Query(max_length=2048)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Page[KeyRulesShape]:
    """The keys of this workspace that have rules, whoever's they are, oldest key first."""
    found = await rules.list_rules(principal, cursor=cursor, limit=limit)
    items = [KeyRulesShape.of(each) for each in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.get("/{api_key_id}", dependencies=[requires("ai.key_rules.read")])
async def get_key_rules(
    api_key_id: UUID, principal: CurrentPrincipal, rules: Rules, response: Response
) -> KeyRulesShape:
    """The rules of one key; 404 when it has none."""
    return _told(KeyRulesShape.of(await rules.get_rules(principal, api_key_id)), response)


@router.put("/{api_key_id}", dependencies=[requires("ai.key_rules.manage")], responses=CONFLICT)
async def set_key_rules(
    api_key_id: UUID,
    body: KeyRulesInput,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    rules: Rules,
    response: Response,
) -> KeyRulesShape:
    """Give a key rules for models; replaces those it had, and holds within a second.

    Calls under `/v1` are judged by them, and by those of the keys that the key was made with. A
    key can't change its own, and one that has rules can't loosen another's.
    """
    version = expected_version(if_match, body.version)
    stored = await rules.put_rules(principal, api_key_id, body.rules(), version)
    return _told(KeyRulesShape.of(stored), response)


@router.delete("/{api_key_id}", status_code=204, dependencies=[requires("ai.key_rules.manage")])
async def delete_key_rules(api_key_id: UUID, principal: CurrentPrincipal, rules: Rules) -> None:
    """Leave a key without rules; what its scopes allow, it may do again."""
    await rules.delete_rules(principal, api_key_id)


def _told(shape: KeyRulesShape, response: Response) -> KeyRulesShape:
    response.headers["ETag"] = f'"{shape.version}"'
    return shape
