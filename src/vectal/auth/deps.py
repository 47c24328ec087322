"""What routes ask for: the principal of the request, and an action it must be allowed."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from vectal.auth.asking import current_principal, require
from vectal.auth.policy import ACTIONS
from vectal.auth.principal import Principal

CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


@dataclass(frozen=True, slots=True)
class RequiresAction:
    """A dependency that lets only principals through that may do `action`."""

    action: str

    async def __call__(self, principal: CurrentPrincipal) -> None:
        require(principal, self.action)


def requires(action: str) -> Any:
    """For `dependencies=[requires("tasks.create")]`; an unknown action fails at import."""
    if action not in ACTIONS:
        raise KeyError(action)
    return Depends(RequiresAction(action))
