"""What holds of every plan."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.ai.router.questions import (
    FILE,
    HOUR,
    TODAY,
    Question,
    a_provider,
    names_of,
    questions,
)

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.contracts import AUTO
from vectal.ai.proxy.measures import Measured, round_ms
from vectal.ai.router.borders import find_breach
from vectal.ai.router.plan import route
from vectal.ai.router.request import Conditions, Needs, Preferences, RoutePlan, Taste
from vectal.ai.usage.prices import ModelPrice

_RANK = {"healthy": 0, "degraded": 1, "open": 2}
_TASTES = st.sampled_from(["cheap", "balanced", "best"])
_NAMES = st.sampled_from([("twin", "twin"), ("twin-a", "twin-b")])
_PRICES = st.sampled_from([Decimal(0), Decimal("0.004"), Decimal("0.1"), Decimal(1), Decimal(30)])


@given(questions())
def test_the_same_question_has_the_same_answer(question: Question) -> None:
    assert question.plan() == question.plan()


@given(questions())
def test_there_is_always_an_answer_with_its_reason(question: Question) -> None:
    plan = question.plan()
    assert bool(plan.candidates) == (plan.refusal is None)
    for reason in [c.reason for c in plan.candidates] + ([plan.refusal] if plan.refusal else []):
        assert reason.codes
        assert reason.sentence.endswith(".")


@given(questions())
def test_no_candidate_lacks_what_is_needed(question: Question) -> None:
    needs, preferences = question.needs, question.preferences
    for candidate in question.plan().candidates:
        model = candidate.offer.model
        assert model.tools or not needs.tools
        assert model.images or not needs.images
        assert needs.input_tokens + needs.output_tokens <= model.context_tokens
        assert needs.output_tokens <= model.max_output_tokens
        assert model.name not in preferences.blocked_models
        assert not model.is_retired(TODAY)


@given(questions())
def test_no_candidate_breaks_the_policy(question: Question) -> None:
    policy = question.preferences.policy
    for candidate in question.plan().candidates:
        provider = candidate.offer.provider
        assert provider.location == "inside" or not policy.never_leaves
        assert not policy.providers or policy.providers & {provider.kind, str(provider.id)}
        assert not policy.regions or provider.region in {"", *policy.regions}
        assert find_breach(provider, policy) is None


@given(questions())
def test_the_healthy_come_before_the_sick(question: Question) -> None:
    health = question.conditions.health
    ranks = [_RANK[health.get(c.offer.key, "healthy")] for c in question.plan().candidates]
    assert ranks == sorted(ranks)


@given(questions())
def test_no_model_is_tried_twice_and_none_is_made_up(question: Question) -> None:
    keys = [candidate.offer.key for candidate in question.plan().candidates]
    assert len(keys) == len(set(keys))


@given(questions())
def test_a_key_is_never_ignored_for_the_simulator(question: Question) -> None:
    name = question.choice.model
    asked_for_it = name is not None and name.startswith("simulator")
    if question.catalog.has_real_provider and not asked_for_it:
        assert not any(c.offer.simulated for c in question.plan().candidates)


@given(questions())
def test_measurements_change_no_choice_that_somebody_made(question: Question) -> None:
    assume(not question.choice.is_auto and question.choice.model != "quick")
    blind = replace(question.conditions, measured={})
    assert names_of(replace(question, conditions=blind).plan()) == names_of(question.plan())


@given(questions(), st.data())
def test_who_gets_better_never_moves_down(question: Question, data: st.DataObject) -> None:
    question = replace(question, choice=AUTO)
    before = question.plan().candidates
    assume(before)
    place = data.draw(st.integers(0, len(before) - 1))
    key = before[place].offer.key
    better = [_cheaper(o) if o.key == key else o for o in question.catalog.offers]
    old = question.conditions.measured.get(key, Measured(1_024))
    faster = Measured(
        round_ms((old.first_token_ms or 1_024) // 2), None, max(0.0, old.error_share - 0.05)
    )
    after = replace(
        question,
        catalog=replace(question.catalog, offers=tuple(better)),
        conditions=replace(
            question.conditions, measured={**question.conditions.measured, key: faster}
        ),
    ).plan()
    keys = [candidate.offer.key for candidate in after.candidates]
    assert keys.index(key) <= place


@given(_PRICES, _PRICES, _NAMES, _TASTES, st.data())
def test_a_cheaper_twin_comes_first(
    one: Decimal, other: Decimal, names: tuple[str, str], taste: Taste, data: st.DataObject
) -> None:
    catalog = _twins((one, other), names, data)
    plan = _plan(catalog, taste, {})
    prices = [c.offer.model.price.input for c in plan.candidates if c.offer.model.price]
    assert prices == sorted(prices)


@given(
    st.integers(20, 60_000),
    st.integers(20, 60_000),
    _NAMES,
    _TASTES,
    st.data(),
)
def test_a_faster_twin_comes_first(
    one: int, other: int, names: tuple[str, str], taste: Taste, data: st.DataObject
) -> None:
    catalog = _twins((Decimal(1), Decimal(1)), names, data)
    measured = {
        offer.key: Measured(round_ms(ms))
        for offer, ms in zip(catalog.offers, (one, other), strict=True)
    }
    plan = _plan(catalog, taste, measured)
    times = [measured[candidate.offer.key].first_token_ms or 0 for candidate in plan.candidates]
    assert times == sorted(times)


def _cheaper(offer: Offer) -> Offer:
    price = offer.model.price or ModelPrice(Decimal("0.05"), Decimal("0.05"))
    half = ModelPrice(price.input / 2, price.output / 2)
    return replace(offer, model=replace(offer.model, price=half))


def _twins(prices: tuple[Decimal, Decimal], names: tuple[str, str], data: st.DataObject) -> Catalog:
    """A model at two providers, or two models that differ in name alone; in either order."""
    spec = next(model for model in FILE.models if model.name == "gpt-6.1-terra")
    offers = [
        Offer(
            replace(a_provider("openai", number), id=UUID(int=number)),
            replace(spec, name=name, price=ModelPrice(price, price)),
        )
        for number, (name, price) in enumerate(zip(names, prices, strict=True), 1)
    ]
    return Catalog(FILE, tuple(data.draw(st.permutations(offers))), TODAY)


def _plan(catalog: Catalog, taste: Taste, measured: dict[str, Measured]) -> RoutePlan:
    conditions = Conditions(HOUR, measured=measured)
    return route(catalog, AUTO, Needs(), Preferences(taste=taste), conditions)
