"""Wire shapes of uploads."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.files.contracts import Upload as UploadContract
from vectal.files.contracts import UploadState, Visibility
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment


class Upload(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Plan.pdf"])]
    length: Annotated[int, Field(ge=0, description="Bytes", examples=[48_213])]
    offset: Annotated[int, Field(ge=0, description="Bytes that are stored", examples=[0])]
    state: Annotated[UploadState, Field(examples=["open"])]
    folder_id: UUID | None
    visibility: Visibility
    file_id: Annotated[UUID | None, Field(description="The file, once the state is `done`")]
    number: Annotated[int | None, Field(description="The version, once the state is `done`")]
    problem: Annotated[str | None, Field(description="A code, when the state is `failed`")]
    created_at: Moment
    expires_at: Annotated[Moment, Field(description="Moves on with each part that comes")]

    @classmethod
    def of(cls, upload: UploadContract) -> Self:
        return cls.model_validate(upload, from_attributes=True)


class UploadList(Schema):
    """The newest 200 of the person."""

    items: list[Upload]
