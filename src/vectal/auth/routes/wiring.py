"""What these routes need from the app and the request.

All of it is `async`: FastAPI sends a plain function to a thread, which costs more than it does.
"""

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import Depends, Header, Query, Request

from vectal.accounts.errors import WorkspaceNotFoundError
from vectal.accounts.service import AccountService
from vectal.auth.contracts import Device
from vectal.auth.deps import CurrentPrincipal
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT, InvalidCursorError, decode_cursor
from vectal.platform.web.idempotency import MAX_KEY_CHARS

_MAX_USER_AGENT: Final = 400
_MAX_CURSOR: Final = 2048


async def _accounts(request: Request) -> AccountService:
    return cast("AccountService", request.app.state.services.accounts)


async def _auth(request: Request) -> AuthService:
    return cast("AuthService", request.app.state.services.auth)


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


async def _device(request: Request) -> Device:
    agent = request.headers.get("user-agent", "")
    printable = "".join(char for char in agent if char.isprintable())
    return Device(request.client.host if request.client else "", printable[:_MAX_USER_AGENT])


async def _principal_there(workspace_id: UUID, principal: CurrentPrincipal) -> Principal:
    """The caller as a member of the workspace that the path names."""
    if principal.workspace_id != workspace_id:
        raise WorkspaceNotFoundError
    return principal


PrincipalThere = Annotated[Principal, Depends(_principal_there)]
Accounts = Annotated[AccountService, Depends(_accounts)]
Auths = Annotated[AuthService, Depends(_auth)]
AppSettings = Annotated[Settings, Depends(_settings)]
ThisDevice = Annotated[Device, Depends(_device)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")]
CursorQuery = Annotated[
    str | None, Query(max_length=_MAX_CURSOR, description="`next_cursor` of the page before")
]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=MAX_KEY_CHARS,
        pattern="^[ -~]+$",
        description="The same key and body get the same answer, and one effect",
    ),
]
"""For answers with a secret, which the usual keeping of answers would store."""
DEFAULT: Final = DEFAULT_LIMIT


def read_cursor(kind: str, cursor: str | None) -> UUID | None:
    """The last id of the page before."""
    if cursor is None:
        return None
    (value,) = cast("list[Any]", decode_cursor(kind, cursor, length=1))
    try:
        return UUID(value) if isinstance(value, str) else _refuse()
    except ValueError as error:
        raise InvalidCursorError from error


def _refuse() -> UUID:
    raise InvalidCursorError
