"""Where one is signed in."""

from uuid import UUID

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import DEFAULT, Auths, CursorQuery, LimitQuery, read_cursor
from vectal.auth.schemas.credentials import Session
from vectal.auth.service.sessions import CURSOR
from vectal.platform.web import Page

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.get("", dependencies=[requires("sessions.list")])
async def list_sessions(
    principal: CurrentPrincipal,
    auth: Auths,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Session]:
    """The devices one is signed in on, newest first."""
    found = await auth.sessions.list_sessions(
        principal, after=read_cursor(CURSOR, cursor), limit=limit
    )
    return Page(
        items=[Session.of(each, principal.session_id) for each in found.items],
        next_cursor=found.next_cursor,
    )


@router.delete("/{session_id}", status_code=204, dependencies=[requires("sessions.revoke")])
async def revoke_session(session_id: UUID, principal: CurrentPrincipal, auth: Auths) -> None:
    """Sign one device out; it takes effect everywhere within a second."""
    await auth.sessions.revoke(principal, session_id)


@router.delete("", status_code=204, dependencies=[requires("sessions.revoke")])
async def revoke_other_sessions(principal: CurrentPrincipal, auth: Auths) -> None:
    """Sign every other device out."""
    await auth.sessions.revoke_others(principal)
