"""Which stored events open screens hear of, and what they are shown."""

from uuid import UUID

from vectal.agents.events import RunChanged, RunFinished
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.calls_channel import CallsChannel
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.auth.events import ApiKeyRevoked, ApiKeyShortened, SessionRevoked
from vectal.auth.principal import Principal, Role, Scope
from vectal.calendar.events import CalendarEventChanged, CalendarImported
from vectal.chat.events import ConversationChanged, TurnChanged
from vectal.chat.service import ChatService
from vectal.documents.events import DocumentChanged
from vectal.files.events import (
    FileChanged,
    FilePurged,
    FileReadable,
    FileRestored,
    FileStored,
    FileTrashed,
    FileVersionAdded,
    FolderChanged,
)
from vectal.notifications.events import NotificationsChanged
from vectal.platform.db import Database
from vectal.platform.events import Event, EventRecord
from vectal.realtime.ports import Projection, Shown
from vectal.realtime.service import RealtimeService
from vectal.research.events import ResearchChanged
from vectal.tasks.contracts import task_as_json
from vectal.tasks.errors import TaskNotFoundError
from vectal.tasks.events import (
    ChangesetChanged,
    CommentChanged,
    LabelChanged,
    ProjectChanged,
    TaskChanged,
)
from vectal.tasks.service import TaskServices

_NOBODY = UUID(int=0)
# Ids only: what listeners may see of them is decided when they load it.
_PLAIN: tuple[tuple[type[Event], str, Scope], ...] = (
    (ProjectChanged, "project.changed", Scope.TASKS_READ),
    (LabelChanged, "label.changed", Scope.TASKS_READ),
    (CommentChanged, "task_comment.changed", Scope.TASKS_READ),
    (ChangesetChanged, "changeset.changed", Scope.TASKS_READ),
    (CalendarEventChanged, "calendar_event.changed", Scope.CALENDAR_READ),
    (CalendarImported, "calendar.imported", Scope.CALENDAR_READ),
    (FileStored, "file.stored", Scope.FILES_READ),
    (FileVersionAdded, "file.version_added", Scope.FILES_READ),
    (FileReadable, "file.readable", Scope.FILES_READ),
    (FileChanged, "file.changed", Scope.FILES_READ),
    (FileTrashed, "file.trashed", Scope.FILES_READ),
    (FileRestored, "file.restored", Scope.FILES_READ),
    (FilePurged, "file.purged", Scope.FILES_READ),
    (FolderChanged, "folder.changed", Scope.FILES_READ),
    (DocumentChanged, "document.changed", Scope.FILES_READ),
    (ResearchChanged, "research.changed", Scope.AI_USE),
    (ConversationChanged, "conversation.changed", Scope.CHAT_READ),
    (TurnChanged, "turn.changed", Scope.CHAT_READ),
    (RunChanged, "run.changed", Scope.AGENTS_READ),
    (RunFinished, "run.finished", Scope.AGENTS_READ),
    (NotificationsChanged, "notifications.changed", Scope.AGENTS_READ),
    (ApiKeyRevoked, "api_key.revoked", Scope.ACCOUNT_READ),
    (ApiKeyShortened, "api_key.shortened", Scope.ACCOUNT_READ),
    (SessionRevoked, "session.revoked", Scope.ACCOUNT_READ),
)


def register(realtime: RealtimeService[Principal], tasks: TaskServices, chat: ChatService) -> None:
    realtime.register_channel("turn", chat.channel)
    for event_type, name, scope in _PLAIN:
        realtime.register_projection(event_type, _plain(name), scope=scope)

    async def show_task(record: EventRecord) -> Shown | None:
        changed = record.read(TaskChanged)
        # Tasks are seen by the whole workspace, so it may look by itself.
        workspace = Principal(_NOBODY, record.workspace_id, Role.VIEWER, frozenset())
        try:
            task = task_as_json(await tasks.tasks.get(workspace, changed.task_id))
        except TaskNotFoundError:
            task = None
        told = {name: record.payload[name] for name in ("task_id", "version", "kind")}
        return "task.changed", {"task": task, **told}

    realtime.register_projection(TaskChanged, show_task, scope=Scope.TASKS_READ)


def tell_of_calls(
    realtime: RealtimeService[Principal], database: Database, ai: AiService, models: ModelGateway
) -> None:
    """Lines of the usage ledger, whoever writes them, are told on the channel `calls`."""
    calls = CallsChannel(database, realtime)
    realtime.register_channel("calls", calls)
    ai.accounting.on_written = models.book.on_written = calls.tell
    models.book.under_way.on_written = calls.tell


def _plain(name: str) -> Projection:
    async def show(record: EventRecord) -> Shown | None:
        return name, record.payload

    return show
