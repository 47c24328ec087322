"""REST of notifications."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.notifications.schemas import (
    MailSettingsShape,
    MailWishes,
    NotificationShape,
    UnreadShape,
)
from vectal.notifications.service import NotificationService
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page

router = APIRouter(prefix="/notifications", tags=["notifications"])


def _service(request: Request) -> NotificationService:
    return cast("NotificationService", request.app.state.services.notifications)


Notifications = Annotated[NotificationService, Depends(_service)]


@router.get("", dependencies=[requires("notifications.list")])
async def list_notifications(
    principal: CurrentPrincipal,
    service: Notifications,
    unread: Annotated[bool, Query(description="Only those that you have not read")] = False,  # noqa: FBT002 - a query parameter
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next_cursor` of the page before")
    ] = None,
) -> Page[NotificationShape]:
    """Your own notifications, the newest first. They are kept for 90 days."""
    page = await service.inbox.list_notifications(
        principal, unread=unread, limit=limit, cursor=cursor
    )
    items = [NotificationShape.of(each) for each in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.get("/unread", dependencies=[requires("notifications.list")])
async def count_unread_notifications(
    principal: CurrentPrincipal, service: Notifications
) -> UnreadShape:
    """How many you have not read."""
    return UnreadShape(unread=await service.inbox.count_unread(principal))


@router.post("/read", status_code=204, dependencies=[requires("notifications.update")])
async def read_all_notifications(principal: CurrentPrincipal, service: Notifications) -> None:
    """Mark all of them as read."""
    await service.inbox.mark_all_read(principal)


@router.post(
    "/{notification_id}/read", status_code=204, dependencies=[requires("notifications.update")]
)
async def read_notification(
    notification_id: UUID, principal: CurrentPrincipal, service: Notifications
) -> None:
    """Mark one as read; again does nothing."""
    await service.inbox.mark_read(principal, notification_id)


@router.get("/preferences", dependencies=[requires("notification_preferences.read")])
async def get_notification_preferences(
    principal: CurrentPrincipal, service: Notifications
) -> MailSettingsShape:
    """What you are mailed in this workspace, and whether mails are sent from here at all."""
    return MailSettingsShape.of(await service.inbox.get_mail_settings(principal))


@router.put("/preferences", dependencies=[requires("notification_preferences.update")])
async def set_notification_preferences(
    body: MailWishes, principal: CurrentPrincipal, service: Notifications
) -> MailSettingsShape:
    """Set what you are mailed in this workspace. In the app you are told all of it."""
    return MailSettingsShape.of(await service.inbox.set_mail_settings(principal, body.wanted()))
