"""Programs that people let use their tools: the consent, and what was consented to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from vectal.auth.asking import GRANTS_PATH
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    AppSettings,
    Auths,
    CursorQuery,
    LimitQuery,
    read_cursor,
)
from vectal.auth.schemas.oauth import (
    OAuthConsent,
    OAuthDecided,
    OAuthDecision,
    OAuthGrantShape,
    OAuthQuery,
)
from vectal.auth.service.oauth import CURSOR
from vectal.platform.web import Page

router = APIRouter(prefix="/oauth", tags=["oauth"])


@router.get("/consent", dependencies=[requires("oauth.consent")])
async def get_oauth_consent(
    asked: Annotated[OAuthQuery, Query()],
    principal: CurrentPrincipal,
    auth: Auths,
    settings: AppSettings,
) -> OAuthConsent:
    """What a program asks for, from the query that it has sent you with.

    Refused with 422 when the program must not be answered: it is unknown, the address is not its
    own, its request lacks the proof, or it is for another server. Needs a session, not a key.
    """
    resource = settings.origin + GRANTS_PATH
    return OAuthConsent.of(await auth.oauth.review(principal, asked.request(), resource))


@router.post("/consent", dependencies=[requires("oauth.consent")])
async def decide_oauth_consent(
    body: OAuthDecision,
    principal: CurrentPrincipal,
    auth: Auths,
    settings: AppSettings,
    response: Response,
) -> OAuthDecided:
    """Let a program have what it asks for, or some of it, or nothing; says where to go next.

    What it gets holds in this workspace, and never reaches further than you yourself do.
    """
    response.headers["Cache-Control"] = "no-store"
    issuer, resource = settings.origin, settings.origin + GRANTS_PATH
    asked = body.request()
    if not body.allow:
        return OAuthDecided(redirect_to=await auth.oauth.deny(principal, asked, issuer, resource))
    redirect_to = await auth.oauth.allow(principal, asked, body.scopes, issuer, resource)
    return OAuthDecided(redirect_to=redirect_to)


@router.get("/grants", dependencies=[requires("oauth_grants.list")])
async def list_oauth_grants(
    principal: CurrentPrincipal,
    auth: Auths,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[OAuthGrantShape]:
    """What you let programs do in this workspace, oldest first."""
    found = await auth.oauth.list_grants(principal, after=read_cursor(CURSOR, cursor), limit=limit)
    items = [OAuthGrantShape.of(grant, client) for grant, client in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


_REVOKES = [requires("oauth_grants.revoke")]


@router.delete("/grants/{grant_id}", status_code=204, dependencies=_REVOKES)
async def revoke_oauth_grant(grant_id: UUID, principal: CurrentPrincipal, auth: Auths) -> None:
    """Take a permission back; the program is refused everywhere within a second."""
    await auth.oauth.end_grant(principal, grant_id)
