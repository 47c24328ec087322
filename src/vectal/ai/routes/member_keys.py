"""REST of members' API keys, for administrators.

It lives here since a key is shown with its rules for models.
"""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from vectal.ai.routes.wiring import key_rule_service
from vectal.ai.schemas.member_keys import MemberKeyPatch, MemberKeyShape
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.service import KeyService
from vectal.auth.service.keys import MEMBERS_CURSOR
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_id
from vectal.platform.web import Page
from vectal.platform.web.schema import Text

router = APIRouter(prefix="/member-keys", tags=["api keys"])


async def _key_service(request: Request) -> KeyService:
    return cast("KeyService", request.app.state.services.auth.keys)


Keys = Annotated[KeyService, Depends(_key_service)]
Rules = Annotated[KeyRuleService, Depends(key_rule_service)]


@router.get("", dependencies=[requires("member_keys.list")])
async def list_member_keys(
    principal: CurrentPrincipal,
    keys: Keys,
    rules: Rules,
    cursor: Annotated[Text | None, Query(max_length=2048)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    user_id: Annotated[UUID | None, Query(description="Only this member's")] = None,
) -> Page[MemberKeyShape]:
    """Keys of all members that are not revoked, oldest first."""
    after = None if cursor is None else decode_id(MEMBERS_CURSOR, cursor)
    found = await keys.list_workspace_keys(principal, user_id=user_id, after=after, limit=limit)
    ruled = await rules.find_rules(principal, [key.id for key in found.items])
    items = [MemberKeyShape.of(key, ruled.get(key.id)) for key in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.patch("/{key_id}", dependencies=[requires("member_keys.shorten")])
async def shorten_member_key(
    key_id: UUID, body: MemberKeyPatch, principal: CurrentPrincipal, keys: Keys, rules: Rules
) -> MemberKeyShape:
    """Let a member's key end earlier, with all that were made with it; its owner is told.

    A later end is refused: how long a key lives its owner decides.
    """
    key = await keys.shorten_member_key(principal, key_id, body.expires_at)
    ruled = await rules.find_rules(principal, [key.id])
    return MemberKeyShape.of(key, ruled.get(key.id))


@router.delete("/{key_id}", status_code=204, dependencies=[requires("member_keys.revoke")])
async def revoke_member_key(key_id: UUID, principal: CurrentPrincipal, keys: Keys) -> None:
    """Make a member's key worthless, and all that were made with it, within a second.

    Its owner is told.
    """
    await keys.revoke_member_key(principal, key_id)
