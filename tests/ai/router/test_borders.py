"""The data policy of a workspace, in every way that a model can be asked for."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from tests.ai.router.questions import FILE, TODAY, a_catalog, a_provider, plan_of, providers_of

from vectal.ai.catalog.offers import build_catalog
from vectal.ai.contracts import AUTO, ModelChoice
from vectal.ai.router.request import DataPolicy, Needs, Preferences

SLOT, NAME = ModelChoice(slot="pro"), ModelChoice(model="gpt-6.1-sol")
INSIDE = replace(a_provider("openai_compatible", 7), location="inside")
NEVER = Preferences(policy=DataPolicy(never_leaves=True))


def _policy(policy: DataPolicy) -> Preferences:
    return Preferences(policy=policy)


@pytest.mark.parametrize("choice", [AUTO, SLOT, NAME])
def test_what_never_leaves_is_refused_and_the_rule_named(choice: ModelChoice) -> None:
    plan = plan_of(a_catalog("openai"), choice, preferences=NEVER)
    assert plan.candidates == ()
    assert plan.refusal is not None
    assert plan.refusal.codes == ("policy.never_leaves",)
    assert "may not leave the house" in plan.refusal.sentence
    assert {entry.code for entry in plan.rejected} == {"policy.never_leaves"}


def test_a_model_chosen_by_name_is_named_in_the_refusal() -> None:
    plan = plan_of(a_catalog("openai"), NAME, preferences=NEVER)
    assert plan.refusal is not None
    assert plan.refusal.sentence.startswith("gpt-6.1-sol can't answer: ")


def test_a_provider_inside_answers_instead() -> None:
    catalog = build_catalog(FILE, [a_provider("openai"), INSIDE], TODAY)
    assert providers_of(plan_of(catalog, SLOT, preferences=NEVER)) == ["openai_compatible-7"]


def test_the_simulator_is_inside() -> None:
    assert plan_of(a_catalog(), preferences=NEVER).candidates


def test_a_key_outside_is_not_replaced_by_the_simulator() -> None:
    plan = plan_of(a_catalog("simulator", "openai"), preferences=NEVER)
    assert plan.candidates == ()


@pytest.mark.parametrize(
    ("allowed", "providers"),
    [
        ({"openai"}, ["openai-1", "openai-3"]),
        ({str(UUID(int=3))}, ["openai-3"]),
        ({str(UUID(int=2)), str(UUID(int=3))}, ["openai-3", "anthropic-2"]),
    ],
)
def test_only_allowed_providers_are_asked(allowed: set[str], providers: list[str]) -> None:
    catalog = a_catalog("openai", "anthropic", "openai")
    preferences = _policy(DataPolicy(providers=frozenset(allowed)))
    plan = plan_of(catalog, SLOT, preferences=preferences)
    assert list(dict.fromkeys(providers_of(plan))) == providers


def test_regions_bind_who_is_outside_and_whoever_names_one() -> None:
    providers = [
        replace(a_provider("openai", 1), region="us"),
        replace(a_provider("openai", 2), region="eu"),
        a_provider("openai", 3),
        replace(INSIDE, id=UUID(int=4), name="inside"),
        replace(INSIDE, id=UUID(int=5), name="inside-us", region="us"),
    ]
    catalog = build_catalog(FILE, providers, TODAY)
    preferences = _policy(DataPolicy(regions=frozenset(("eu",))))
    plan = plan_of(catalog, SLOT, preferences=preferences)
    assert set(providers_of(plan)) == {"openai-2", "inside"}
    assert {entry.code for entry in plan.rejected} == {"policy.region"}


def test_what_models_can_not_do_is_told_before_what_is_forbidden() -> None:
    catalog = build_catalog(FILE, [a_provider("openai"), INSIDE], TODAY)
    plan = plan_of(catalog, needs=Needs(tools=True), preferences=NEVER)
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_tools",)


def test_neither_an_alias_nor_a_fallback_leads_around_the_policy() -> None:
    preferences = replace(
        NEVER, aliases={"house": "gpt-4.5"}, fallbacks={"gpt-6.1-sol": ("claude-opus",)}
    )
    catalog = a_catalog("openai", "anthropic")
    plan = plan_of(catalog, ModelChoice(model="house"), preferences=preferences)
    assert plan.candidates == ()
