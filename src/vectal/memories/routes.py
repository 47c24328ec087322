"""REST of memories: what models remember is for the person to see, change and delete."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.memories.schemas import Memory, MemoryPatch
from vectal.memories.service import MemoryService
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/memories", tags=["memories"], route_class=IdempotentRoute)


def _service(request: Request) -> MemoryService:
    return cast("MemoryService", request.app.state.services.memories)


Service = Annotated[MemoryService, Depends(_service)]


@router.get("", dependencies=[requires("memories.list")])
async def list_memories(
    principal: CurrentPrincipal,
    service: Service,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next_cursor` of the page before")
    ] = None,
) -> Page[Memory]:
    """Your own memories, the newest first."""
    page = await service.list_memories(principal, cursor=cursor, limit=limit)
    return Page(items=[Memory.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.patch("/{memory_id}", dependencies=[requires("memories.update")])
async def update_memory(
    memory_id: UUID, body: MemoryPatch, principal: CurrentPrincipal, service: Service
) -> Memory:
    """Say it in other words; models read it as it is from now on."""
    return Memory.of(await service.change(principal, memory_id, body.text))


@router.delete("/{memory_id}", status_code=204, dependencies=[requires("memories.delete")])
async def delete_memory(memory_id: UUID, principal: CurrentPrincipal, service: Service) -> None:
    """Forget it."""
    await service.delete(principal, memory_id)
