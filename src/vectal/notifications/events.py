"""Facts about notifications. Each is private to the person and carries ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vectal.platform.events import Event


@dataclass(frozen=True)
class NotificationsChanged(Event):
    """Something came, was read, or needs nobody any more: what shows them loads them anew."""

    type: ClassVar[str] = "notifications.notifications_changed"
