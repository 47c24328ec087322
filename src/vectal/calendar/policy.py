"""Who may do what to an event. Pure; the table of actions is in `auth.policy`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.tasks.contracts import Operation

_ACTIONS: Final[Mapping[Operation, str]] = {
    "create": "calendar.create",
    "update": "calendar.update",
    "delete": "calendar.delete",
}


def can_apply(principal: Principal, operation: Operation) -> bool:
    """Tell whether the principal could do by hand what a changeset proposes."""
    action = _ACTIONS.get(operation)
    return action is not None and can(principal, action)


def can_change(principal: Principal, owner_id: UUID) -> bool:
    """Only the owner of an event changes, cancels or deletes it."""
    return principal.user_id == owner_id


def can_read(principal: Principal) -> bool:
    return can(principal, "calendar.list")
