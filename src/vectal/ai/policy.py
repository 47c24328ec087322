"""Who may see what of the usage ledger. Pure."""

from vectal.auth.principal import Principal, Role


def can_see_everyones_usage(principal: Principal) -> bool:
    """Costs of a workspace are its administrators' to know; everybody sees their own."""
    return principal.role.includes(Role.ADMIN)


def sees_every_batch(principal: Principal) -> bool:
    """Administrators see how batches stand and may end them; what is in them only its maker may."""
    return principal.role.includes(Role.ADMIN)
