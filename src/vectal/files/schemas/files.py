"""Wire shapes of files, versions, links and attachments."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.files.contracts import (
    Attachment as AttachmentContract,
)
from vectal.files.contracts import (
    Disposition,
    FileChange,
    FileFilter,
    FileKind,
    FileSort,
    ScanState,
    TargetKind,
    Visibility,
)
from vectal.files.contracts import File as FileContract
from vectal.files.contracts import FileVersion as VersionContract
from vectal.files.contracts import Space as SpaceContract
from vectal.files.limits import LONGEST_LINK, NAME, SEARCH
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text

_LONGEST_LINK_S: Final = int(LONGEST_LINK.total_seconds())

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"),
    Field(
        description="No path: without slashes, and nothing in it that can't be seen",
        examples=["Plan.pdf"],
    ),
]
Size = Annotated[int, Field(ge=0, description="Bytes", examples=[48_213])]
Number = Annotated[int, Field(ge=1, description="Of a version, from 1 on", examples=[1])]
Revision = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=2_147_483_647,
        description="The revision you have seen. A newer one on the server answers 412.",
        examples=[3],
    ),
]


class File(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Plan.pdf"])]
    folder_id: Annotated[UUID | None, Field(description="Null at the top")]
    owner_id: UUID
    visibility: Annotated[Visibility, Field(description="Its owner's alone, or the workspace's")]
    kind: Annotated[FileKind, Field(examples=["document"])]
    media_type: Annotated[
        str, Field(description="By its bytes, not by its name", examples=["application/pdf"])
    ]
    size: Size
    number: Annotated[int, Field(description="Of its newest version", examples=[1])]
    versions: Annotated[int, Field(description="How many are kept", examples=[1])]
    scan: Annotated[
        ScanState,
        Field(description="Only `clean` and `unscanned` ones can be read", examples=["clean"]),
    ]
    revision: Annotated[int, Field(description="Counts every change", examples=[1])]
    created_at: Moment
    updated_at: Moment
    trashed_at: Moment | None

    @classmethod
    def of(cls, file: FileContract) -> Self:
        return cls.model_validate(file, from_attributes=True)


class FileVersion(Schema):
    number: Number
    size: Size
    media_type: Annotated[str, Field(examples=["application/pdf"])]
    kind: Annotated[FileKind, Field(examples=["document"])]
    scan: Annotated[ScanState, Field(examples=["clean"])]
    threat: Annotated[str | None, Field(description="What a scan has found")]
    created_by: UUID
    created_at: Moment
    is_current: Flag

    @classmethod
    def of(cls, version: VersionContract) -> Self:
        return cls(
            number=version.number,
            size=version.size,
            media_type=version.media_type,
            kind=version.kind,
            scan=version.scan,
            threat=version.threat,
            created_by=version.created_by,
            created_at=version.created_at,
            is_current=version.is_current,
        )


class FilePatch(Schema):
    """What is left out stays as it is. `If-Match` may carry the revision too."""

    name: Name | None = None
    folder_id: Annotated[UUID | None, Field(description="Null moves it to the top")] = None
    visibility: Visibility | None = None
    revision: Revision | None = None

    def change(self) -> FileChange:
        return FileChange(
            self.name, "folder_id" in self.model_fields_set, self.folder_id, self.visibility
        )


class FileCopyInput(Schema):
    folder_id: Annotated[
        UUID | None, Field(description="Null: to the top, as a private file of yours")
    ] = None


class FileListQuery(Schema):
    folder_id: Annotated[
        UUID | Literal["top"] | None, Field(description="Only in this folder; `top` is in none")
    ] = None
    kind: Annotated[tuple[FileKind, ...], Field(max_length=10)] = ()
    q: Annotated[Text | None, Field(max_length=SEARCH, description="Words of the name")] = None
    visibility: Visibility | None = None
    trashed: Annotated[bool, Field(description="What is in the trash, instead")] = False
    attached_kind: TargetKind | None = None
    attached_id: Annotated[UUID | None, Field(description="With `attached_kind`")] = None
    sort: FileSort = "created"
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT
    cursor: Annotated[
        Text | None, Field(max_length=2048, description="`next_cursor` of the page before")
    ] = None

    def wanted(self) -> FileFilter:
        is_attached = self.attached_kind is not None and self.attached_id is not None
        return FileFilter(
            in_folder=self.folder_id is not None,
            folder_id=self.folder_id if isinstance(self.folder_id, UUID) else None,
            kinds=self.kind,
            words=self.q,
            visibility=self.visibility,
            trashed=self.trashed,
            attached_kind=self.attached_kind if is_attached else None,
            attached_id=self.attached_id if is_attached else None,
        )


class LinkInput(Schema):
    version: Annotated[
        int | None, Field(strict=True, ge=1, le=1_000_000, description="The newest")
    ] = None
    disposition: Disposition = "attachment"
    expires_in_s: Annotated[int, Field(strict=True, ge=1, le=_LONGEST_LINK_S, examples=[300])] = 300

    def lifetime(self) -> timedelta:
        return timedelta(seconds=self.expires_in_s)


class Link(Schema):
    url: Annotated[
        str,
        Field(
            description="Relative to the server; opens without a credential until it expires",
            examples=["/api/v1/file-links/AbC"],
        ),
    ]
    expires_at: Moment


class Space(Schema):
    """Bytes; `limit` null is no limit."""

    used: Size
    reserved: Annotated[int, Field(ge=0, description="By uploads under way")]
    limit: int | None

    @classmethod
    def of(cls, space: SpaceContract) -> Self:
        return cls(used=space.used, reserved=space.reserved, limit=space.limit)


class Usage(Schema):
    workspace: Space
    person: Annotated[Space, Field(description="Yours, in this workspace")]
    max_file_bytes: Size


class Attachment(Schema):
    kind: TargetKind
    target_id: UUID
    created_by: UUID
    created_at: Moment

    @classmethod
    def of(cls, attachment: AttachmentContract) -> Self:
        return cls(
            kind=attachment.kind,
            target_id=attachment.target_id,
            created_by=attachment.created_by,
            created_at=attachment.created_at,
        )


class AttachmentList(Schema):
    """At most 200: a file is attached to no more."""

    items: list[Attachment]
