"""Taking over what another gateway was set up with: nothing that is there already is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from vectal.ai.router.request import Preferences
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.litellm_import import ImportPlan, PlannedProvider
from vectal.ai.service.litellm_names import MAX_NAMES
from vectal.platform.db import DataScope
from vectal.platform.errors import AppError

Outcome: TypeAlias = Literal["made", "made_disabled", "exists", "refused"]


@dataclass(frozen=True, slots=True)
class ImportedProvider:
    """`detail` says what is left to do, or why nothing was done."""

    name: str
    kind: str
    models: tuple[str, ...]
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was taken over, or would be; `ignored` gives the reason for each place of the file."""

    providers: tuple[ImportedProvider, ...]
    aliases: Mapping[str, str]
    fallbacks: Mapping[str, tuple[str, ...]]
    ignored: Mapping[str, str]
    dry_run: bool


class Importer:
    def __init__(self, ai: AiService) -> None:
        self._ai = ai

    async def carry_out(self, scope: DataScope, plan: ImportPlan, *, dry_run: bool) -> ImportReport:
        """Make what the plan says; with `dry_run` only tell what would be made."""
        present = await self._ai.providers.list_providers(scope)
        taken = {provider.name.lower() for provider in present}
        providers = [
            await self._provider(scope, planned, taken, dry_run=dry_run)
            for planned in plan.providers
        ]
        before = await self._ai.get_preferences(scope)
        ignored = dict(plan.ignored)
        after = _merged(before, plan, ignored)
        if after != before and not dry_run:
            await self._ai.save_preferences(scope, after)
        aliases = {name: to for name, to in after.aliases.items() if name not in before.aliases}
        fallbacks = {n: to for n, to in after.fallbacks.items() if n not in before.fallbacks}
        return ImportReport(tuple(providers), aliases, fallbacks, ignored, dry_run)

    async def _provider(
        self, scope: DataScope, planned: PlannedProvider, taken: set[str], *, dry_run: bool
    ) -> ImportedProvider:
        draft = planned.draft
        models = tuple(model.name for model in draft.models)
        told = ImportedProvider(draft.name, draft.kind, models, "made")
        if draft.name.lower() in taken:
            return replace(told, outcome="exists", detail="a provider of this name is there")
        try:
            if dry_run:
                self._ai.providers.check_address(draft)
            else:
                await self._ai.providers.create(scope, draft)
        except AppError as error:
            return replace(told, outcome="refused", detail=error.detail)
        if planned.missing:
            return replace(told, outcome="made_disabled", detail=_to_do(planned))
        return told


def _to_do(planned: PlannedProvider) -> str:
    if planned.variable is None:
        return "the file gives no key that can be used; enter one and enable it"
    return f"{planned.variable} is not set; enter its key and enable it"


def _merged(before: Preferences, plan: ImportPlan, ignored: dict[str, str]) -> Preferences:
    """What the workspace has said itself stands."""
    aliases, fallbacks = dict(plan.aliases), dict(plan.fallbacks)
    for place, own, new in (
        ("aliases", before.aliases, aliases),
        ("fallbacks", before.fallbacks, fallbacks),
    ):
        for name in [name for name in new if name in own]:
            if own[name] != new[name]:
                ignored[f"{place}.{name}"] = "the workspace has one of this name already"
            del new[name]
        for name in list(new)[max(0, MAX_NAMES - len(own)) :]:
            ignored[f"{place}.{name}"] = f"a workspace has at most {MAX_NAMES}"
            del new[name]
    return replace(
        before,
        aliases={**before.aliases, **aliases},
        fallbacks={**before.fallbacks, **fallbacks},
    )
