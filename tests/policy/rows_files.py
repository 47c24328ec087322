"""Rows of files and uploads. A viewer reads what she may see; private files are their owner's."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, public

from vectal.accounts.contracts import Role
from vectal.files.contracts import File, UploadDraft, Visibility

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "files:read", "files:write"
TUS = {"Tus-Resumable": "1.0.0"}


async def _body() -> AsyncGenerator[bytes]:
    yield b"matrix"


async def store(world: World, person: Person, visibility: Visibility) -> File:
    """A viewer may have files from when she was a member."""
    principal = replace(person.principal, role=Role.OWNER)
    draft = UploadDraft("Matrix.txt", 6, visibility=visibility)
    return await world.services.files.store(principal, draft, _body())


def on_shared(body: object = None, **headers: str) -> Prepare:
    """A fresh file that the owner shows to the workspace, for each caller."""

    async def prepare(world: World, person: Person) -> Request:
        del person
        file = await store(world, world.owner, "workspace")
        return Request({"file_id": file.id}, body=body, headers=headers)

    return prepare


def on_private(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        file = await store(world, person, "private")
        return Request({"file_id": file.id}, body=body)

    return prepare


async def on_trashed(world: World, person: Person) -> Request:
    request = await on_shared()(world, person)
    await world.services.files.trash.trash_file(world.owner.principal, request.path["file_id"])
    return request


async def _upload(world: World, person: Person) -> UUID:
    principal = replace(person.principal, role=Role.OWNER)
    return (await world.services.files.uploads.create(principal, UploadDraft("Matrix", 6))).id


def on_upload(body: object = None, **headers: str) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        upload_id = await _upload(world, person)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request({"upload_id": upload_id}, body=body, headers=TUS | said)

    return prepare


async def _announced(world: World, person: Person) -> Request:
    del world, person
    said = {"Upload-Length": "6", "Upload-Metadata": "filename TWF0cml4"}
    return Request(headers=TUS | said)


async def _sent(world: World, person: Person) -> Request:
    del world, person
    return Request(query={"name": "Matrix.txt"}, body=b"matrix")


SEND = on_upload(b"matrix", Upload_Offset="0", Content_Type="application/offset+octet-stream")

ROWS = [
    Row("upload_file", MEMBER, WRITE, 201, _sent),
    Row("upload_file_version", MEMBER, WRITE, 201, on_shared(b"newer"), has_object=True),
    Row("get_file_content", VIEWER, READ, 200, on_private(), private=True),
    Row("list_files", VIEWER, READ, 200),
    Row("get_file_usage", VIEWER, READ, 200),
    Row("get_file", VIEWER, READ, 200, on_private(), private=True),
    Row("update_file", MEMBER, WRITE, 200, on_shared({"name": "New.txt"}), has_object=True),
    Row("copy_file", MEMBER, WRITE, 201, on_shared(), has_object=True),
    Row("delete_file", MEMBER, WRITE, 204, on_shared(), has_object=True),
    Row("restore_file", MEMBER, WRITE, 200, on_trashed, has_object=True),
    Row("purge_file", MEMBER, WRITE, 204, on_trashed, has_object=True),
    public("describe_uploads", 204),
    Row("list_uploads", VIEWER, READ, 200),
    Row("create_upload", MEMBER, WRITE, 201, _announced),
    Row("get_upload_offset", MEMBER, WRITE, 200, on_upload(), private=True),
    Row("get_upload", MEMBER, WRITE, 200, on_upload(), private=True),
    Row("send_upload", MEMBER, WRITE, 204, SEND, private=True),
    Row("delete_upload", MEMBER, WRITE, 204, on_upload(), private=True),
]
