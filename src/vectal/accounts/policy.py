"""Who may do what to whom in a workspace, beyond the role that the action itself needs."""

from vectal.accounts.contracts import Actor, Member, Role


def can_grant(actor: Actor, role: Role) -> bool:
    """Nobody gives a role above her own; admins and owners give roles at all."""
    return actor.role.includes(Role.ADMIN) and actor.role.includes(role)


def can_change_role(actor: Actor, member: Member, role: Role) -> bool:
    """An admin can't touch an owner; an owner may step down."""
    return can_grant(actor, role) and actor.role.includes(member.role)


def can_remove(actor: Actor, member: Member) -> bool:
    """Everybody may leave; removing another takes an admin who is not below her."""
    if member.user_id == actor.user_id:
        return True
    return actor.role.includes(Role.ADMIN) and actor.role.includes(member.role)
