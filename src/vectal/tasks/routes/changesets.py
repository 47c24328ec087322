"""REST of changesets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page
from vectal.tasks.contracts import ChangesetFilter, ChangesetStatus
from vectal.tasks.routes.wiring import DEFAULT, CursorQuery, LimitQuery, Services
from vectal.tasks.schemas.changesets import (
    Changeset,
    ChangesetChoice,
    ChangesetDecision,
    ChangesetItemEdit,
)

router = APIRouter(prefix="/changesets", tags=["changesets"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("changesets.list")])
async def list_changesets(
    principal: CurrentPrincipal,
    services: Services,
    turn_id: UUID | None = None,
    conversation_id: UUID | None = None,
    run_id: UUID | None = None,
    status: Annotated[ChangesetStatus | None, Query()] = None,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Changeset]:
    """Your own changesets, the newest first."""
    page = await services.changesets.list_changesets(
        principal,
        ChangesetFilter(turn_id, conversation_id, status, run_id),
        cursor=cursor,
        limit=limit,
    )
    items = [Changeset.of(changeset) for changeset in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.get("/{changeset_id}", dependencies=[requires("changesets.read")])
async def get_changeset(
    changeset_id: UUID, principal: CurrentPrincipal, services: Services
) -> Changeset:
    """One changeset with its items."""
    return Changeset.of(await services.changesets.get(principal, changeset_id))


@router.post("/{changeset_id}/accept", dependencies=[requires("changesets.accept")])
async def accept_changeset(
    changeset_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    body: ChangesetDecision | None = None,
) -> Changeset:
    """Do the proposed changes, with your own rights.

    An item whose fields somebody has changed since it was proposed becomes a `conflict`.
    """
    chosen = body or ChangesetDecision()
    changeset = await services.changesets.accept(
        principal, changeset_id, chosen.item_ids, force=chosen.force
    )
    return Changeset.of(changeset)


@router.post("/{changeset_id}/reject", dependencies=[requires("changesets.reject")])
async def reject_changeset(
    changeset_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    body: ChangesetChoice | None = None,
) -> Changeset:
    """Turn proposed changes down, and those that build on them."""
    chosen = body or ChangesetChoice()
    return Changeset.of(await services.changesets.reject(principal, changeset_id, chosen.item_ids))


@router.post("/{changeset_id}/undo", dependencies=[requires("changesets.undo")])
async def undo_changeset(
    changeset_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    body: ChangesetDecision | None = None,
) -> Changeset:
    """Take accepted changes back, also days later.

    Fields that somebody has changed since stay as they are, and the item becomes a `conflict`.
    """
    chosen = body or ChangesetDecision()
    changeset = await services.changesets.undo(
        principal, changeset_id, chosen.item_ids, force=chosen.force
    )
    return Changeset.of(changeset)


@router.patch("/{changeset_id}/items/{item_id}", dependencies=[requires("changesets.edit")])
async def edit_changeset_item(
    changeset_id: UUID,
    item_id: UUID,
    body: ChangesetItemEdit,
    principal: CurrentPrincipal,
    services: Services,
) -> Changeset:
    """Put a proposed change into other words before you accept it. `proposed` keeps those."""
    changeset = await services.changesets.edit(principal, changeset_id, item_id, body.fields())
    return Changeset.of(changeset)
