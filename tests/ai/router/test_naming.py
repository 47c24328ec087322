"""Every name that leads to a model: ours, the specification's, the workspace's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ai.router.questions import FILE, a_catalog, names_of, plan_of

from vectal.ai.catalog.offers import Catalog
from vectal.ai.contracts import SLOTS, ModelChoice
from vectal.ai.router.request import Needs, Preferences
from vectal.ai.service.gateway.names import read_choice

ALL = a_catalog("openai", "anthropic", "deepseek")
SPECIFIED = {
    "gpt-4.5": "pro",
    "gpt-4.5-preview": "pro",
    "claude-3.7-sonnet": "reasoning",
    "claude-3-7-sonnet-20250219": "reasoning",
    "claude-opus": "large-context",
    "claude-3-opus-20240229": "large-context",
    "deepseek-r1": "experimental",
    "deepseek-reasoner": "experimental",
    "claude-instant": "fast",
    "claude-instant-1.2": "fast",
}
OWN = Preferences(
    aliases={"house": "gpt-4.5", "quick": "vectal/fast", "any": "vectal/auto"},
    fallbacks={"house": ("quick",), "claude-opus-5-5": ("deepseek-r1", "nonesuch")},
)


@pytest.mark.parametrize("name", ["vectal/auto", *(f"vectal/{slot}" for slot in SLOTS), *SPECIFIED])
@pytest.mark.parametrize("catalog", [ALL, a_catalog()], ids=["keys", "no keys"])
def test_every_name_of_ours_and_of_the_specification_leads_somewhere(
    name: str, catalog: Catalog
) -> None:
    assert plan_of(catalog, read_choice(name)).candidates


@pytest.mark.parametrize(("name", "slot"), SPECIFIED.items())
def test_a_specified_name_leads_to_the_first_model_of_its_slot(name: str, slot: str) -> None:
    first = next(each for each in FILE.slots if each.name == slot).models[0]
    assert names_of(plan_of(ALL, read_choice(name))) == [first]


def test_a_workspace_has_names_of_its_own() -> None:
    plan = plan_of(ALL, ModelChoice(model="house"), preferences=OWN)
    assert names_of(plan)[0] == "gpt-6.1-sol"
    assert "alias.workspace" in plan.candidates[0].reason.codes
    assert plan.candidates[0].reason.sentence.startswith("You chose house")


@pytest.mark.parametrize(("name", "model"), [("quick", "claude-haiku-5-5"), ("any", None)])
def test_a_name_of_its_own_may_mean_a_slot(name: str, model: str | None) -> None:
    first = plan_of(ALL, ModelChoice(model=name), preferences=OWN).candidates[0]
    assert first.slot is not None
    assert model is None or first.offer.model.name == model


def test_fallbacks_follow_in_order_and_say_so() -> None:
    plan = plan_of(ALL, ModelChoice(model="claude-opus"), preferences=OWN)
    assert names_of(plan) == ["claude-opus-5-5", "deepseek-v4-pro"]
    assert "fallback.configured" in plan.candidates[1].reason.codes
    own = plan_of(ALL, ModelChoice(model="house"), preferences=OWN)
    assert names_of(own) == ["gpt-6.1-sol", *FILE.slot("fast").models]


@pytest.mark.parametrize(
    ("needs", "slot"), [(Needs(), "fast"), (Needs(images=True), "pro")], ids=["plain", "images"]
)
def test_a_fallback_to_auto_comes_to_the_slot_that_auto_would_pick(needs: Needs, slot: str) -> None:
    models = next(each for each in FILE.slots if each.name == slot).models
    fitting = [name for name in models if not needs.images or not name.startswith("deepseek")]
    asked = "claude-sonnet-5-5"
    for fallback in ("vectal/auto", "any"):
        wide = replace(OWN, fallbacks={asked: (fallback,)})
        plan = plan_of(ALL, ModelChoice(model=asked), needs, preferences=wide)
        assert names_of(plan) == [asked, *fitting]


def test_a_fallback_answers_when_there_is_no_key_for_the_model() -> None:
    plan = plan_of(a_catalog("deepseek"), ModelChoice(model="claude-opus"), preferences=OWN)
    assert names_of(plan) == ["deepseek-v4-pro"]


def test_a_name_of_its_own_that_means_nothing_is_unknown() -> None:
    lost = Preferences(aliases={"house": "nonesuch"})
    plan = plan_of(ALL, ModelChoice(model="house"), preferences=lost)
    assert plan.refusal is not None
    assert plan.refusal.codes == ("unknown_model",)
