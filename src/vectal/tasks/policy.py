"""Who may do what to a task. Pure; the table of actions is in `auth.policy`."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.tasks.contracts import Operation

_ACTIONS: Final[Mapping[Operation, str]] = {
    "create": "tasks.create",
    "update": "tasks.update",
    "complete": "tasks.update",
    "delete": "tasks.delete",
}


def can_apply(principal: Principal, operation: Operation) -> bool:
    """Tell whether the principal could do by hand what a changeset proposes."""
    return can(principal, _ACTIONS[operation])


def can_decide(principal: Principal, author_id: UUID) -> bool:
    """Only the person for whom a change was proposed accepts, rejects or undoes it."""
    return principal.user_id == author_id


def can_comment(principal: Principal) -> bool:
    return can(principal, "task_comments.create")


def can_change_comment(principal: Principal, author_id: UUID) -> bool:
    """What somebody has said is hers alone to change or to take back."""
    return principal.user_id == author_id


def can_read_tasks(principal: Principal) -> bool:
    return can(principal, "tasks.list")
