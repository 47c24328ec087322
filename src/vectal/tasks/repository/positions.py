"""SQL of manual orders, of tasks within a project and of projects within a workspace."""
# ruff: noqa: S608 - statements are put together from constants, values are arguments

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.repository.rows import fetch, fetch_one, run


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is ordered together: a project's tasks (None is the inbox), or all projects."""

    workspace_id: UUID
    holds: Literal["tasks", "projects"]
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    id: UUID
    position: str


# The planner enters the index by `=` and by `IS NULL`, not by `IS NOT DISTINCT FROM`.
_IN_PROJECT: Final = "tasks WHERE workspace_id = $1 AND project_id = $2 AND deleted_at IS NULL"
_IN_INBOX: Final = (
    "tasks WHERE workspace_id = $1 AND project_id IS NULL AND $2::uuid IS NULL"
    " AND deleted_at IS NULL"
)
_PROJECTS: Final = "projects WHERE workspace_id = $1 AND $2::uuid IS NULL AND deleted_at IS NULL"


def _source(shelf: Shelf) -> str:
    if shelf.holds == "projects":
        return _PROJECTS
    return _IN_INBOX if shelf.project_id is None else _IN_PROJECT


async def lock_shelf(session: WriteSession, shelf: Shelf) -> None:
    """One placement at a time, so that two don't take the same gap."""
    await run(
        session,
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"tasks.shelf:{shelf.workspace_id}:{shelf.holds}:{shelf.project_id}",
    )


async def find_last(session: ReadSession, shelf: Shelf) -> str | None:
    """The highest position on the shelf."""
    row = await fetch_one(session, _extreme(shelf, "DESC"), shelf.workspace_id, shelf.project_id)
    return row["position"] if row else None


async def find_first(session: ReadSession, shelf: Shelf) -> str | None:
    row = await fetch_one(session, _extreme(shelf, "ASC"), shelf.workspace_id, shelf.project_id)
    return row["position"] if row else None


def _extreme(shelf: Shelf, direction: str) -> str:
    source = _source(shelf)
    if shelf.holds == "projects":
        return f"SELECT position FROM {source} ORDER BY position {direction} LIMIT 1"
    ends = " UNION ALL ".join(
        f"(SELECT position FROM {source} AND {side} ORDER BY position {direction} LIMIT 1)"
        for side in ("is_open", "NOT is_open")
    )
    return f"SELECT position FROM ({ends}) ends ORDER BY position {direction} LIMIT 1"


async def find_spot(session: ReadSession, shelf: Shelf, id_: UUID) -> Spot | None:
    """Where something stands on the shelf; None when it is not there."""
    row = await fetch_one(
        session,
        f"SELECT id, position FROM {_source(shelf)} AND id = $3",
        shelf.workspace_id,
        shelf.project_id,
        id_,
    )
    return Spot(row["id"], row["position"]) if row else None


async def list_spots(
    session: ReadSession,
    shelf: Shelf,
    spot: Spot,
    limit: int,
    *,
    upwards: bool,
    without: UUID | None,
) -> list[Spot]:
    """Up to `limit` neighbours of a spot, the nearest first; `without` is the one that moves."""
    sign, direction = ("<", "DESC") if upwards else (">", "ASC")
    rows = await fetch(
        session,
        f"SELECT id, position FROM {_source(shelf)}"
        f" AND (position, id) {sign} ($3, $4) AND id IS DISTINCT FROM $5"
        f" ORDER BY position {direction}, id {direction} LIMIT $6",
        shelf.workspace_id,
        shelf.project_id,
        spot.position,
        spot.id,
        without,
        limit,
    )
    return [Spot(row["id"], row["position"]) for row in rows]


async def set_positions(
    session: WriteSession, shelf: Shelf, ids: Sequence[UUID], positions: Sequence[str]
) -> None:
    """Spread rows anew. Versions stay: nobody's words have changed."""
    await run(
        session,
        f"UPDATE {shelf.holds} AS t SET position = spread.position"
        " FROM unnest($2::uuid[], $3::text[]) AS spread (id, position)"
        " WHERE t.workspace_id = $1 AND t.id = spread.id",
        shelf.workspace_id,
        list(ids),
        list(positions),
    )
