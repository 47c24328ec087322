"""What is asked of the usage ledger."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

CallStatus: TypeAlias = Literal["ok", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls; None takes them all. `model` is the name of the one that answered."""

    model: str | None = None
    user_id: UUID | None = None
    api_key_id: UUID | None = None
    status: CallStatus | None = None
