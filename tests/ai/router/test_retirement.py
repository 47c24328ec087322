"""Models that end: told beforehand, followed by their successors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.ai.router.questions import FILE, TODAY, a_provider, names_of, plan_of

from vectal.ai.catalog.offers import Catalog, build_catalog
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import AUTO, ModelChoice
from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.router.request import Preferences

PRO = ModelChoice(slot="pro")


def _ending(name: str, on: date | None, successor: str | None = None) -> ModelsFile:
    models = tuple(
        replace(model, retires_on=on, successor=successor) if model.name == name else model
        for model in FILE.models
    )
    return ModelsFile(FILE.slots, models)


def _catalog(file: ModelsFile, *kinds: ProviderKind) -> Catalog:
    return build_catalog(file, [a_provider(kind, i) for i, kind in enumerate(kinds, 1)], TODAY)


@pytest.mark.parametrize(("days", "warned"), [(1, True), (60, True), (61, False)])
@pytest.mark.parametrize("choice", [PRO, ModelChoice(model="gpt-4.5")])
def test_an_end_within_sixty_days_is_told(choice: ModelChoice, days: int, *, warned: bool) -> None:
    catalog = _catalog(_ending("gpt-6.1-sol", TODAY + timedelta(days=days)), "openai")
    reason = plan_of(catalog, choice).candidates[0].reason
    assert ("model.retires_soon" in reason.codes) is warned
    assert ("retires on" in reason.sentence) is warned


def test_a_retired_model_is_followed_by_its_successor() -> None:
    file = _ending("gpt-6.1-sol", TODAY, "gpt-6.1-terra")
    catalog = _catalog(file, "openai", "anthropic")
    for name in ("gpt-6.1-sol", "gpt-4.5-preview"):
        plan = plan_of(catalog, ModelChoice(model=name))
        assert names_of(plan) == ["gpt-6.1-terra"]
        assert plan.candidates[0].reason.codes == ("choice.model", "alias.successor")
        assert "GPT-6.1 Sol was retired on 2026-11-23" in plan.candidates[0].reason.sentence


def test_a_successor_that_is_retired_too_is_passed_over() -> None:
    file = _ending("gpt-6.1-sol", TODAY, "gpt-6-luna")
    gone = replace(next(m for m in file.models if m.name == "gpt-6-luna"), retires_on=TODAY)
    models = tuple(gone if model.name == gone.name else model for model in file.models)
    catalog = _catalog(ModelsFile(file.slots, models), "openai")
    assert names_of(plan_of(catalog, ModelChoice(model="gpt-6.1-sol"))) == ["gpt-6.1-terra"]


def test_without_a_successor_the_next_of_its_slot_answers() -> None:
    catalog = _catalog(_ending("gpt-6.1-sol", TODAY), "openai", "deepseek")
    plan = plan_of(catalog, ModelChoice(model="gpt-6.1-sol"))
    assert names_of(plan) == ["deepseek-v4-pro"]
    assert "alias.successor" in plan.candidates[0].reason.codes


def test_a_slot_hands_the_place_on() -> None:
    catalog = _catalog(_ending("gpt-6.1-sol", TODAY, "gpt-6.1-terra"), "openai", "anthropic")
    plan = plan_of(catalog, PRO)
    assert names_of(plan)[:2] == ["gpt-6.1-terra", "claude-opus-5-5"]
    assert plan.candidates[0].reason.codes == ("choice.slot", "alias.successor")
    bare = _catalog(_ending("gpt-6.1-sol", TODAY), "openai", "anthropic")
    plan = plan_of(bare, PRO)
    assert names_of(plan)[0] == "claude-opus-5-5"
    assert plan.candidates[0].reason.codes == ("choice.slot", "alias.successor")


def test_auto_counts_the_successor_as_the_first_of_its_slot() -> None:
    file = _ending("claude-haiku-5-5", TODAY, "claude-sonnet-5-5")
    plan = plan_of(_catalog(file, "anthropic"), AUTO)
    assert names_of(plan)[0] == "claude-sonnet-5-5"


def test_a_vendor_s_list_may_end_a_model() -> None:
    listed = (ListedModel("gpt-6.1-sol", "Sol", retires_on="2026-11-01"),)
    provider = replace(a_provider("openai"), models=listed)
    catalog = build_catalog(FILE, [provider, a_provider("anthropic", 2)], TODAY)
    plan = plan_of(catalog, ModelChoice(model="gpt-6.1-sol"))
    assert names_of(plan) == ["claude-opus-5-5"]


def test_a_model_is_not_over_while_one_provider_still_has_it() -> None:
    listed = (ListedModel("gpt-6.1-sol", "Sol", retires_on="2026-11-01"),)
    provider = replace(a_provider("openai"), models=listed)
    catalog = build_catalog(FILE, [provider, a_provider("openai", 2)], TODAY)
    plan = plan_of(catalog, ModelChoice(model="gpt-6.1-sol"))
    assert [candidate.offer.provider.name for candidate in plan.candidates] == ["openai-2"]


def test_a_retired_model_that_nothing_follows_is_refused_by_name() -> None:
    listed = (ListedModel("gpt-5", "GPT-5", retires_on="2026-11-01"),)
    catalog = build_catalog(FILE, [replace(a_provider("openai"), models=listed)], TODAY)
    plan = plan_of(catalog, ModelChoice(model="gpt-5"))
    assert plan.refusal is not None
    assert plan.refusal.codes == ("model.retired",)
    assert "GPT-5 was retired on 2026-11-01" in plan.refusal.sentence


def test_a_blocked_successor_does_not_come_in_by_the_back_door() -> None:
    catalog = _catalog(_ending("gpt-6.1-sol", TODAY, "gpt-6.1-terra"), "openai")
    blocked = Preferences(blocked_models=frozenset(("gpt-6.1-terra",)))
    plan = plan_of(catalog, ModelChoice(model="gpt-6.1-sol"), preferences=blocked)
    assert plan.candidates == ()
