"""SQL of the wrapped data keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.platform.crypto.contracts import KeyOwner, OwnerKind, Purpose, WrappedKey
from vectal.platform.crypto.tables import DataKey
from vectal.platform.db import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A row; `wrapped` is None once it is destroyed."""

    owner: KeyOwner
    purpose: Purpose
    version: int
    wrapped: WrappedKey | None
    is_settled: bool
    """False when this very transaction made it, which may yet be rolled back."""


_IS_SETTLED: Final = DataKey.created_xid.is_distinct_from(func.pg_current_xact_id_if_assigned())
_COLUMNS: Final = (
    DataKey.owner_kind,
    DataKey.owner_id,
    DataKey.purpose,
    DataKey.version,
    DataKey.wrapped,
    DataKey.master_key_id,
    _IS_SETTLED,
)


async def find_newest(session: ReadSession, owner: KeyOwner, purpose: Purpose) -> StoredKey | None:
    query = _select(owner, purpose).order_by(DataKey.version.desc()).limit(1)
    return _stored((await session.execute(query)).one_or_none())


async def find_version(
    session: ReadSession, owner: KeyOwner, purpose: Purpose, version: int
) -> StoredKey | None:
    query = _select(owner, purpose).where(DataKey.version == version)
    return _stored((await session.execute(query)).one_or_none())


async def add(
    session: WriteSession, owner: KeyOwner, purpose: Purpose, version: int, wrapped: WrappedKey
) -> None:
    """Store a key unless another transaction was first; wait for that one's end."""
    await session.execute(
        insert(DataKey)
        .values(
            owner_kind=owner.kind,
            owner_id=owner.id,
            purpose=purpose,
            version=version,
            wrapped=wrapped.blob,
            master_key_id=wrapped.master_key_id,
        )
        .on_conflict_do_nothing()
    )


async def lock_wrapped_otherwise(
    session: WriteSession, master_key_id: str, limit: int
) -> list[StoredKey]:
    """Live keys that another master key wraps, ours until the transaction ends."""
    query = (
        select(*_COLUMNS)
        .where(DataKey.master_key_id != master_key_id, DataKey.wrapped.is_not(None))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.execute(query)).all()
    return [key for row in rows if (key := _stored(row)) is not None]


async def replace_wrapping(session: WriteSession, key: StoredKey, wrapped: WrappedKey) -> None:
    await session.change(
        update(DataKey)
        .where(
            DataKey.owner_kind == key.owner.kind,
            DataKey.owner_id == key.owner.id,
            DataKey.purpose == key.purpose,
            DataKey.version == key.version,
        )
        .values(wrapped=wrapped.blob, master_key_id=wrapped.master_key_id)
    )


async def destroy_all(session: WriteSession, owner: KeyOwner) -> int:
    return await session.change(
        update(DataKey)
        .where(
            DataKey.owner_kind == owner.kind,
            DataKey.owner_id == owner.id,
            DataKey.wrapped.is_not(None),
        )
        .values(wrapped=None, destroyed_at=func.now())
    )


async def list_owners(
    session: ReadSession, after: tuple[str, UUID], limit: int
) -> Sequence[KeyOwner]:
    """Owners of live content keys, a page at a time."""
    kind, id_ = after
    query = (
        select(DataKey.owner_kind, DataKey.owner_id)
        .where(
            DataKey.purpose == "content",
            DataKey.wrapped.is_not(None),
            (DataKey.owner_kind > kind) | ((DataKey.owner_kind == kind) & (DataKey.owner_id > id_)),
        )
        .distinct()
        .order_by(DataKey.owner_kind, DataKey.owner_id)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return [KeyOwner(cast("OwnerKind", row[0]), row[1]) for row in rows]


async def count_by_master_key(session: ReadSession) -> dict[str, int]:
    query = (
        select(DataKey.master_key_id, func.count())
        .where(DataKey.wrapped.is_not(None))
        .group_by(DataKey.master_key_id)
    )
    return {name: count for name, count in (await session.execute(query)).all()}  # noqa: C416 - rows are no tuples to the checker


def _select(owner: KeyOwner, purpose: Purpose) -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(
        DataKey.owner_kind == owner.kind,
        DataKey.owner_id == owner.id,
        DataKey.purpose == purpose,
    )


def _stored(row: Any) -> StoredKey | None:
    if row is None:
        return None
    kind, id_, purpose, version, blob, master_key_id, is_settled = row
    wrapped = None if blob is None else WrappedKey(master_key_id, blob)
    return StoredKey(KeyOwner(kind, id_), purpose, version, wrapped, is_settled)
