"""REST of memories: what models remember is for the person to see, change and delete."""

from typing import Annotated, cast
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Header, Query, Request

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.memories.contracts import MAX_CHARS
from vectal.memories.schemas import Memory, MemoryPatch, NewMemory
from vectal.memories.service import MemoryService
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page

# No IdempotentRoute: a stored answer would hold the person's words unsealed.
router = APIRouter(prefix="/memories", tags=["memories"])


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
    q: Annotated[
        str, Query(max_length=MAX_CHARS, description="Words that all stand in it, or begin one")
    ] = "",
) -> Page[Memory]:
    """Your own memories, the newest first."""
    page = await service.list_memories(principal, cursor=cursor, limit=limit, words=q)
    return Page(items=[Memory.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("memories.create")])
async def create_memory(
    body: NewMemory,
    principal: CurrentPrincipal,
    service: Service,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            description="The same key writes nothing twice",
        ),
    ] = None,
) -> Memory:
    """Write something down for models to know. There are at most 500 memories."""
    memory_id = None if key is None else uuid5(principal.user_id, f"memory:{key}")
    return Memory.of(await service.remember(principal, body.text, body.source(), memory_id))


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
