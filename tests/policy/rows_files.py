"""Rows of files and uploads. A viewer reads what she may see; private files are their owner's."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of, public

from vectal.accounts.contracts import Role
from vectal.files.contracts import File, UploadDraft, Visibility
from vectal.tasks.contracts import TaskFields

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "files:read", "files:write"
TUS = {"Tus-Resumable": "1.0.0"}


async def _body(content: bytes) -> AsyncGenerator[bytes]:
    yield content


async def store(
    world: World, person: Person, visibility: Visibility, content: bytes = b"matrix"
) -> File:
    """A viewer may have files from when she was a member."""
    principal = replace(person.principal, role=Role.OWNER)
    draft = UploadDraft("Matrix.txt", len(content), visibility=visibility)
    return await world.services.files.store(principal, draft, _body(content))


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


def on_folder(body: object = None, *, trashed: bool = False) -> Prepare:
    """A fresh folder that the owner shows to the workspace, for each caller."""

    async def prepare(world: World, person: Person) -> Request:
        del person
        files, owner = world.services.files, world.owner.principal
        folder = await files.folders.create(owner, "Matrix", visibility="workspace")
        if trashed:
            await files.trash.trash_folder(owner, folder.id)
        return Request({"folder_id": folder.id}, body=body)

    return prepare


async def _older_version(world: World, person: Person) -> Request:
    request = await on_shared()(world, person)
    draft = UploadDraft("Matrix.txt", 6, replaces=request.path["file_id"])
    await world.services.files.store(world.owner.principal, draft, _body(b"matrix"))
    return Request({**request.path, "number": 1})


def on_attached(*, attached: bool) -> Prepare:
    """Our shared file, and a task of the workspace."""

    async def prepare(world: World, person: Person) -> Request:
        request = await on_shared()(world, person)
        owner, file_id = world.owner.principal, request.path["file_id"]
        task = await world.services.tasks.tasks.create(owner, TaskFields(title="Matrix"))
        if attached:
            await world.services.files.attachments.attach(owner, file_id, "task", task.id)
        return Request({"file_id": file_id, "kind": "task", "target_id": task.id})

    return prepare


async def _no_link(world: World, person: Person) -> Request:
    del world, person
    return Request({"token": "no-link"})


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
    public("open_file_link", 403, _no_link),
    Row("list_file_versions", VIEWER, READ, 200, on_private(), private=True),
    Row("restore_file_version", MEMBER, WRITE, 200, _older_version, has_object=True),
    Row("delete_file_version", MEMBER, WRITE, 200, _older_version, has_object=True),
    Row("create_file_link", MEMBER, READ, 201, on_private({}), private=True),
    Row("list_file_attachments", VIEWER, READ, 200, on_private(), private=True),
    Row(
        "attach_file",
        MEMBER,
        WRITE,
        204,
        on_attached(attached=False),
        has_object=True,
        also=("tasks:write",),
    ),
    Row(
        "detach_file",
        MEMBER,
        WRITE,
        204,
        on_attached(attached=True),
        has_object=True,
        also=("tasks:write",),
    ),
    Row("list_folders", VIEWER, READ, 200),
    Row("create_folder", MEMBER, WRITE, 201, body_of(name="Matrix")),
    Row("get_folder", VIEWER, READ, 200, on_folder(), has_object=True),
    Row("get_folder_way", VIEWER, READ, 200, on_folder(), has_object=True),
    Row("update_folder", MEMBER, WRITE, 200, on_folder({"name": "New"}), has_object=True),
    Row("delete_folder", MEMBER, WRITE, 204, on_folder(), has_object=True),
    Row("restore_folder", MEMBER, WRITE, 200, on_folder(trashed=True), has_object=True),
    Row("purge_folder", MEMBER, WRITE, 204, on_folder(trashed=True), has_object=True),
    public("describe_uploads", 204),
    Row("list_uploads", VIEWER, READ, 200),
    Row("create_upload", MEMBER, WRITE, 201, _announced),
    Row("get_upload_offset", MEMBER, WRITE, 200, on_upload(), private=True),
    Row("get_upload", MEMBER, WRITE, 200, on_upload(), private=True),
    Row("send_upload", MEMBER, WRITE, 204, SEND, private=True),
    Row("delete_upload", MEMBER, WRITE, 204, on_upload(), private=True),
]
