"""The names of people and keys that budgets are for, as far as the caller may know them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from vectal.ai.budgets.rules import SubjectKind
from vectal.ai.service.budget_service import Budget
from vectal.ai.service.key_rules import KeyDirectory
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.platform.db import DataScope


class PeopleDirectory(Protocol):
    """Who somebody is; `accounts` knows."""

    async def find_names(
        self, scope: DataScope, user_ids: Collection[UUID]
    ) -> Mapping[UUID, str]: ...


@dataclass(frozen=True, slots=True)
class BudgetNames:
    """Asks for those that a page needs, however many members and keys there are."""

    people: PeopleDirectory
    keys: KeyDirectory

    async def find(self, principal: Principal, budgets: Iterable[Budget]) -> Mapping[UUID, str]:
        """By the ids of people and keys. Keys of others are for administrators."""
        wanted: dict[SubjectKind, set[UUID]] = {}
        for each in budgets:
            if each.subject_id is not None:
                wanted.setdefault(each.subject_kind, set()).add(each.subject_id)
        keys = wanted.get("key")
        named = dict(await self.find_people(principal, wanted.get("user", ())))
        if keys:
            found = await self.keys.find_in_workspace(principal.workspace_id, keys)
            sees_all = can(principal, "member_keys.list")
            shown = (key for key in found.values() if sees_all or key.user_id == principal.user_id)
            named |= {key.id: key.name for key in shown}
        return named

    async def find_people(
        self, principal: Principal, user_ids: Collection[UUID]
    ) -> Mapping[UUID, str]:
        """Without those who left, and without anybody where the caller may not know members."""
        if not user_ids or not can(principal, "members.list"):
            return {}
        return await self.people.find_names(principal, user_ids)
