"""SQL of documents. Whoever writes for a reading names the epoch that it took; see `advance`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from vectal.documents.tables import DocumentRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id

UNDER_WAY: Final = ("queued", "extracting", "embedding")


@dataclass(frozen=True, slots=True)
class NewReading:
    """A version of a file, about to be read for the `generation`-th time."""

    file_id: UUID
    number: int
    owner_id: UUID | None
    generation: int = 1
    is_hidden: bool = False


async def add(session: WriteSession, scope: DataScope, reading: NewReading) -> bool:
    """Begin a reading; False when somebody else has begun it by now."""
    values = {"id": new_id(), "workspace_id": scope.workspace_id, **asdict(reading)}
    statement = insert(DocumentRow).values(values).on_conflict_do_nothing()
    return await session.change(statement) == 1


async def find(
    session: ReadSession, scope: DataScope, document_id: UUID, *, lock: bool = False
) -> DocumentRow | None:
    statement = _own(scope).where(DocumentRow.id == document_id)
    return await session.scalar(_fresh(statement, lock=lock))


async def find_newest(
    session: ReadSession,
    scope: DataScope,
    file_id: UUID,
    number: int | None = None,
    *,
    lock: bool = False,
) -> DocumentRow | None:
    """The latest reading of a version; None means of the latest version that was read."""
    statement = _own(scope).where(DocumentRow.file_id == file_id)
    if number is not None:
        statement = statement.where(DocumentRow.number == number)
    statement = statement.order_by(DocumentRow.number.desc(), DocumentRow.generation.desc())
    return await session.scalar(_fresh(statement.limit(1), lock=lock))


async def list_newest(
    session: ReadSession, scope: DataScope, file_ids: Sequence[UUID]
) -> Sequence[DocumentRow]:
    """The latest reading of each file that has one, in no order."""
    statement = (
        _own(scope)
        .where(DocumentRow.file_id.in_(file_ids))
        .ext(distinct_on(DocumentRow.file_id))
        .order_by(DocumentRow.file_id, DocumentRow.number.desc(), DocumentRow.generation.desc())
    )
    return await session.scalars(statement)


async def list_of_file(
    session: ReadSession, scope: DataScope, file_id: UUID
) -> Sequence[DocumentRow]:
    return await session.scalars(_fresh(_own(scope).where(DocumentRow.file_id == file_id)))


async def take(
    session: WriteSession, scope: DataScope, document_id: UUID, now: datetime
) -> DocumentRow | None:
    """Begin an epoch of a document that is under way, so that whoever had it before stops."""
    values = {"epoch": DocumentRow.epoch + 1, "touched_at": now}
    changed = await session.change(
        update(DocumentRow)
        .where(
            DocumentRow.workspace_id == scope.workspace_id,
            DocumentRow.id == document_id,
            DocumentRow.state.in_(UNDER_WAY),
        )
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return await find(session, scope, document_id) if changed else None


async def advance(
    session: WriteSession, scope: DataScope, document_id: UUID, epoch: int, **values: Any
) -> bool:
    """Set columns; False when the document is gone, or somebody else's by now."""
    return (
        await session.change(
            update(DocumentRow)
            .where(
                DocumentRow.workspace_id == scope.workspace_id,
                DocumentRow.id == document_id,
                DocumentRow.epoch == epoch,
                DocumentRow.state.in_(UNDER_WAY),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        == 1
    )


async def change(session: WriteSession, scope: DataScope, document_id: UUID, **values: Any) -> None:
    await session.change(
        update(DocumentRow)
        .where(DocumentRow.workspace_id == scope.workspace_id, DocumentRow.id == document_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def hide(session: WriteSession, scope: DataScope, file_id: UUID, *, is_hidden: bool) -> int:
    return await session.change(
        update(DocumentRow)
        .where(DocumentRow.workspace_id == scope.workspace_id, DocumentRow.file_id == file_id)
        .values(is_hidden=is_hidden)
        .execution_options(synchronize_session=False)
    )


async def remove(session: WriteSession, scope: DataScope, ids: Collection[UUID]) -> None:
    """With their pages, chunks and vectors."""
    await session.change(
        delete(DocumentRow)
        .where(DocumentRow.workspace_id == scope.workspace_id, DocumentRow.id.in_(ids))
        .execution_options(synchronize_session=False)
    )


async def list_models(session: ReadSession, scope: DataScope) -> set[tuple[str, int]]:
    """Model and dimensions of what the person may search."""
    rows = await session.execute(
        select(DocumentRow.model_id, DocumentRow.dimensions)
        .where(
            DocumentRow.workspace_id == scope.workspace_id,
            DocumentRow.is_searchable,
            DocumentRow.is_hidden.is_(False),
        )
        .distinct()
    )
    pairs = [(row[0], row[1]) for row in rows.all()]
    return {(model, size) for model, size in pairs if model is not None and size is not None}


async def count_chunks(session: ReadSession, scope: DataScope) -> int:
    """Chunks that the person may search."""
    statement = select(func.sum(DocumentRow.chunks_total)).where(
        DocumentRow.workspace_id == scope.workspace_id,
        DocumentRow.is_searchable,
        DocumentRow.is_hidden.is_(False),
    )
    return int(await session.scalar(statement) or 0)


async def list_stalled(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID | None, UUID, int]]:
    """Workspace, owner, file and number of what is under way and untouched; for the system."""
    rows = await session.execute(
        select(
            DocumentRow.workspace_id, DocumentRow.owner_id, DocumentRow.file_id, DocumentRow.number
        )
        .where(DocumentRow.state.in_(UNDER_WAY), DocumentRow.touched_at < before)
        .order_by(DocumentRow.touched_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows.all()]


async def list_workspaces_of_other_models(
    session: ReadSession, model_id: str, limit: int
) -> list[UUID]:
    """Those with documents of another model, any of them first; for the system.

    Some may have their reason to keep another one: the same must not always come first.
    """
    found = select(DocumentRow.workspace_id).where(_of_another(model_id)).distinct().subquery()
    rows = await session.execute(select(found.c.workspace_id).order_by(func.random()).limit(limit))
    return [row[0] for row in rows.all()]


async def list_of_other_models(
    session: ReadSession, workspace_id: UUID, model_id: str, limit: int
) -> list[tuple[UUID | None, UUID]]:
    """Owner and id of what another model has indexed in a workspace; for the system."""
    rows = await session.execute(
        select(DocumentRow.owner_id, DocumentRow.id)
        .where(DocumentRow.workspace_id == workspace_id, _of_another(model_id))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows.all()]


def _of_another(model_id: str) -> ColumnElement[bool]:
    return and_(
        DocumentRow.is_searchable,
        DocumentRow.state == "indexed",
        DocumentRow.model_id != model_id,
    )


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What a search may find, as the system sees it."""

    workspace_id: UUID
    id: UUID
    file_id: UUID
    owner_id: UUID | None
    is_hidden: bool
    model_id: str
    dimensions: int


async def list_indexed(
    session: ReadSession,
    after: tuple[UUID, UUID] | None,
    limit: int,
    *,
    workspace_id: UUID | None = None,
) -> list[IndexedDocument]:
    """Of one workspace or of all, in the order of workspace and id; for the system."""
    statement = (
        select(
            DocumentRow.workspace_id,
            DocumentRow.id,
            DocumentRow.file_id,
            DocumentRow.owner_id,
            DocumentRow.is_hidden,
            DocumentRow.model_id,
            DocumentRow.dimensions,
        )
        .where(DocumentRow.is_searchable, DocumentRow.model_id.is_not(None))
        .order_by(DocumentRow.workspace_id, DocumentRow.id)
        .limit(limit)
    )
    if workspace_id is not None:
        statement = statement.where(DocumentRow.workspace_id == workspace_id)
    if after is not None:
        statement = statement.where(tuple_(DocumentRow.workspace_id, DocumentRow.id) > after)
    return [IndexedDocument(*row) for row in (await session.execute(statement)).all()]


async def count_indexed(session: ReadSession, workspace_id: UUID) -> list[tuple[str, int, int]]:
    """Model, dimensions, and how many chunks should have a vector of it; for the system."""
    rows = await session.execute(
        select(DocumentRow.model_id, DocumentRow.dimensions, func.sum(DocumentRow.chunks_total))
        .where(DocumentRow.workspace_id == workspace_id, DocumentRow.is_searchable)
        .group_by(DocumentRow.model_id, DocumentRow.dimensions)
        .order_by(DocumentRow.model_id, DocumentRow.dimensions)
    )
    found = [(row[0], row[1], int(row[2] or 0)) for row in rows.all()]
    return [(model, size, count) for model, size, count in found if model and size]


async def find_owner(
    session: ReadSession, workspace_id: UUID, document_id: UUID
) -> tuple[UUID | None] | None:
    """Whose a document is that is found now; for the system."""
    rows = await session.execute(
        select(DocumentRow.owner_id).where(
            DocumentRow.workspace_id == workspace_id,
            DocumentRow.id == document_id,
            DocumentRow.is_searchable,
        )
    )
    row = rows.first()
    return None if row is None else (row[0],)


async def find_standing(
    session: ReadSession, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, bool]:
    """Of these, those that are found or will be, and whether they are by now; for the system."""
    rows = await session.execute(
        select(DocumentRow.id, DocumentRow.is_searchable).where(
            DocumentRow.workspace_id == workspace_id,
            DocumentRow.id.in_(ids),
            or_(DocumentRow.is_searchable, DocumentRow.state.in_(UNDER_WAY)),
        )
    )
    return {row[0]: row[1] for row in rows.all()}


def _fresh(statement: Any, *, lock: bool = False) -> Any:
    """What this transaction read before may have been changed since."""
    if lock:
        statement = statement.with_for_update()
    return statement.execution_options(populate_existing=True)


def _own(scope: DataScope) -> Any:
    return select(DocumentRow).where(DocumentRow.workspace_id == scope.workspace_id)
