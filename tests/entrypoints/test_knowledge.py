"""What chat may look up: over real files, documents and tasks, each as the one who asks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser, Person, people_of

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.chat.contracts_sources import Reference, ReferenceKind
from vectal.documents.contracts import SearchQuery
from vectal.entrypoints.knowledge import ChatKnowledge
from vectal.entrypoints.services import Services
from vectal.files.contracts import File, UploadDraft, Visibility
from vectal.files.errors import StoredFileNotFoundError
from vectal.platform.ids import new_id
from vectal.tasks.contracts import TaskFields

LEASE = b"The tenant may end the agreement by giving three months written notice."


@dataclass
class Desk:
    """A person, and what chat knows on her behalf. Nobody reads documents unless a test does."""

    person: Person
    services: Services
    knowledge: ChatKnowledge

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def put(self, name: str = "Lease.txt", visibility: Visibility = "private") -> File:
        draft = UploadDraft(name, len(LEASE), visibility=visibility)
        return await self.services.files.store(self.me, draft, _body())

    async def read(self, file: File) -> None:
        await self.services.documents.pipeline.run(self.me, file.id, file.number)

    async def unread(self, *files: UUID) -> list[str]:
        wanted = [Reference("file", file, str(file)) for file in files]
        return [each.name for each in await self.knowledge.await_reading(self.me, wanted)]


async def _body() -> AsyncIterator[bytes]:
    yield LEASE


@pytest.fixture
def make(house_services: Services) -> MakeUser:
    return people_of(house_services.database, house_services.accounts, house_services.auth)


@pytest.fixture
async def desk(house_services: Services, make: MakeUser) -> Desk:
    knowledge = ChatKnowledge(house_services.tasks, patience_s=0.3)
    knowledge.put_in(house_services.files, house_services.documents)
    return Desk(await make(), house_services, knowledge)


async def test_each_thing_is_named_once(desk: Desk) -> None:
    file = await desk.put()
    task = await desk.services.tasks.tasks.create(desk.me, TaskFields(title="Pay rent"))
    project = await desk.services.tasks.projects.create(desk.me, "Flat")
    kinds: list[tuple[ReferenceKind, UUID]] = [
        ("file", file.id), ("task", task.id), ("project", project.id), ("file", file.id),
    ]  # fmt: skip
    named = await desk.knowledge.name(desk.me, [Reference(*each) for each in kinds])
    assert [(each.kind, each.name) for each in named] == [
        ("file", "Lease.txt"),
        ("task", "Pay rent"),
        ("project", "Flat"),
    ]


async def test_what_the_caller_may_not_read_is_not_named(desk: Desk, make: MakeUser) -> None:
    file = await desk.put()
    colleague = await make(workspace_id=desk.me.workspace_id)
    wanted = [Reference("file", file.id)]
    with pytest.raises(StoredFileNotFoundError):
        await desk.knowledge.name(colleague.principal, wanted)
    narrow = replace(desk.me, scopes=frozenset({Scope.CHAT_WRITE}))
    with pytest.raises(ForbiddenError):
        await desk.knowledge.name(narrow, wanted)
    assert await desk.knowledge.search(narrow, SearchQuery("notice")) == ()


async def test_tasks_and_projects_are_described_and_what_is_gone_is_left_out(desk: Desk) -> None:
    project = await desk.services.tasks.projects.create(desk.me, "Flat")
    fields = TaskFields(title="Pay rent", notes="To the landlord", project_id=project.id)
    task = await desk.services.tasks.tasks.create(desk.me, fields)
    wanted = [Reference("task", task.id), Reference("project", project.id)]
    about_task, about_project = await desk.knowledge.describe(desk.me, wanted)
    assert "To the landlord" in about_task.text
    assert about_project.text.startswith("Flat")
    assert "- [todo] Pay rent" in about_project.text
    gone = [Reference("task", new_id()), Reference("file", new_id())]
    assert await desk.knowledge.describe(desk.me, gone) == []


async def test_a_reading_is_waited_for_and_then_found(desk: Desk) -> None:
    file, other = await desk.put(), await desk.put("Other.txt")
    assert await desk.unread(file.id, other.id) == [str(file.id), str(other.id)]
    await desk.read(file)
    assert await desk.unread(file.id, other.id) == [str(other.id)]
    (passage,) = await desk.knowledge.search(
        desk.me, SearchQuery("How long is the notice?", 5, (file.id,))
    )
    page = await desk.knowledge.read_page(desk.me, file.id, 1, 1)
    assert page is not None
    assert "three months" in page.page.text
    assert "three months" in passage.text
    assert await desk.knowledge.read_page(desk.me, file.id, 9, 1) is None
    assert await desk.knowledge.read_page(desk.me, other.id, 1, 1) is None


async def test_files_are_gone_when_deleted_trashed_or_not_shared(
    desk: Desk, make: MakeUser
) -> None:
    kept, trashed, shared = (
        await desk.put(),
        await desk.put(),
        await desk.put(visibility="workspace"),
    )
    await desk.services.files.trash.trash_file(desk.me, trashed.id)
    missing = new_id()
    ids = [kept.id, trashed.id, shared.id, missing]
    assert await desk.knowledge.find_gone(desk.me, ids) == {trashed.id, missing}
    colleague = (await make(workspace_id=desk.me.workspace_id)).principal
    assert await desk.knowledge.find_gone(colleague, ids) == {kept.id, trashed.id, missing}
    assert await desk.unread(missing) == [str(missing)]
