"""One model at several providers: priority, weight, and staying where one has been."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ai.router.questions import FILE, TODAY, a_provider, names_of, plan_of, providers_of

from vectal.ai.catalog.offers import Catalog, build_catalog
from vectal.ai.contracts import AUTO, ModelChoice
from vectal.ai.proxy.measures import Measured
from vectal.ai.router.request import Needs

SOL = ModelChoice(model="gpt-6.1-sol")
STICKIES = [f"conversation {number}" for number in range(2_000)]


def _catalog(*weights: int, priorities: tuple[int, ...] = ()) -> Catalog:
    providers = [
        replace(
            a_provider("openai", number, weight=weight),
            priority=priorities[number - 1] if priorities else 100,
        )
        for number, weight in enumerate(weights, 1)
    ]
    return build_catalog(FILE, providers, TODAY)


def _first(catalog: Catalog, sticky: str, choice: ModelChoice = SOL) -> str:
    return providers_of(plan_of(catalog, choice, Needs(sticky=sticky)))[0]


@pytest.mark.parametrize("choice", [SOL, AUTO, ModelChoice(slot="pro")])
def test_calls_are_spread_by_weight(choice: ModelChoice) -> None:
    catalog = _catalog(100, 300)
    firsts = Counter(_first(catalog, sticky, choice) for sticky in STICKIES)
    # 1,500 of 2,000 are due; five standard deviations are 97, and the draw is always the same.
    assert 1_400 < firsts["openai-2"] < 1_600


def test_what_belongs_together_stays_together() -> None:
    catalog = _catalog(100, 100, 100)
    assert len({_first(catalog, "a conversation") for _ in range(5)}) == 1
    assert len({_first(catalog, sticky) for sticky in STICKIES[:50]}) == 3


@given(st.sampled_from(STICKIES), st.lists(st.integers(1, 1000), min_size=2, max_size=5))
def test_a_provider_that_leaves_moves_only_its_own_calls(sticky: str, weights: list[int]) -> None:
    catalog = _catalog(*weights)
    order = providers_of(plan_of(catalog, SOL, Needs(sticky=sticky)))
    for gone in order:
        left = replace(catalog, offers=tuple(o for o in catalog.offers if o.provider.name != gone))
        after = providers_of(plan_of(left, SOL, Needs(sticky=sticky)))
        assert after == [name for name in order if name != gone]


@given(st.sampled_from(STICKIES), st.integers(1, 999))
def test_more_weight_never_loses_a_call(sticky: str, weight: int) -> None:
    before = _first(_catalog(weight, 100, 100), sticky)
    after = _first(_catalog(weight + 1, 100, 100), sticky)
    assert after in {"openai-1", before}


@given(st.sampled_from(["", *STICKIES]))
def test_the_lowest_priority_is_first_whatever_it_weighs(sticky: str) -> None:
    catalog = _catalog(1000, 1, 1000, priorities=(100, 5, 7))
    order = providers_of(plan_of(catalog, SOL, Needs(sticky=sticky)))
    assert order == ["openai-2", "openai-3", "openai-1"]


def test_with_nothing_to_stick_to_the_heaviest_is_first() -> None:
    assert providers_of(plan_of(_catalog(10, 30, 20), SOL)) == ["openai-2", "openai-3", "openai-1"]


def test_all_providers_of_a_model_come_before_the_next_model() -> None:
    plan = plan_of(_catalog(100, 100), AUTO, Needs(sticky="x"))
    assert names_of(plan)[:4] == ["gpt-6-luna", "gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-terra"]


def test_an_open_breaker_hands_the_calls_to_the_others() -> None:
    catalog = _catalog(1000, 1)
    sick = catalog.offers_of("gpt-6.1-sol")[0].key
    plan = plan_of(catalog, SOL, Needs(sticky="x"), health={sick: "open"})
    assert providers_of(plan) == ["openai-2", "openai-1"]


def test_auto_lets_a_provider_wait_that_is_far_slower_than_its_brother() -> None:
    catalog = _catalog(1000, 1)
    slow, quick = (offer.key for offer in catalog.offers_of("gpt-6-luna"))
    measured = {slow: Measured(8_192), quick: Measured(512)}
    for sticky in STICKIES[:20]:
        plan = plan_of(catalog, AUTO, Needs(sticky=sticky), measured=measured)
        assert providers_of(plan)[:2] == ["openai-2", "openai-1"]
