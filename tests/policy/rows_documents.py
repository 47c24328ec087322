"""Rows of documents. Whoever sees a file sees its document; private ones are their owner's."""

from uuid import uuid4

from PIL import Image
from tests.fixtures.accounts import Person
from tests.fixtures.documents import saved
from tests.policy.matrix import Prepare, Request, Row, World, body_of
from tests.policy.rows_files import MEMBER, READ, VIEWER, WRITE, store

from vectal.accounts.contracts import Role
from vectal.files.contracts import Visibility

PIXEL = saved(Image.new("L", (1, 1)), "PNG")


def on_document(visibility: Visibility = "private", *, page: bool = False) -> Prepare:
    """A fresh file that was read: the caller's own, or one that the owner shows to all."""

    async def prepare(world: World, person: Person) -> Request:
        owner = person if visibility == "private" else world.owner
        file = await store(world, owner, visibility)
        await world.services.documents.pipeline.run(owner.principal, file.id, file.number)
        path = {"file_id": file.id}
        return Request({**path, "page": 1} if page else path)

    return prepare


async def _several(world: World, person: Person) -> Request:
    del world, person
    return Request(query={"file_id": [uuid4(), uuid4()]})


async def _image(world: World, person: Person) -> Request:
    """The caller's own picture, which nobody has read: to look at it needs no reading."""
    file = await store(world, person, "private", PIXEL)
    return Request({"file_id": file.id, "page": 1})


async def _queued(world: World, person: Person) -> Request:
    """A file that was read, and is to be read again."""
    request = await on_document("workspace")(world, person)
    await world.services.documents.status.reindex(world.owner.principal, request.path["file_id"])
    return request


ROWS = [
    Row("search_documents", VIEWER, READ, 200, body_of(query="matrix")),
    Row("get_document_settings", VIEWER, READ, 200),
    Row("set_document_settings", Role.ADMIN, "workspace:manage", 200, body_of(is_indexed=True)),
    Row("list_documents", VIEWER, READ, 200, _several),
    Row("get_document", VIEWER, READ, 200, on_document(), private=True),
    Row("get_document_page", VIEWER, READ, 200, on_document(page=True), private=True),
    Row("get_document_page_image", VIEWER, READ, 200, _image, private=True),
    Row("reindex_document", MEMBER, WRITE, 202, on_document("workspace"), has_object=True),
    Row("cancel_document", MEMBER, WRITE, 200, _queued, has_object=True),
]
