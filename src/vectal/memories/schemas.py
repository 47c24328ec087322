"""Wire shapes of memories."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.memories.contracts import MAX_CHARS, MemorySource
from vectal.memories.contracts import Memory as MemoryContract
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment


class Memory(Schema):
    """A note about your work; without a run and a turn you wrote it down yourself."""

    id: UUID
    text: Annotated[str, Field(examples=["Invoices go to the tax office in Bonn."])]
    run_id: Annotated[UUID | None, Field(description="The run that wrote it down")]
    turn_id: Annotated[UUID | None, Field(description="The turn that wrote it down")]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, memory: MemoryContract) -> Self:
        return cls(
            id=memory.id,
            text=memory.text,
            run_id=memory.source.run_id,
            turn_id=memory.source.turn_id,
            created_at=memory.created_at,
            updated_at=memory.updated_at,
        )


class NewMemory(Schema):
    """A note of the person's own, or one that is put back with where it came from."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
    run_id: Annotated[UUID | None, Field(description="Where it came from, if not from you")] = None
    turn_id: UUID | None = None

    def source(self) -> MemorySource:
        return MemorySource(self.run_id, self.turn_id)


class MemoryPatch(Schema):
    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
