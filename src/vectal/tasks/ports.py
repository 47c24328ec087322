"""What this module needs from others."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from vectal.platform.db import DataScope


class People(Protocol):
    """Knows the members of a workspace; `accounts` does."""

    async def find_names(self, scope: DataScope, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Display names of those that are members here; the others are left out."""
        ...
