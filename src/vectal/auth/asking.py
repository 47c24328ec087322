"""Who asks, and whether he may: for every door, whatever framework it stands in."""

from typing import Protocol, cast
from uuid import UUID

from starlette.requests import Request

from vectal.auth.credentials import (
    Credential,
    CredentialHeaders,
    read_credential,
    read_workspace,
)
from vectal.auth.errors import ForbiddenError, UnauthenticatedError
from vectal.auth.policy import ACTIONS, can
from vectal.auth.principal import Principal

PATH_WORKSPACE = "workspace_id"
GRANTS_PATH = "/mcp"
"""The one door that OAuth's tokens are for."""


class Authenticator(Protocol):
    """The part of `AuthService` that every request needs."""

    async def authenticate(
        self,
        credential: Credential,
        workspace_id: UUID | None = None,
        *,
        takes_grants: bool = False,
    ) -> Principal: ...


async def current_principal(request: Request) -> Principal:
    """Resolve once a request; a path that names a workspace beats the header."""
    known = cast("Principal | None", getattr(request.state, "principal", None))
    if known is not None:
        return known
    headers = CredentialHeaders(request.scope["headers"])
    credential = read_credential(headers)
    if credential is None:
        raise UnauthenticatedError
    wanted = request.path_params.get(PATH_WORKSPACE, headers.workspace)
    authenticator = cast("Authenticator", request.app.state.services.auth)
    principal = await authenticator.authenticate(
        credential,
        read_workspace(None if wanted is None else str(wanted)),
        takes_grants=request.scope["path"] == GRANTS_PATH,
    )
    request.state.principal = principal
    return principal


def require(principal: Principal, action: str) -> None:
    """Raise `ForbiddenError` unless the principal may do `action`."""
    if not can(principal, action):
        needed = ACTIONS[action]
        raise ForbiddenError(
            f"`{action}` needs the role {needed.min_role} and the scope {needed.scope}."
        )
