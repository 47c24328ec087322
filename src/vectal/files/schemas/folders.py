"""Wire shapes of folders."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.files.contracts import Folder as FolderContract
from vectal.files.contracts import FolderChange, Visibility
from vectal.files.schemas.files import Name, Revision
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment, Text


class Folder(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Contracts"])]
    parent_id: Annotated[UUID | None, Field(description="Null at the top")]
    owner_id: UUID
    visibility: Annotated[Visibility, Field(description="Its owner's alone, or the workspace's")]
    revision: Annotated[int, Field(examples=[1])]
    created_at: Moment
    updated_at: Moment
    trashed_at: Moment | None

    @classmethod
    def of(cls, folder: FolderContract) -> Self:
        return cls.model_validate(folder, from_attributes=True)


class FolderWay(Schema):
    items: list[Folder]


class FolderInput(Schema):
    name: Name
    parent_id: Annotated[UUID | None, Field(description="Null: at the top")] = None
    visibility: Annotated[
        Visibility, Field(description="At the top; below, a folder is as visible as its parent")
    ] = "private"


class FolderPatch(Schema):
    """What is left out stays as it is. `If-Match` may carry the revision too."""

    name: Name | None = None
    parent_id: Annotated[UUID | None, Field(description="Null moves it to the top")] = None
    revision: Revision | None = None

    def change(self) -> FolderChange:
        return FolderChange(self.name, "parent_id" in self.model_fields_set, self.parent_id)


class FolderListQuery(Schema):
    parent_id: Annotated[UUID | None, Field(description="At the top by default")] = None
    everywhere: Annotated[bool, Field(description="All folders, wherever they are")] = False
    trashed: Annotated[bool, Field(description="What is in the trash, instead")] = False
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT
    cursor: Annotated[
        Text | None, Field(max_length=2048, description="`next_cursor` of the page before")
    ] = None
