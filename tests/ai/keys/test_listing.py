"""`/v1/models` tells a key the names that it may ask for, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.ai.keys.test_guarding import AT, MODEL, bound, reach_of

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import ModelChoice
from vectal.ai.router.plan import route
from vectal.ai.router.request import Conditions, DataPolicy, Needs
from vectal.ai.service.gateway.guarding import allows, reaches
from vectal.ai.service.gateway.listing import Listed, find_name, list_names
from vectal.ai.service.gateway.meaning import meant
from vectal.ai.service.gateway.names import NAMES, read_choice
from vectal.ai.service.key_rules import Bound
from vectal.ai.service.reach import Reach
from vectal.gateway.v1 import models as shapes

ALIASES = {"cheap": MODEL, "quick": "vectal/fast", "nowhere": "no-such-model"}


def _ids(listed: list[Listed]) -> set[str]:
    return {one.id for one in listed}


@pytest.fixture
def reach(models_file: ModelsFile) -> Reach:
    return reach_of(models_file, aliases=ALIASES)


def test_without_rules_all_is_listed_once(reach: Reach) -> None:
    listed = list_names(reach, [])
    catalog = reach.catalog
    models = {offer.model.name for offer in (*catalog.offers, *catalog.embeddings)}
    assert _ids(listed) == {*NAMES, *models, "cheap", "quick"}
    assert len(listed) == len(_ids(listed))
    by_id = {one.id: one for one in listed}
    assert [by_id[name].owner for name in ("vectal/auto", "cheap", MODEL)] == [
        "vectal",
        "workspace",
        "anthropic",
    ]
    assert by_id["cheap"].context_tokens == by_id[MODEL].context_tokens
    assert by_id["quick"].context_tokens is None


RULES: list[dict[str, Any]] = [
    {"models": (MODEL,)},
    {"models": ("cheap",)},
    {"models": ("quick", "gpt-6.1-sol")},
    {"models": ("vectal/auto",)},
    {"providers": ("openai",)},
    {"providers": ("anthropic",), "models": (MODEL, "gpt-6.1-sol")},
    {"providers": ("deepseek",)},
    {"models": ("no-such-model",)},
]


@pytest.mark.parametrize("rules", RULES)
def test_what_is_listed_is_what_may_be_asked(reach: Reach, rules: dict[str, Any]) -> None:
    bounds = [bound(**rules)]
    listed = _ids(list_names(reach, bounds))
    for one in list_names(reach, []):
        may = allows(bounds, one.id, reach) and _leads_somewhere(reach, bounds, one.id)
        assert (one.id in listed) is may, one.id


def test_what_the_data_policy_forbids_is_not_listed(reach: Reach) -> None:
    policy = DataPolicy(providers=frozenset({"openai"}))
    inside = replace(reach, preferences=replace(reach.preferences, policy=policy))
    listed = list_names(inside, [])
    assert {one.owner for one in listed} == {"vectal", "openai", "workspace"}
    assert "cheap" not in _ids(listed)  # its model is Anthropic's
    nowhere = DataPolicy(providers=frozenset({"none"}))
    lost = replace(reach, preferences=replace(reach.preferences, policy=nowhere))
    assert "vectal/auto" not in _ids(list_names(lost, []))


def _leads_somewhere(reach: Reach, bounds: list[Bound], name: str) -> bool:
    """Whether there is a model behind the name whose provider the rules allow."""
    if any(each.model.name == name and reaches(bounds, each) for each in reach.catalog.embeddings):
        return True
    choice: ModelChoice = read_choice(name)
    plan = route(reach.catalog, choice, Needs(), reach.preferences, Conditions(AT))
    return any(reaches(bounds, candidate.offer) for candidate in plan.candidates)


def test_the_rules_of_a_maker_cut_the_list_too(reach: Reach) -> None:
    bounds = [bound(models=(MODEL, "gpt-6.1-sol")), bound(models=(MODEL, "vectal/fast"))]
    assert _ids(list_names(reach, bounds)) == {MODEL, "cheap"}


def test_the_end_of_a_model_is_told_where_it_is_known(models_file: ModelsFile) -> None:
    end = AT.date() + timedelta(days=30)
    ending = [
        replace(each, retires_on=end) if each.name == MODEL else each for each in models_file.models
    ]
    reach = reach_of(ModelsFile(models_file.slots, tuple(ending)), aliases=ALIASES)
    listed = {one.id: one for one in list_names(reach, [])}
    assert [listed[name].retires_on for name in (MODEL, "cheap", "vectal/fast")] == [end, end, None]
    for shape in (shapes.openai_model, shapes.anthropic_model):
        shown = shape(listed[MODEL])
        assert shown["lifecycle"] == "deprecated"
        assert shown["retires_at"] == f"{end}T00:00:00Z"
        living = shape(listed["vectal/fast"])
        assert (living["lifecycle"], living["retires_at"]) == ("active", None)


def test_a_retired_model_is_on_no_list(models_file: ModelsFile) -> None:
    gone = [
        replace(each, retires_on=date(2020, 1, 1)) if each.name == MODEL else each
        for each in models_file.models
    ]
    reach = reach_of(ModelsFile(models_file.slots, tuple(gone)))
    assert MODEL not in _ids(list_names(reach, []))
    heir = find_name(reach, [], MODEL)
    assert heir is not None
    assert heir.id == meant(MODEL, reach).model != MODEL


@pytest.mark.parametrize("name", ["claude-3-opus-latest", "anthropic/claude-opus-5-5", "opus"])
def test_an_alias_is_found_by_the_model_that_answers(models_file: ModelsFile, name: str) -> None:
    """Though it is on no list, as calls for it are answered."""
    reach = reach_of(models_file, aliases={"opus": "claude-3-opus"})
    found = find_name(reach, [], name)
    assert found is not None
    assert found.id == ("opus" if name == "opus" else "claude-opus-5-5")
    assert found.context_tokens == 1_000_000
    assert find_name(reach, [bound(models=("gpt-6.1-sol",))], name) is None
    assert find_name(reach, [bound(providers=("openai",))], name) is None
    assert find_name(reach, [bound(models=("claude-opus",))], name) == found


@pytest.mark.parametrize("name", ["no-such-model", "vectal/no-such-slot", "nowhere"])
def test_what_nobody_answers_to_is_not_found(reach: Reach, name: str) -> None:
    assert find_name(reach, [], name) is None
