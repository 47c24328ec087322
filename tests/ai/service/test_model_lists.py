"""The daily look at what providers offer."""

from __future__ import annotations

import pytest
from tests.ai.conftest import Stage
from tests.fixtures.accounts import MakeUser, Person

from vectal.ai.ports import CallLimits, ListedModel, ProviderFault
from vectal.ai.service import model_lists
from vectal.ai.service.providers import ProviderDraft

KEY = "sk-secret-0123456789-wxyz"


async def _store(stage: Stage, person: Person, name: str = "A", **fields: object) -> None:
    draft = ProviderDraft("openai", name, key=KEY, **fields)  # type: ignore[arg-type]
    await stage.ai.providers.create(person.principal, draft)


async def _models(stage: Stage, person: Person) -> list[list[str]]:
    providers = await stage.ai.providers.list_providers(person.principal)
    return [[model.name for model in provider.models] for provider in providers]


async def _clear(stage: Stage) -> None:
    """Other tests of this worker have left providers that are due as well."""
    while await stage.ai.model_lists.refresh():
        pass


async def test_every_workspace_gets_its_lists_and_each_once_a_day(
    stage: Stage, person: Person, make_user: MakeUser
) -> None:
    await _clear(stage)
    other = await make_user()
    for each in (person, other):
        await _store(stage, each)
    stage.actors["openai"].models = (ListedModel("gpt-7", "GPT-7"),)
    assert await stage.ai.model_lists.refresh() == 2
    assert await _models(stage, person) == [["gpt-7"]]
    assert await _models(stage, other) == [["gpt-7"]]
    assert await stage.ai.model_lists.refresh() == 0


async def test_a_run_takes_a_bounded_number(
    stage: Stage, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _clear(stage)
    monkeypatch.setattr(model_lists, "MAX_A_RUN", 2)
    for name in "ABC":
        await _store(stage, person, name)
    assert [await stage.ai.model_lists.refresh() for _ in range(3)] == [2, 1, 0]


async def test_what_is_off_is_left_alone(stage: Stage, person: Person) -> None:
    await _clear(stage)
    await _store(stage, person, enabled=False)
    assert await stage.ai.model_lists.refresh() == 0


async def test_one_that_fails_costs_the_others_nothing(stage: Stage, person: Person) -> None:
    await _clear(stage)
    await _store(stage, person, models=(ListedModel("kept", "kept"),))
    draft = ProviderDraft("anthropic", "B", key=KEY)
    await stage.ai.providers.create(person.principal, draft)
    stage.actors["openai"].models = ProviderFault("timeout", "The provider fell silent.")
    stage.actors["anthropic"].models = (ListedModel("claude-6", "Claude 6"),)
    assert await stage.ai.model_lists.refresh() == 1
    assert await _models(stage, person) == [["kept"], ["claude-6"]]


async def test_nobody_is_waited_for_long(stage: Stage, person: Person) -> None:
    await _clear(stage)
    await _store(stage, person)
    seen: list[CallLimits] = []
    actor = stage.actors["openai"]
    listed = actor.list_models

    async def spy(credentials: object, limits: CallLimits) -> tuple[ListedModel, ...]:
        seen.append(limits)
        return await listed(credentials, limits)  # type: ignore[arg-type]

    actor.list_models = spy  # type: ignore[method-assign]
    await stage.ai.model_lists.refresh()
    assert seen[0].deadline_s * model_lists.MAX_A_RUN <= 120
