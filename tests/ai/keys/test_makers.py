"""A key that was made with a key is bound by all its makers' rules, and loosens nobody's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.ai.keys.test_guarding import AT, IP, MODEL, OFF, Door, reach_of
from tests.ai.routes.conftest import MakeApi, make_api
from tests.fixtures.accounts import MakeKey, Person

from vectal.ai.catalog.offers import ProviderSpec, build_catalog
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import RouteReason
from vectal.ai.ports import Credentials, ProviderKind
from vectal.ai.proxy.record import Target
from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.ai.service.gateway.guarding import Admission, CallGuard
from vectal.ai.service.key_rules import KeyRules, KeyRuleService
from vectal.auth.contracts import IssuedKey
from vectal.auth.credentials import Credential
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.platform.clock import FixedClock
from vectal.platform.rate_limit import RateLimiter

__all__ = ["make_api"]

Admit = Callable[..., Awaitable[Admission]]
_UNSAID = KeyRules()
LIMITS = [each.name for each in fields(KeyRules) if each.name != "note"]
"""Every rule there is; the cases below are looked up by its name."""
NARROW: Mapping[str, Any] = {
    "models": (MODEL,),
    "providers": ("anthropic",),
    "requests_per_minute": 3,
    "tokens_per_minute": 300,
    "max_output_tokens": 100,
}
WIDE: Mapping[str, Any] = {
    "models": (MODEL, "gpt-6.1-sol"),
    "providers": ("anthropic", "openai"),
    "requests_per_minute": 4,
    "tokens_per_minute": 301,
    "max_output_tokens": 101,
}


@pytest.fixture
async def maker(auth: AuthService, person: Person, make_key: MakeKey) -> Principal:
    return await auth.authenticate(Credential((await make_key(person)).text))


async def _make(auth: AuthService, principal: Principal) -> Principal:
    issued = await auth.keys.create(principal, "made", [Scope.ALL])
    return await auth.authenticate(Credential(issued.text))


def _id(principal: Principal) -> UUID:
    assert principal.api_key_id is not None
    return principal.api_key_id


@pytest.fixture
def admit(limiter: RateLimiter, key_rules: KeyRuleService, models_file: ModelsFile) -> Admit:
    guard = CallGuard(limiter, key_rules, OFF, FixedClock(AT))

    async def admit(who: Principal, model: str = "auto", tokens: int = 10) -> Admission:
        call = IncomingCall(who, Door("chat_completions"), b"", "request")
        return await guard.admit(call, model, tokens, IP, reach_of(models_file))

    return admit


def _target(models: ModelsFile, kind: ProviderKind, model: str) -> Target:
    catalog = build_catalog(models, [ProviderSpec(UUID(int=1), kind, "P", "")], AT.date())
    (offer,) = catalog.offers_of(model)
    return Target(offer, Credentials(""), "off", None, RouteReason(("test",), "test"))


async def _obeys_models(
    admit: Admit, models: ModelsFile, maker: Principal, made: Principal
) -> None:
    assert await admit(made, MODEL)
    for name in ("gpt-6.1-sol", "auto", "vectal/fast"):
        with pytest.raises(CallRefusedError):
            await admit(made, name)
    del models, maker


async def _obeys_providers(
    admit: Admit, models: ModelsFile, maker: Principal, made: Principal
) -> None:
    claude, gpt = _target(models, "anthropic", MODEL), _target(models, "openai", "gpt-6.1-sol")
    assert (await admit(made)).permitted([gpt, claude]) == [claude]
    del maker


async def _obeys_requests(
    admit: Admit, models: ModelsFile, maker: Principal, made: Principal
) -> None:
    # Three in all, whoever of the line makes them.
    await admit(made)
    await admit(maker)
    await admit(made)
    for each in (made, maker):
        with pytest.raises(CallRefusedError) as refused:
            await admit(each)
        assert refused.value.problem.status == 429
    del models


async def _obeys_tokens(
    admit: Admit, models: ModelsFile, maker: Principal, made: Principal
) -> None:
    await admit(made, tokens=200)
    for each in (made, maker):
        with pytest.raises(CallRefusedError) as refused:
            await admit(each, tokens=200)
        assert refused.value.problem.status == 429
    del models


async def _obeys_lengths(
    admit: Admit, models: ModelsFile, maker: Principal, made: Principal
) -> None:
    admission = await admit(made)
    assert [admission.capped(asked) for asked in (None, 101, 99)] == [100, 100, 99]
    del models, maker


OBEYS: Mapping[str, Callable[..., Awaitable[None]]] = {
    "models": _obeys_models,
    "providers": _obeys_providers,
    "requests_per_minute": _obeys_requests,
    "tokens_per_minute": _obeys_tokens,
    "max_output_tokens": _obeys_lengths,
}


def test_every_rule_has_its_cases() -> None:
    assert set(LIMITS) == set(NARROW) == set(WIDE) == set(OBEYS)


@pytest.mark.parametrize("own", ["none", "wider"])
@pytest.mark.parametrize("limit", LIMITS)
async def test_what_binds_a_key_binds_those_it_makes(
    auth: AuthService,
    key_rules: KeyRuleService,
    models_file: ModelsFile,
    admit: Admit,
    person: Person,
    maker: Principal,
    limit: str,
    own: str,
) -> None:
    # A key between them, and rules that come after it was made.
    made = await _make(auth, await _make(auth, maker))
    if own == "wider":
        wider = replace(_UNSAID, **{limit: WIDE[limit]})
        await key_rules.put_rules(person.principal, _id(made), wider)
    narrow = replace(_UNSAID, **{limit: NARROW[limit]})
    await key_rules.put_rules(person.principal, _id(maker), narrow)
    await OBEYS[limit](admit, models_file, maker, made)


async def test_a_key_may_be_narrower_than_its_maker(
    auth: AuthService, key_rules: KeyRuleService, admit: Admit, person: Person, maker: Principal
) -> None:
    made = await _make(auth, maker)
    await key_rules.put_rules(person.principal, _id(maker), KeyRules(max_output_tokens=100))
    await key_rules.put_rules(person.principal, _id(made), KeyRules(max_output_tokens=50))
    assert (await admit(made)).capped(None) == 50
    assert (await admit(maker)).capped(None) == 100


@pytest.mark.parametrize("through", ["own", "inherited"])
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_key_with_rules_loosens_nobody_s(
    auth: AuthService,
    key_rules: KeyRuleService,
    person: Person,
    make_key: MakeKey,
    maker: Principal,
    limit: str,
    through: str,
) -> None:
    owner = person.principal
    bound = maker if through == "own" else await _make(auth, maker)
    await key_rules.put_rules(owner, _id(maker), KeyRules(requests_per_minute=1_000))
    other = (await make_key(person)).key.id
    held = replace(_UNSAID, **{limit: NARROW[limit]})
    await key_rules.put_rules(owner, other, held)
    for wider in (replace(_UNSAID, **{limit: WIDE[limit]}), _UNSAID):
        with pytest.raises(ForbiddenError):
            await key_rules.put_rules(bound, other, wider)
    with pytest.raises(ForbiddenError):
        await key_rules.delete_rules(bound, other)
    assert (await key_rules.get_rules(owner, other)).rules == held
    # As it is, and narrower, it may be.
    await key_rules.put_rules(bound, other, replace(held, note="the same"))
    # Somebody else's key without rules may get some.
    free = (await make_key(person)).key.id
    assert (await key_rules.put_rules(bound, free, held)).rules == held


async def test_a_key_without_rules_sets_them_as_its_scope_says(
    key_rules: KeyRuleService, person: Person, make_key: MakeKey, maker: Principal
) -> None:
    other = (await make_key(person)).key.id
    await key_rules.put_rules(maker, other, KeyRules(requests_per_minute=3))
    await key_rules.put_rules(maker, other, KeyRules(requests_per_minute=9))
    await key_rules.delete_rules(maker, other)


async def test_neither_its_own_nor_its_makers_rules_are_a_key_s_to_change(
    auth: AuthService, key_rules: KeyRuleService, person: Person, maker: Principal
) -> None:
    made = await _make(auth, await _make(auth, maker))
    for target in (_id(made), *made.maker_key_ids):
        await key_rules.put_rules(person.principal, target, KeyRules(note="kept"))
        with pytest.raises(ForbiddenError):
            await key_rules.put_rules(made, target, KeyRules())
        with pytest.raises(ForbiddenError):
            await key_rules.delete_rules(made, target)


async def test_a_key_with_rules_renames_no_model(
    make_api: MakeApi,
    auth: AuthService,
    key_rules: KeyRuleService,
    person: Person,
    make_key: MakeKey,
) -> None:
    issued: IssuedKey = await make_key(person)
    made = await auth.keys.create(
        await auth.authenticate(Credential(issued.text)), "made", [Scope.ALL]
    )

    async def rename(text: str) -> httpx2.Response:
        api = make_api({"Authorization": f"Bearer {text}"})
        return await api.put("ai/preferences", json={"aliases": {"cheap": "claude-opus-5-5"}})

    assert (await rename((await make_key(person)).text)).status_code == 200
    await key_rules.put_rules(person.principal, issued.key.id, KeyRules(models=("cheap",)))
    for text in (issued.text, made.text):
        refused = await rename(text)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")
