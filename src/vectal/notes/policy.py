"""Who may do what to a note: what they may do to a file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.tasks.contracts import Operation

_ACTIONS: Final[Mapping[Operation, tuple[str, ...]]] = {
    "create": ("files.create", "folders.create"),
    "update": ("files.update",),
}


def can_apply(principal: Principal, operation: Operation) -> bool:
    """Tell whether the principal could do by hand what a changeset proposes."""
    actions = _ACTIONS.get(operation, ())
    return bool(actions) and all(can(principal, action) for action in actions)


def can_read(principal: Principal) -> bool:
    return can(principal, "files.list") and can(principal, "files.read")
