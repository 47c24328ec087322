"""Who may do what to a file. Pure; the table of actions is in `auth.policy`.

A private file is its owner's alone, which row-level security holds too; a shared one is the
workspace's: everybody reads it, members change it.
"""

from __future__ import annotations

from uuid import UUID

from vectal.auth.principal import Principal


def can_see(principal: Principal, owner_id: UUID, *, is_shared: bool) -> bool:
    return is_shared or principal.user_id == owner_id


def can_set_visibility(principal: Principal, owner_id: UUID) -> bool:
    """Only the owner shows a file to others, or takes it back."""
    return principal.user_id == owner_id
