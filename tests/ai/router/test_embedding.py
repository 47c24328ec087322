"""Where a request for vectors may go: to providers of the very model that was named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ai.router.questions import FILE, HOUR, TODAY, a_provider, names_of, providers_of

from vectal.ai.catalog.offers import Catalog, ProviderSpec, build_catalog
from vectal.ai.contracts import AUTO, ModelChoice
from vectal.ai.ports import PROVIDER_KINDS, ListedModel
from vectal.ai.router.embedding import route_embedding
from vectal.ai.router.request import Conditions, DataPolicy, Preferences, RoutePlan

SMALL = "text-embedding-3-small"
LISTED = ListedModel("bge-m3", "bge-m3", embedding=None, dimensions=None)


def _ask(
    catalog: Catalog,
    name: str,
    preferences: Preferences | None = None,
    dimensions: int | None = None,
    ailing: str = "",
) -> RoutePlan:
    conditions = Conditions(HOUR, {ailing: "open"} if ailing else {})
    choice = ModelChoice(model=name)
    return route_embedding(catalog, choice, dimensions, preferences or Preferences(), conditions)


def _catalog(*providers: ProviderSpec) -> Catalog:
    return build_catalog(FILE, providers, TODAY)


def _codes(plan: RoutePlan) -> tuple[str, ...]:
    assert plan.refusal is not None
    assert not plan.candidates
    return plan.refusal.codes


def test_only_providers_of_the_model_are_tried_the_healthy_first() -> None:
    one, two = a_provider("openai", 1), a_provider("openai", 2)
    catalog = _catalog(one, two, a_provider("anthropic", 3))
    plan = _ask(catalog, SMALL, ailing=f"{one.id}/{SMALL}")
    assert set(names_of(plan)) == {SMALL}
    assert providers_of(plan) == [two.name, one.name]
    assert plan.candidates[0].reason.codes == ("choice.model",)


def test_the_simulator_never_stands_in() -> None:
    assert _codes(_ask(_catalog(), SMALL)) == ("unknown_model", "no_key")
    assert names_of(_ask(_catalog(), "simulator-embedding")) == ["simulator-embedding"]


def test_fallbacks_are_not_tried_but_aliases_are_read() -> None:
    preferences = Preferences(aliases={"ours": SMALL}, fallbacks={SMALL: ("bge-m3",)})
    servers = replace(a_provider("openai_compatible", 2), models=(LISTED,))
    catalog = _catalog(a_provider("openai", 1), servers)
    assert names_of(_ask(catalog, "ours", preferences)) == [SMALL]


@pytest.mark.parametrize("name", ["gpt-6.1-sol", "simulator", "claude-opus-5-5"])
def test_chat_models_are_of_the_wrong_kind(name: str) -> None:
    assert _codes(_ask(_catalog(a_provider("openai")), name)) == ("wrong_kind",)


def test_neither_slots_nor_auto_embed() -> None:
    plan = route_embedding(_catalog(), AUTO, None, Preferences(), Conditions(HOUR))
    assert _codes(plan) == ("wrong_kind",)
    plan = route_embedding(
        _catalog(), ModelChoice(slot="fast"), None, Preferences(), Conditions(HOUR)
    )
    assert _codes(plan) == ("wrong_kind",)


def test_the_workspaces_borders_hold() -> None:
    catalog = _catalog(a_provider("openai"))
    inside = Preferences(policy=DataPolicy(never_leaves=True))
    assert _codes(_ask(catalog, SMALL, inside)) == ("policy.never_leaves",)
    blocked = Preferences(blocked_models=frozenset((SMALL,)))
    assert _codes(_ask(catalog, SMALL, blocked)) == ("blocked",)


def test_lengths_that_a_model_does_not_have() -> None:
    catalog = _catalog(a_provider("openai"))
    assert names_of(_ask(catalog, SMALL, dimensions=256)) == [SMALL]
    assert _codes(_ask(catalog, SMALL, dimensions=1_537)) == ("dimensions",)
    assert _codes(_ask(catalog, "text-embedding-ada-002", dimensions=256)) == ("dimensions",)
    assert names_of(_ask(catalog, "text-embedding-ada-002", dimensions=1_536))


def test_kinds_without_an_endpoint_offer_none() -> None:
    every = [
        replace(a_provider(kind, n), models=(LISTED,)) for n, kind in enumerate(PROVIDER_KINDS)
    ]
    offers = build_catalog(FILE, every, TODAY).embeddings_of("bge-m3")
    assert {offer.provider.kind for offer in offers} == {"openai", "openai_compatible"}


def test_a_model_is_of_one_kind_alone() -> None:
    models = (
        LISTED,
        ListedModel("plain", "plain", embedding=True, dimensions=8),
        ListedModel("chatty", "chatty"),
    )
    catalog = _catalog(replace(a_provider("openai_compatible"), models=models))
    chats = {offer.model.name for offer in catalog.offers}
    embeds = {offer.model.name for offer in catalog.embeddings}
    assert {"bge-m3", "plain"} <= embeds
    assert "chatty" in chats
    assert not chats & embeds
