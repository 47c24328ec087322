"""Who may do what with a run. All of it belongs to one person."""

from uuid import UUID

from vectal.auth.policy import can
from vectal.auth.principal import Principal


def can_see(principal: Principal, owner_id: UUID) -> bool:
    """A run is its owner's alone: no role of the workspace opens it."""
    return principal.user_id == owner_id


def can_start(principal: Principal) -> bool:
    return can(principal, "runs.create") and can(principal, "ai.respond")
