"""What one room needs of others above its reach, given to it here."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from vectal.accounts.service import AccountService
from vectal.ai.contracts import Pinned
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.chat.contracts import Focus
from vectal.platform.errors import AppError
from vectal.tasks.service import TaskServices

_NOTES_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class ChatSurroundings:
    """Names and what the person looks at, for the model's briefing."""

    accounts: AccountService
    tasks: TaskServices

    async def names_of(self, principal: Principal) -> tuple[str, str]:
        user = await self.accounts.people.get(principal)
        workspace = await self.accounts.workspaces.get(principal)
        return user.display_name, workspace.name

    async def describe(self, principal: Principal, focus: Focus) -> Sequence[Pinned]:
        """What is gone, or not for this person, is left out: the turn goes on without it."""
        pinned: list[Pinned] = []
        try:
            if focus.project_id is not None:
                project = await self.tasks.projects.get(principal, focus.project_id)
                pinned.append(Pinned("The project on screen", f"{project.name} (id {project.id})"))
            if focus.task_id is not None:
                task = await self.tasks.tasks.get(principal, focus.task_id)
                notes = f"\n{task.notes[:_NOTES_CHARS]}" if task.notes else ""
                pinned.append(Pinned("The task on screen", f"{task.title} (id {task.id}){notes}"))
        except AppError as error:
            if error.status not in {403, 404}:
                raise
        return pinned


def find_revoked(
    auth: AuthService,
) -> Callable[[Sequence[Principal]], Awaitable[Collection[Principal]]]:
    """Of these subscribers, those whose session or key has lost its right."""

    async def find(principals: Sequence[Principal]) -> Collection[Principal]:
        gone = await auth.still_valid(principals)
        return [each for each in principals if each.session_id in gone or each.api_key_id in gone]

    return find
