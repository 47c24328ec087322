"""API keys."""

from uuid import UUID

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    Auths,
    CursorQuery,
    LimitQuery,
    RequestKey,
    read_cursor,
)
from vectal.auth.schemas.credentials import ApiKey, ApiKeyInput, ApiKeyPatch, NewApiKey
from vectal.auth.service.keys import CURSOR
from vectal.platform.web import Page

router = APIRouter(prefix="/api-keys", tags=["api keys"])


@router.get("", dependencies=[requires("api_keys.list")])
async def list_api_keys(
    principal: CurrentPrincipal,
    auth: Auths,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[ApiKey]:
    """One's own keys for this workspace, oldest first."""
    found = await auth.keys.list_keys(principal, after=read_cursor(CURSOR, cursor), limit=limit)
    return Page(items=[ApiKey.of(each) for each in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201, dependencies=[requires("api_keys.create")])
async def create_api_key(
    body: ApiKeyInput, principal: CurrentPrincipal, auth: Auths, request_key: RequestKey = None
) -> NewApiKey:
    """Make a key for this workspace. `key` is shown this once.

    Its scopes can't reach further than the caller's own rights.
    """
    issued = await auth.keys.create(
        principal, body.name, body.scopes, body.expires_at, request_key=request_key
    )
    return NewApiKey.of_issued(issued)


@router.patch("/{key_id}", dependencies=[requires("api_keys.update")])
async def update_api_key(
    key_id: UUID, body: ApiKeyPatch, principal: CurrentPrincipal, auth: Auths
) -> ApiKey:
    """Name a key anew, or change when it ends; both hold everywhere within a second.

    An earlier end is always allowed, and holds for the keys that were made with it, too. A later
    one is for who could make such a key now, and never lies past the end of a key that it was
    made with: the answer says which end holds. A key that has ended stays so.
    """
    return ApiKey.of(await auth.keys.update(principal, key_id, body.change()))


@router.delete("/{key_id}", status_code=204, dependencies=[requires("api_keys.revoke")])
async def revoke_api_key(key_id: UUID, principal: CurrentPrincipal, auth: Auths) -> None:
    """Make a key worthless; it takes effect everywhere within a second."""
    await auth.keys.revoke(principal, key_id)
