"""Who may do what with a run, which is one person's, and with presets, which may be shared."""

from uuid import UUID

from vectal.auth.policy import can
from vectal.auth.principal import Principal, Role


def can_see(principal: Principal, owner_id: UUID) -> bool:
    """A run is its owner's alone: no role of the workspace opens it."""
    return principal.user_id == owner_id


def can_start(principal: Principal) -> bool:
    return can(principal, "runs.create") and can(principal, "ai.respond")


def can_edit_preset(principal: Principal, owner_id: UUID) -> bool:
    """Its owner, and administrators where they see it: where it is shared."""
    return principal.user_id == owner_id or principal.role.includes(Role.ADMIN)
