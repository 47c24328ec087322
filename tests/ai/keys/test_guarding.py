"""The guard at the gateway's door: who may ask for what, how often, and what clients are told."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.fixtures.accounts import Person
from tests.platform.hand import Hand

from vectal.ai.catalog.offers import ProviderSpec, build_catalog
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import RouteReason
from vectal.ai.ports import Credentials, ProviderKind
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.port import AnswerEncoder, AnswerHead, ClientCall, WireName, WireProblem
from vectal.ai.router.request import Preferences
from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.ai.service.gateway.guarding import Admission, CallGuard, Rates, allows
from vectal.ai.service.key_rules import Bound, KeyRules, KeyRuleService
from vectal.ai.service.reach import Reach
from vectal.auth.principal import Principal
from vectal.platform.clock import FixedClock, monotonic
from vectal.platform.ids import new_id
from vectal.platform.rate_limit import Claim, Decision, RateLimiter

OFF = Rates(0, 0)
IP = "192.0.2.7"
MODEL = "claude-haiku-5-5"
AT = datetime(2026, 11, 2, 10, 59, tzinfo=UTC)


class Door:
    """A wire that has a name; the guard asks for nothing else."""

    def __init__(self, name: WireName) -> None:
        self.name: WireName = name

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        raise NotImplementedError(body, default_output_tokens)

    def encoder(self, call: ClientCall, head: AnswerHead) -> AnswerEncoder:
        raise NotImplementedError(call, head)

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        raise NotImplementedError(problem, request_id)


VENDORS: tuple[ProviderKind, ...] = ("anthropic", "openai")


def reach_of(models: ModelsFile, **wishes: Any) -> Reach:
    """What a workspace reaches that has a key of each vendor."""
    providers = [ProviderSpec(UUID(int=1), kind, kind, "") for kind in VENDORS]
    return Reach(build_catalog(models, providers, AT.date()), Preferences(**wishes), {})


def bound(**rules: Any) -> Bound:
    return Bound(UUID(int=2), KeyRules(**rules))


@dataclass(frozen=True)
class Gate:
    """A guard, and a key that stands before it."""

    limiter: RateLimiter
    rules: KeyRuleService
    models: ModelsFile
    owner: Principal
    caller: Principal

    def guard(self, rates: Rates = OFF) -> CallGuard:
        return CallGuard(self.limiter, self.rules, rates, FixedClock(AT))

    @property
    def reach(self) -> Reach:
        """A workspace with a key of each vendor, and no wishes."""
        return reach_of(self.models)

    async def rule(self, rules: KeyRules) -> None:
        assert self.caller.api_key_id is not None
        await self.rules.put_rules(self.owner, self.caller.api_key_id, rules)

    def call(
        self, wire: WireName = "chat_completions", caller: Principal | None = None
    ) -> IncomingCall:
        return IncomingCall(caller or self.caller, Door(wire), b"", "request")

    async def admit(
        self, model: str = MODEL, tokens: int = 10, *, rates: Rates = OFF, ip: str = IP
    ) -> Admission:
        return await self.guard(rates).admit(self.call(), model, tokens, ip, self.reach)


@pytest.fixture
def gate(
    limiter: RateLimiter,
    key_rules: KeyRuleService,
    models_file: ModelsFile,
    person: Person,
    caller: Principal,
) -> Gate:
    return Gate(limiter, key_rules, models_file, person.principal, caller)


def _someone() -> str:
    """An address that no other test has used."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def _most(per_minute: int, began: float) -> float:
    """What a limit may have let through since then."""
    return per_minute * (1 + (monotonic() - began) / 60)


async def _refusal(gate: Gate, model: str = MODEL, tokens: int = 10) -> CallRefusedError:
    with pytest.raises(CallRefusedError) as refused:
        await gate.admit(model, tokens)
    return refused.value


# --- models -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "asked", "allowed"),
    [
        ((), "whatever", True),
        ((MODEL,), MODEL, True),
        ((MODEL,), f"anthropic/{MODEL}", True),
        ((MODEL,), f" vectal/{MODEL} ", True),
        ((f"anthropic/{MODEL}",), MODEL, True),
        # An alias is the model that it leads to, on both sides.
        ((MODEL,), "claude-instant-1.2", True),
        (("claude-instant-1.2",), MODEL, True),
        ((MODEL,), "claude-opus-5-5", False),
        ((MODEL,), "vectal/fast", False),
        ((MODEL,), "auto", False),
        (("vectal/fast",), "vectal/fast", True),
        (("vectal/fast",), "vectal/pro", False),
        (("vectal/fast",), MODEL, False),
        (("fast",), "vectal/fast", False),
        (("auto",), "vectal/auto", True),
        (("vectal/auto",), "vectal/fast", False),
        (("my-own-model",), "my-own-model", True),
        (("my-own-model",), "my-own-model-2", False),
        ((MODEL,), "", False),
    ],
)
def test_a_name_is_allowed_by_what_it_means(
    gate: Gate, names: tuple[str, ...], asked: str, *, allowed: bool
) -> None:
    assert allows([bound(models=names)], asked, gate.reach) is allowed
    assert allows([], asked, gate.reach)


ALIASES = {
    "cheap": MODEL,
    "quick": "vectal/fast",
    "old": "claude-instant-1.2",
    "gpt-6.1-sol": MODEL,
}


@pytest.mark.parametrize(
    ("names", "asked", "allowed"),
    [
        # The workspace's own name and what it leads to are one, on both sides.
        (("cheap",), "cheap", True),
        (("cheap",), MODEL, True),
        (("cheap",), "old", True),
        ((MODEL,), "cheap", True),
        ((MODEL,), "old", True),
        (("cheap",), "claude-opus-5-5", False),
        (("cheap",), "quick", False),
        (("quick",), "vectal/fast", True),
        (("vectal/fast",), "quick", True),
        (("quick",), "cheap", False),
        # A model's name that the workspace has taken for another leads where it says.
        (("gpt-6.1-sol",), MODEL, True),
        ((MODEL,), "gpt-6.1-sol", True),
    ],
)
def test_the_workspace_s_names_mean_what_they_lead_to(
    models_file: ModelsFile, names: tuple[str, ...], asked: str, *, allowed: bool
) -> None:
    reach = reach_of(models_file, aliases=ALIASES)
    assert allows([bound(models=names)], asked, reach) is allowed
    # Nobody else's workspace has such names.
    stranger = reach_of(models_file)
    assert not allows([bound(models=("cheap",))], MODEL, stranger)


def _ended(models: ModelsFile, name: str, successor: str | None) -> ModelsFile:
    changed = [
        replace(each, retires_on=AT.date(), successor=successor) if each.name == name else each
        for each in models.models
    ]
    return ModelsFile(models.slots, tuple(changed))


@pytest.mark.parametrize(
    ("names", "asked", "allowed"),
    [
        ((MODEL,), MODEL, True),
        ((MODEL,), "claude-instant-1.2", True),
        ((MODEL,), "claude-opus-5-5", True),
        (("claude-opus-5-5",), MODEL, True),
        ((MODEL,), "claude-sonnet-5-5", False),
        ((MODEL,), "gpt-6.1-sol", False),
    ],
)
async def test_a_retired_model_means_its_successor(
    gate: Gate, names: tuple[str, ...], asked: str, *, allowed: bool
) -> None:
    reach = reach_of(_ended(gate.models, MODEL, "claude-opus-5-5"))
    await gate.rule(KeyRules(models=names))
    admitting = gate.guard().admit(gate.call(), asked, 1, IP, reach)
    if not allowed:
        with pytest.raises(CallRefusedError):
            await admitting
        return
    admission = await admitting
    heir = _target(gate, "anthropic", "claude-opus-5-5")
    other = _target(gate, "openai", "gpt-6.1-sol")
    assert admission.permitted([other, heir]) == [heir]


async def test_without_a_living_successor_a_retired_name_stays_itself(gate: Gate) -> None:
    alone = ModelsFile(
        gate.models.slots,
        tuple(each for each in _ended(gate.models, MODEL, None).models if each.name == MODEL),
    )
    reach = reach_of(alone)
    assert allows([bound(models=(MODEL,))], MODEL, reach)
    assert not allows([bound(models=(MODEL,))], "claude-opus-5-5", reach)


async def test_a_model_that_the_key_may_not_use_is_refused(gate: Gate) -> None:
    await gate.rule(KeyRules(models=(MODEL,), requests_per_minute=1))
    refused = await _refusal(gate, "claude-opus-5-5")
    assert (refused.problem.status, refused.problem.code) == (403, "model_not_allowed")
    assert refused.problem.param == "model"
    # It counted against nothing.
    assert await gate.admit()
    assert (await _refusal(gate)).problem.status == 429


def _target(gate: Gate, kind: ProviderKind, model: str) -> Target:
    provider = ProviderSpec(UUID(int=1), kind, "P", "")
    catalog = build_catalog(gate.models, [provider], AT.date())
    offer = next(each for each in catalog.offers_of(model) if each.provider.kind == kind)
    return Target(offer, Credentials(""), "off", None, RouteReason(("test",), "test"))


async def test_targets_are_cut_to_the_key_s_providers(gate: Gate) -> None:
    claude, gpt = _target(gate, "anthropic", MODEL), _target(gate, "openai", "gpt-6.1-sol")
    assert (await gate.admit("auto")).permitted([claude, gpt]) == [claude, gpt]
    await gate.rule(KeyRules(providers=("openai",)))
    admission = await gate.admit("auto")
    assert admission.permitted([claude, gpt]) == [gpt]
    with pytest.raises(CallRefusedError) as refused:
        admission.permitted([claude])
    assert (refused.value.problem.status, refused.value.problem.code) == (
        403,
        "provider_not_allowed",
    )


async def test_what_a_name_came_to_is_judged_as_well(gate: Gate) -> None:
    claude, gpt = _target(gate, "anthropic", MODEL), _target(gate, "openai", "gpt-6.1-sol")
    stand_in = _target(gate, "simulator", "simulator")
    await gate.rule(KeyRules(models=(MODEL, "vectal/fast")))
    assert (await gate.admit(MODEL)).permitted([gpt, claude, stand_in]) == [claude, stand_in]
    # A slot is allowed with all that may fill it.
    assert (await gate.admit("vectal/fast")).permitted([gpt, claude]) == [gpt, claude]


async def test_the_longest_answer_is_capped(gate: Gate) -> None:
    free = await gate.admit()
    assert (free.capped(None), free.capped(9_000)) == (None, 9_000)
    await gate.rule(KeyRules(max_output_tokens=1_000))
    bound = await gate.admit()
    assert [bound.capped(asked) for asked in (None, 9_000, 10)] == [1_000, 1_000, 10]


# --- rates ---------------------------------------------------------------------------------------


async def test_a_key_makes_as_many_requests_as_it_may(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=3))
    left = [(await gate.admit()).headers("chat_completions") for _ in range(3)]
    assert [each["x-ratelimit-remaining-requests"] for each in left] == ["2", "1", "0"]
    refused = await _refusal(gate)
    assert (refused.problem.status, refused.problem.code) == (429, "rate_limited")
    assert "This API key may make 3 requests a minute" in refused.problem.message
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"


class _Heard(RateLimiter):
    """Remembers by which subjects calls are counted."""

    def __init__(self) -> None:
        super().__init__(None)
        self.doors: list[str] = []

    async def decide(self, claims: Sequence[Claim]) -> Decision:
        self.doors += [each.subject for each in claims if each.limit.name.endswith("_door")]
        return await super().decide(claims)


async def test_each_endpoint_has_a_limit_of_its_own(gate: Gate) -> None:
    heard = _Heard()
    guard = CallGuard(heard, gate.rules, Rates(1_000), FixedClock(AT))
    calls = [gate.call(), gate.call("messages"), replace(gate.call(), door="embeddings")]
    for call in calls:
        await guard.admit(call, MODEL, 1, IP, gate.reach)
    assert heard.doors == ["chat_completions", "messages", "embeddings"]
    await heard.close()


async def test_a_change_of_the_rules_holds_for_the_next_call(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=1))
    await gate.admit()
    await _refusal(gate)
    await gate.rule(KeyRules(requests_per_minute=1_000))
    await gate.admit()
    await gate.rule(KeyRules(models=("vectal/pro",)))
    assert (await _refusal(gate)).problem.status == 403


async def test_tokens_are_reserved_and_settled(gate: Gate) -> None:
    await gate.rule(KeyRules(tokens_per_minute=1_000))
    first = await gate.admit(tokens=900)
    assert first.headers("responses")["x-ratelimit-remaining-tokens"] == "100"
    refused = await _refusal(gate, tokens=900)
    assert "This API key may use 1000 tokens a minute" in refused.problem.message
    first.settle(50)
    first.settle(0)  # the first word counts
    await gate.limiter.flush()
    second = await gate.admit(tokens=900)
    assert 50 <= int(second.headers("responses")["x-ratelimit-remaining-tokens"]) <= 100
    second.settle(2_000)
    await gate.limiter.flush()
    assert (await _refusal(gate, tokens=100)).problem.status == 429


async def test_one_big_request_passes_a_key_that_has_used_nothing(gate: Gate) -> None:
    await gate.rule(KeyRules(tokens_per_minute=1_000))
    big = await gate.admit(tokens=5_000)
    assert big.headers("messages")["anthropic-ratelimit-tokens-remaining"] == "0"
    assert int((await _refusal(gate, tokens=1)).headers["retry-after"]) > 200


async def test_a_person_s_keys_and_sessions_count_together(gate: Gate, person: Person) -> None:
    guard = gate.guard(Rates(requests_per_minute=2, tokens_per_minute=0))
    await guard.admit(gate.call(), MODEL, 1, _someone(), gate.reach)
    await guard.admit(gate.call(caller=person.principal), MODEL, 1, _someone(), gate.reach)
    with pytest.raises(CallRefusedError) as refused:
        await guard.admit(gate.call(), MODEL, 1, _someone(), gate.reach)
    assert "You may make 2 requests a minute" in refused.value.problem.message


async def test_a_workspace_has_ten_persons_worth(gate: Gate) -> None:
    guard = gate.guard(Rates(requests_per_minute=1, tokens_per_minute=100))

    async def ask(tokens: int) -> CallRefusedError | Admission:
        somebody = replace(gate.caller, user_id=new_id(), api_key_id=None)
        try:
            return await guard.admit(
                gate.call(caller=somebody), MODEL, tokens, _someone(), gate.reach
            )
        except CallRefusedError as error:
            return error

    began = monotonic()
    outcomes = await asyncio.gather(*(ask(1) for _ in range(30)))
    refusals = [each for each in outcomes if isinstance(each, CallRefusedError)]
    assert 10 <= 30 - len(refusals) <= _most(10, began)
    assert {each.problem.status for each in refusals} == {429}
    assert "This workspace may make 10 requests" in refusals[0].problem.message


async def test_an_address_has_ten_persons_worth(gate: Gate) -> None:
    guard, ip = gate.guard(Rates(1, 0)), _someone()
    refusals = list[CallRefusedError]()
    for number in range(12):
        stranger = replace(gate.caller, user_id=new_id(), workspace_id=new_id(), api_key_id=None)
        # All of a /64 are one subscriber.
        near = ip[:-1] + f"{number:x}"
        try:
            await guard.admit(gate.call(caller=stranger), MODEL, 1, near, gate.reach)
        except CallRefusedError as error:
            refusals.append(error)
    assert 1 <= len(refusals) <= 2
    assert "Your address may make 10 requests" in refusals[0].problem.message


async def test_no_limit_asks_nobody(gate: Gate) -> None:
    alone = CallGuard(RateLimiter("redis://127.0.0.1:1/0"), gate.rules, OFF)
    admission = await alone.admit(gate.call(), MODEL, 10, IP, gate.reach)
    assert admission.headers("messages") == admission.headers("responses") == {}
    admission.settle(3)


async def test_without_redis_a_process_keeps_to_the_rules_alone(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=5, tokens_per_minute=100))
    limiter = RateLimiter("redis://127.0.0.1:1/0", monotonic=Hand())
    guard = CallGuard(limiter, gate.rules, OFF)
    for _ in range(2):
        (await guard.admit(gate.call(), MODEL, 80, IP, gate.reach)).settle(20)
    await guard.admit(gate.call(), MODEL, 60, IP, gate.reach)
    with pytest.raises(CallRefusedError):
        await guard.admit(gate.call(), MODEL, 1, IP, gate.reach)
    await limiter.close()


async def test_a_hundred_at_once_never_exceed_a_key_s_limits(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=40, tokens_per_minute=1_000))

    async def ask() -> bool:
        try:
            await gate.admit(tokens=30)
        except CallRefusedError:
            return False
        return True

    began = monotonic()
    admitted = sum(await asyncio.gather(*(ask() for _ in range(100))))
    assert 33 <= admitted <= _most(1_000, began) / 30


# --- what clients are told ----------------------------------------------------------------------


async def test_the_narrowest_limit_is_told(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=100))
    told = (await gate.admit(rates=Rates(5, 0), ip=_someone())).headers("chat_completions")
    assert told == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "12s",
    }


async def test_anthropic_s_clients_are_told_in_their_words(gate: Gate) -> None:
    await gate.rule(KeyRules(requests_per_minute=1, tokens_per_minute=600))
    told = (await gate.admit(tokens=10)).headers("messages")
    assert told == {
        "anthropic-ratelimit-requests-limit": "1",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-02T11:00:00Z",
        "anthropic-ratelimit-tokens-limit": "600",
        "anthropic-ratelimit-tokens-remaining": "590",
        "anthropic-ratelimit-tokens-reset": "2026-11-02T10:59:01Z",
    }
