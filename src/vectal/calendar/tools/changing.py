"""The tools that propose changes. What they return says that nothing has happened yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Scope
from vectal.calendar.contracts import EventFields
from vectal.calendar.errors import BadEventError
from vectal.calendar.fields import encode, read_timezone
from vectal.calendar.service import CalendarServices
from vectal.calendar.tools.inputs import CreateEvent, DeleteEvent, Input, UpdateEvent
from vectal.calendar.tools.reading import PRIVATE, on_the_wall
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, ChangesetItem, Foreign, Origin

_NOTE: Final = (
    "Nothing has changed yet. The user sees these changes beside your answer and accepts or "
    "rejects each. Do not prepare them again."
)


def make_changing_tools(services: CalendarServices) -> tuple[Tool[Any], ...]:
    hand = _ChangingHand(services)
    return (
        _tool("create_event", "Prepare a new event", "Prepare an event.", CreateEvent, hand.create),
        _tool(
            "update_event",
            "Prepare a change of an event",
            "Prepare a change of an event with all its occurrences. Only what you name changes.",
            UpdateEvent,
            hand.update,
        ),
        _tool(
            "delete_event",
            "Prepare to delete an event",
            "Prepare to delete an event, or to cancel one occurrence of it.",
            DeleteEvent,
            hand.delete,
        ),
    )


def _tool(name: str, title: str, description: str, takes: type[Input], handler: Any) -> Tool[Any]:
    return Tool(
        name=name,
        title=title,
        description=description,
        input=takes,
        scope=Scope.CALENDAR_WRITE,
        mode="write",
        effect="idempotent",
        handler=handler,
        returns=PRIVATE,
        proposes=True,
    )


class _ChangingHand:
    def __init__(self, services: CalendarServices) -> None:
        self._services = services

    async def create(self, context: ToolContext, asked: CreateEvent) -> ToolOutput:
        fields = _fields(context, asked)
        fields["title"] = asked.title
        fields.setdefault("timezone", context.timezone)
        return await self._propose(
            context, Foreign("event", "create", encode(fields), _made_id(context))
        )

    async def update(self, context: ToolContext, asked: UpdateEvent) -> ToolOutput:
        fields = _fields(context, asked)
        if asked.title is not None:
            fields["title"] = asked.title
        for name in asked.clear or ():
            if name == "rule":
                fields["rule"] = None
            else:
                fields[name] = ""
        return await self._propose(
            context, Foreign("event", "update", encode(fields), asked.event_id)
        )

    async def delete(self, context: ToolContext, asked: DeleteEvent) -> ToolOutput:
        if asked.occurrence is None:
            return await self._propose(context, Foreign("event", "delete", {}, asked.event_id))
        event = await self._services.events.get(context.principal, asked.event_id)
        if event.rule is None:
            raise BadEventError("The event does not recur; leave occurrence out.")
        key = on_the_wall(asked.occurrence, read_timezone(context.timezone))
        fields = EventFields(skips=[*event.skips, key])
        return await self._propose(
            context, Foreign("event", "update", encode(fields), asked.event_id)
        )

    async def _propose(self, context: ToolContext, proposal: Foreign) -> ToolOutput:
        if context.mode != "act":
            raise ForbiddenError("Changes can only be prepared in Act mode.")
        changeset = await self._services.tasks.changesets.propose(
            context.principal, _origin(context), [proposal]
        )
        return _output(changeset, _items_of(context, changeset))


def _fields(context: ToolContext, asked: CreateEvent | UpdateEvent) -> EventFields:
    """The fields that both tools take alike; null leaves them out."""
    zone = read_timezone(context.timezone)
    fields = EventFields()
    if asked.starts_at is not None:
        fields["starts_at"] = on_the_wall(asked.starts_at, zone)
    if asked.ends_at is not None:
        fields["ends_at"] = on_the_wall(asked.ends_at, zone)
    if asked.starts_on is not None:
        fields["starts_on"] = asked.starts_on
    if asked.ends_on is not None:
        fields["ends_on"] = asked.ends_on
    if asked.rule is not None:
        fields["rule"], fields["timezone"] = asked.rule, context.timezone
    if asked.place is not None:
        fields["place"] = asked.place
    if asked.notes is not None:
        fields["notes"] = asked.notes
    if asked.visibility is not None:
        fields["visibility"] = asked.visibility
    return fields


def _origin(context: ToolContext) -> Origin:
    call_id = context.call_id if context.run_id is not None else None
    return Origin(context.turn_id, context.conversation_id, context.run_id, call_id)


def _made_id(context: ToolContext) -> UUID:
    """The id of what this call creates: the same when the call is made again."""
    origin = context.run_id or context.turn_id
    return new_id() if origin is None else uuid5(origin, f"event:{context.call_id}")


def _items_of(context: ToolContext, changeset: Changeset) -> Sequence[ChangesetItem]:
    """What this call has proposed: now, or when it was made before."""
    if context.run_id is None:
        return changeset.items[-1:]
    return [item for item in changeset.items if item.call_id == context.call_id]


def _output(changeset: Changeset, new: Sequence[ChangesetItem]) -> ToolOutput:
    """What the model itself has written, and no word of an event that others may have."""
    prepared = [
        {"operation": item.operation, "event_id": str(item.task_id), "after": item.after}
        for item in new
    ]
    content = {
        "state": "awaiting the user's decision",
        "note": _NOTE,
        "changeset_id": str(changeset.id),
        "prepared": prepared,
    }
    first = new[0]
    titles = {
        "create": f"Create “{first.title[:80]}”",
        "update": "Change an event",
        "delete": "Delete an event",
    }
    return ToolOutput(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        titles.get(first.operation, first.operation),
        changeset.id,
    )
