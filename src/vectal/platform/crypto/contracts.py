"""Owners of keys, and the place a sealed value is bound to."""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID

OwnerKind = Literal["user", "workspace"]
Purpose = Literal["content", "index"]


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose key: a person's for what is private, a workspace's for what it shares."""

    kind: OwnerKind
    id: UUID

    @classmethod
    def user(cls, user_id: UUID) -> Self:
        return cls("user", user_id)

    @classmethod
    def workspace(cls, workspace_id: UUID) -> Self:
        return cls("workspace", workspace_id)


@dataclass(frozen=True, slots=True)
class Aad:
    """The place of a sealed value; one that is read elsewhere does not open."""

    table: str
    column: str
    row: str | UUID
    tenant: UUID

    def encode(self, owner: KeyOwner, version: int) -> bytes:
        """Every part with its length before it, so that no two places read alike."""
        parts = (
            self.table.encode(),
            self.column.encode(),
            str(self.row).encode(),
            self.tenant.bytes,
            owner.kind.encode(),
            owner.id.bytes,
            version.to_bytes(2, "big"),
        )
        return b"vectal.1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: sealed by the master key that `master_key_id` names."""

    master_key_id: str
    blob: bytes
