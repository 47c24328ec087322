"""Taking over what another gateway was set up with: nothing that is there already is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from vectal.ai.errors import ProviderLimitError
from vectal.ai.ports import ProviderKind
from vectal.ai.router.request import Preferences
from vectal.ai.service.addresses import shown_origin
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.litellm_import import ImportPlan, PlannedProvider, Reference, plan_import
from vectal.ai.service.litellm_names import MAX_NAMES
from vectal.ai.service.litellm_vendors import host_of
from vectal.ai.service.providers import MAX_PROVIDERS
from vectal.platform.db import DataScope
from vectal.platform.errors import AppError

Outcome: TypeAlias = Literal["made", "made_disabled", "exists", "refused"]
KeyState: TypeAlias = Literal["given", "missing", "none"]

_Place: TypeAlias = tuple[ProviderKind, str]

_LEFT_ALONE: Final = ("exists", "refused")
_NAME_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class ImportedProvider:
    """`detail` says what is left to do, or why nothing was done.

    `address` is where its key goes, "" for one that can't be used; `reference`, where the file
    has the key, None when it is written there or there is none.
    """

    name: str
    kind: ProviderKind
    address: str
    models: tuple[str, ...]
    key: KeyState
    reference: str | None
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was taken over, or would be; `ignored` gives the reason for each place of the file."""

    providers: tuple[ImportedProvider, ...]
    references: tuple[Reference, ...]
    aliases: Mapping[str, str]
    fallbacks: Mapping[str, tuple[str, ...]]
    ignored: Mapping[str, str]
    dry_run: bool


class Importer:
    def __init__(self, ai: AiService) -> None:
        self._ai = ai

    async def take_over(
        self, scope: DataScope, text: str, given: Mapping[str, str], *, dry_run: bool
    ) -> ImportReport:
        """Read a configuration of LiteLLM and make what it says; raises ImportRefusedError.

        `given` are the values of the variables that it refers to, and the only ones.
        """
        plan = await asyncio.to_thread(plan_import, text, given)
        return await self.carry_out(scope, plan, dry_run=dry_run)

    async def carry_out(self, scope: DataScope, plan: ImportPlan, *, dry_run: bool) -> ImportReport:
        """Make what the plan says; with `dry_run` only tell what would be made."""
        present = await self._ai.providers.list_providers(scope)
        taken = {each.name.lower(): _place(each.kind, each.base_url) for each in present}
        plan = plan.renamed(_clashes(plan, taken))
        providers = [
            await self._provider(scope, planned, taken, dry_run=dry_run)
            for planned in plan.providers
        ]
        asked = plan.asked_without([e.name for e in providers if e.outcome in _LEFT_ALONE])
        # A name of what can't be made would lead nowhere.
        plan = plan.without([each.name for each in providers if each.outcome == "refused"])
        before = await self._ai.get_preferences(scope)
        ignored = dict(plan.ignored)
        after = _merged(before, plan, ignored)
        if after != before and not dry_run:
            await self._ai.save_preferences(scope, after)
        aliases = {name: to for name, to in after.aliases.items() if name not in before.aliases}
        fallbacks = {n: to for n, to in after.fallbacks.items() if n not in before.fallbacks}
        return ImportReport(tuple(providers), asked, aliases, fallbacks, ignored, dry_run)

    async def _provider(
        self,
        scope: DataScope,
        planned: PlannedProvider,
        taken: dict[str, _Place],
        *,
        dry_run: bool,
    ) -> ImportedProvider:
        """`taken` has the names in use, in lower case; one that is made joins them."""
        told = _shown(planned)
        if told.name.lower() in taken:
            return replace(told, outcome="exists", detail="a provider of this name is there")
        try:
            if dry_run:
                self._ai.providers.check_address(planned.draft)
                if len(taken) >= MAX_PROVIDERS:
                    raise ProviderLimitError(f"A workspace has at most {MAX_PROVIDERS} providers.")
            else:
                await self._ai.providers.create(scope, planned.draft)
        except AppError as error:
            return replace(told, outcome="refused", detail=error.detail)
        taken[told.name.lower()] = told.kind, told.address
        if planned.missing:
            return replace(told, outcome="made_disabled", detail=_to_do(planned))
        return told


def _place(kind: ProviderKind, base_url: str | None) -> _Place:
    return kind, shown_origin(kind, base_url)


def _clashes(plan: ImportPlan, taken: Mapping[str, _Place]) -> dict[str, str]:
    """New names for providers of the file whose name somebody else has: another server."""
    used = {*taken, *(each.draft.name.lower() for each in plan.providers)}
    found: dict[str, str] = {}
    for draft in (each.draft for each in plan.providers):
        place = _place(draft.kind, draft.base_url)
        if taken.get(draft.name.lower(), place) == place:
            continue
        told = f"{draft.name} ({host_of(draft.base_url or '') or draft.kind})"[:_NAME_CHARS]
        options = (told, *(f"{draft.name} {number}" for number in range(2, len(used) + 3)))
        # What an import has made before has its name, and is the same server.
        name = next(n for n in options if taken.get(n.lower()) == place or n.lower() not in used)
        found[draft.name] = name
        used.add(name.lower())
    return found


def _shown(planned: PlannedProvider) -> ImportedProvider:
    draft = planned.draft
    key: KeyState = "given" if draft.key else "missing" if planned.missing else "none"
    return ImportedProvider(
        draft.name,
        draft.kind,
        shown_origin(draft.kind, draft.base_url),
        tuple(model.name for model in draft.models),
        key,
        planned.variable,
        "made",
    )


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
