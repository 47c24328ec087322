"""Tries, breakers and fallback: one answer or one fault, and nothing after the first token."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ai.actors import Line, Says, ScriptedProvider

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.offers import ProviderSpec, build_catalog
from vectal.ai.contracts import RouteReason, TextDelta, TokenUsage, user_message
from vectal.ai.ports import (
    Credentials,
    FaultKind,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderAdapter,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.proxy.attempts import ModelProxy, Patience
from vectal.ai.proxy.health import read_health
from vectal.ai.proxy.measures import Measures
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.trying import Means
from vectal.platform.clock import SystemClock
from vectal.platform.db import Scope
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    BreakerRule,
    RetryBudgets,
    RetryRule,
)

FAST = RetryRule(3, 0.0, 1.0)
PATIENCE = Patience(0.2, 0.2, alone=FAST, with_others=replace(FAST, attempts=2))
REQUEST = ModelRequest("", "Be brief.", (user_message("Hi"),), 100)
FILE = load_models_file()
MODELS: tuple[tuple[ProviderKind, str], ...] = (
    ("openai", "gpt-6.1-sol"),
    ("anthropic", "claude-opus-5-5"),
    ("deepseek", "deepseek-v4-pro"),
)


def _target(kind: ProviderKind, model: str, number: int) -> Target:
    provider = ProviderSpec(UUID(int=number), kind, kind, "https://x.test")
    offer = build_catalog(FILE, [provider], date(2026, 11, 23)).offers_of(model)[0]
    reason = RouteReason(("choice.slot",), "You chose Pro.")
    return Target(offer, Credentials("https://x.test"), "low", "pro", reason)


TARGETS = [_target(kind, model, i) for i, (kind, model) in enumerate(MODELS, 1)]


class Scene:
    """A proxy over three actors."""

    def __init__(
        self, *scripts: Sequence[Line], budgets: RetryBudgets[UUID | None] | None = None
    ) -> None:
        self.actors = [ScriptedProvider(kind) for kind, _ in MODELS]
        for actor, script in zip(self.actors, scripts, strict=False):
            actor.lines = script
        self.breakers = BreakerBoard(BreakerRule(failures=3, pause_s=60))
        adapters: dict[ProviderKind, ProviderAdapter] = {a.kind: a for a in self.actors}
        self.budgets = RetryBudgets[UUID | None]() if budgets is None else budgets
        self.proxy = ModelProxy(adapters, self.breakers, self.budgets, patience=PATIENCE)
        self.means = Means(self.breakers, Measures(), PATIENCE, self.budgets, SystemClock())
        self.record = CallRecord()

    async def ask(
        self,
        targets: Sequence[Target] = TARGETS,
        request: ModelRequest = REQUEST,
        deadline_s: float = 5,
    ) -> list[ModelEvent]:
        self.record = CallRecord()
        stream = self.proxy.stream(targets, request, deadline_s, self.record)
        return [event async for event in stream]

    @property
    def asked(self) -> list[int]:
        return [len(actor.requests) for actor in self.actors]


def _fault(kind: FaultKind, retry_after_s: float | None = None) -> ProviderFault:
    return ProviderFault(kind, f"It was {kind}.", retry_after_s=retry_after_s)


def _text(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_who_may_think_unseen_is_waited_for_longer() -> None:
    """OpenAI's say nothing of their thoughts; a server of one's own may load a model first."""
    means = Scene().means
    openai, anthropic, deepseek = TARGETS
    model = openai.offer.model
    plain = replace(model, traits=replace(model.traits, reasoning="none"))
    quick = replace(openai, offer=replace(openai.offer, model=plain))
    unheard_of = replace(quick.offer, model=replace(plain, known=False))
    own = replace(quick.offer, provider=replace(quick.offer.provider, kind="openai_compatible"))
    for target, is_longer in (
        (openai, True),
        (anthropic, False),
        (deepseek, False),
        (quick, False),
        (replace(quick, offer=unheard_of), True),
        (replace(quick, offer=own), True),
    ):
        limits = means.limits(means.now() + 1_000, target)
        assert limits.first_word_s == (PATIENCE.thinking_s if is_longer else PATIENCE.first_word_s)
        assert limits.idle_s == PATIENCE.idle_s


async def test_the_first_target_answers() -> None:
    scene = Scene()
    assert _text(await scene.ask()) == "Hello from openai"
    assert scene.asked == [1, 0, 0]
    assert (scene.record.status, scene.record.tries) == ("ok", 1)
    assert scene.record.target is TARGETS[0]
    assert scene.record.first_token_ms is not None


async def test_the_request_is_addressed_to_its_target() -> None:
    scene = Scene([_fault("quota")])
    await scene.ask(request=replace(REQUEST, max_output_tokens=100_000, effort=None))
    first, second = scene.actors[0].requests[0], scene.actors[1].requests[0]
    assert (first.model, second.model) == ("gpt-6.1-sol", "claude-opus-5-5")
    assert (second.effort, second.traits.reasoning) == ("low", "always")
    assert second.max_output_tokens == 100_000


async def test_a_client_that_says_how_hard_to_think_is_heard() -> None:
    scene = Scene()
    await scene.ask(request=replace(REQUEST, effort="high"))
    assert scene.actors[0].requests[0].effort == "high"


async def test_a_passing_fault_is_tried_again() -> None:
    scene = Scene([_fault("server_error"), Says("Well again")])
    assert _text(await scene.ask()) == "Well again"
    assert scene.asked == [2, 0, 0]
    assert [a.outcome for a in scene.record.attempts] == ["failed", "answered"]


@pytest.mark.parametrize("kind", ["authentication", "quota", "model_not_found", "invalid_request"])
async def test_a_lasting_fault_goes_straight_to_the_next(kind: FaultKind) -> None:
    scene = Scene([_fault(kind)])
    assert _text(await scene.ask()) == "Hello from anthropic"
    assert scene.asked == [1, 1, 0]


async def test_who_stands_in_says_why() -> None:
    scene = Scene([_fault("overloaded")])
    await scene.ask()
    assert scene.record.reason is not None
    assert scene.record.reason.codes == ("choice.slot", "fallback.overloaded")
    assert "stands in" in scene.record.reason.sentence


async def test_the_last_fault_is_told_when_nobody_answers() -> None:
    scene = Scene([_fault("quota")], [_fault("overloaded")], [_fault("timeout")])
    with pytest.raises(ProviderFault) as caught:
        await scene.ask()
    assert caught.value.kind == "timeout"
    assert scene.asked == [1, 2, 3]
    assert (scene.record.status, scene.record.fault) == ("failed", "timeout")


@pytest.mark.parametrize("kind", ["invalid_request", "context_too_large"])
@pytest.mark.parametrize("later", ["server_error", "rate_limited", "authentication"])
async def test_what_is_wrong_with_the_request_outlives_other_faults(
    kind: FaultKind, later: FaultKind
) -> None:
    scene = Scene([_fault("overloaded")], [_fault(kind)], [_fault(later)])
    with pytest.raises(ProviderFault) as caught:
        await scene.ask()
    assert caught.value.kind == kind
    assert (scene.record.status, scene.record.fault) == ("failed", kind)


async def test_of_two_who_find_the_request_wrong_the_first_choice_is_told() -> None:
    scene = Scene([_fault("invalid_request")], [_fault("context_too_large")])
    with pytest.raises(ProviderFault) as caught:
        await scene.ask(TARGETS[:2])
    assert caught.value.kind == "invalid_request"


async def test_nothing_is_tried_again_after_the_first_token() -> None:
    scene = Scene([Says("Half", then=_fault("cut")), Says("never")])
    with pytest.raises(ProviderFault):
        await scene.ask()
    assert scene.asked == [1, 0, 0]


async def test_a_wish_to_wait_too_long_is_no_retry() -> None:
    scene = Scene([_fault("rate_limited", 30.0), Says("never")])
    assert _text(await scene.ask()) == "Hello from anthropic"
    assert scene.asked == [1, 1, 0]


async def test_a_short_wish_to_wait_is_followed() -> None:
    scene = Scene([_fault("rate_limited", 0.05), Says("Now")])
    assert _text(await scene.ask(TARGETS[:1])) == "Now"


async def test_without_budget_there_is_no_retry() -> None:
    scene = Scene([_fault("server_error"), Says("never")], budgets=RetryBudgets(reserve=0.0))
    assert _text(await scene.ask()) == "Hello from anthropic"


async def test_retries_are_at_most_a_tenth_of_many_calls() -> None:
    scene = Scene([_fault("server_error")], [_fault("server_error")], [_fault("server_error")])
    scene.proxy = ModelProxy(
        {a.kind: a for a in scene.actors},
        BreakerBoard(BreakerRule(failures=10_000)),
        RetryBudgets(ratio=0.1, reserve=5),
        patience=PATIENCE,
    )
    for _ in range(100):
        with pytest.raises(ProviderFault):
            await scene.ask(TARGETS[:1])
    assert scene.asked[0] <= 100 + 5 + 10


def _of_workspace(target: Target, workspace: int) -> Target:
    scope = Scope(UUID(int=workspace), UUID(int=9))
    return replace(target, credentials=replace(target.credentials, scope=scope))


async def test_a_noisy_workspace_takes_no_retry_of_another() -> None:
    scene = Scene([_fault("server_error")])
    scene.proxy = ModelProxy(
        {a.kind: a for a in scene.actors},
        BreakerBoard(BreakerRule(failures=10_000)),
        RetryBudgets(ratio=0.1, reserve=2),
        patience=PATIENCE,
    )
    noisy, quiet = _of_workspace(TARGETS[0], 1), _of_workspace(TARGETS[0], 2)
    for _ in range(100):
        with pytest.raises(ProviderFault):
            await scene.ask([noisy])
    assert scene.asked[0] <= 100 + 2 + 10
    assert scene.record.tries == 1  # it has none left
    scene.actors[0].lines = [_fault("server_error"), Says("Well again")]
    scene.actors[0].requests.clear()
    assert _text(await scene.ask([quiet])) == "Well again"
    assert scene.record.tries == 2


async def test_calls_that_answered_at_once_count_for_their_workspace() -> None:
    budgets: RetryBudgets[UUID | None] = RetryBudgets(ratio=0.5, reserve=1)
    scene = Scene(budgets=budgets)
    mine, other = budgets.find(UUID(int=1)), budgets.find(UUID(int=2))
    assert mine.take_retry()
    assert other.take_retry()
    means, target = scene.proxy.means, _of_workspace(TARGETS[0], 1)
    permits = [means.admit_now(target) for _ in range(2)]
    means.note_answered(target, [each for each in permits if each], [(1, 2), (1, 3)])
    permit = means.admit_now(target)
    assert permit is not None
    # It is begun anew, and counts then.
    means.begun(target, permit, CallRecord(), began=0.0).leave()
    assert (mine.tokens, other.tokens) == (1.0, 0.0)


async def test_a_target_that_keeps_failing_is_left_alone() -> None:
    scene = Scene([_fault("overloaded")])
    for _ in range(4):
        await scene.ask()
    assert scene.asked[0] == 3
    assert scene.record.attempts[0].outcome == "left_alone"
    assert read_health(scene.breakers) == {TARGETS[0].offer.key: "open"}
    with pytest.raises(ProviderFault) as caught:
        await scene.ask(TARGETS[:1])
    assert caught.value.kind == "unavailable"


async def test_who_is_left_alone_hides_nothing_that_another_said() -> None:
    scene = Scene([_fault("invalid_request")], [_fault("overloaded")])
    for _ in range(3):
        with pytest.raises(ProviderFault):
            await scene.ask(TARGETS[1:2])
    with pytest.raises(ProviderFault) as caught:
        await scene.ask(TARGETS[:2])
    assert [each.outcome for each in scene.record.attempts] == ["failed", "left_alone"]
    assert caught.value.kind == "invalid_request"


def _fault_target(workspace: int) -> Target:
    """What a workspace gets that asks the built-in Simulator for a fault."""
    offer = build_catalog(FILE, [], date(2026, 11, 23)).offers_of("simulator-fault-529")[0]
    scope = Scope(UUID(int=workspace), UUID(int=9))
    return replace(TARGETS[0], offer=offer, credentials=Credentials("", scope=scope))


def test_faults_that_one_workspace_plays_are_not_the_others() -> None:
    scene = Scene()
    first, second = _fault_target(1), _fault_target(2)
    for _ in range(100):
        permit = scene.means.admit(first)
        assert permit is not None
        permit.fail()
        if _is_left_alone(scene, first):
            break
    assert _is_left_alone(scene, first)
    assert not _is_left_alone(scene, second)
    assert read_health(scene.breakers) == {}


def _is_left_alone(scene: Scene, target: Target) -> bool:
    try:
        permit = scene.means.admit(target)
    except BreakerOpenError:
        return True
    assert permit is not None
    permit.release()
    return False


def test_two_workspaces_with_the_same_provider_and_model_have_two_breakers() -> None:
    scene = Scene()
    first, second = (_target("openai", "gpt-6.1-sol", number) for number in (11, 12))
    for _ in range(3):
        permit = scene.means.admit(first)
        assert permit is not None
        permit.fail()
    assert _is_left_alone(scene, first)
    assert not _is_left_alone(scene, second)


async def test_faults_of_our_own_do_not_speak_against_the_provider() -> None:
    scene = Scene([_fault("authentication")])
    for _ in range(6):
        await scene.ask()
    assert scene.asked[0] == 6
    assert read_health(scene.breakers) == {}


async def test_failing_often_degrades() -> None:
    scene = Scene([_fault("overloaded"), _fault("overloaded"), Says("a"), Says("b"), Says("c")])
    for _ in range(3):
        await scene.ask()
    assert read_health(scene.breakers) == {TARGETS[0].offer.key: "degraded"}


async def test_what_is_too_long_for_a_target_is_not_sent_to_it() -> None:
    scene = Scene()
    small = replace(TARGETS[0].offer, model=replace(TARGETS[0].offer.model, context_tokens=50))
    events = await scene.ask([replace(TARGETS[0], offer=small), *TARGETS[1:]])
    assert _text(events) == "Hello from anthropic"
    assert scene.asked == [0, 1, 0]
    assert [a.outcome for a in scene.record.attempts] == ["too_small", "answered"]


async def test_what_is_too_long_for_all_of_them_says_so() -> None:
    small = replace(TARGETS[0].offer, model=replace(TARGETS[0].offer.model, context_tokens=50))
    with pytest.raises(ProviderFault) as caught:
        await Scene().ask([replace(TARGETS[0], offer=small)])
    assert caught.value.kind == "context_too_large"


async def test_without_a_target_it_is_unavailable() -> None:
    with pytest.raises(ProviderFault) as caught:
        await Scene().ask([])
    assert caught.value.kind == "unavailable"


async def test_missing_usage_is_estimated_and_marked() -> None:
    scene = Scene([Says("one two three", usage=None)])
    await scene.ask()
    assert scene.record.estimated
    assert scene.record.usage.input_tokens > 0
    assert scene.record.usage.output_tokens > 2


async def test_reported_usage_stands() -> None:
    scene = Scene([Says("x", usage=TokenUsage(7, 3))])
    await scene.ask()
    assert (scene.record.usage, scene.record.estimated) == (TokenUsage(7, 3), False)


async def test_leaving_early_is_recorded_as_such() -> None:
    scene = Scene([Says("one two three", then="hang")])
    stream = scene.proxy.stream(TARGETS, REQUEST, 5, scene.record)
    await anext(stream)
    await stream.aclose()
    assert scene.record.status == "cancelled"
    assert scene.record.estimated
    assert scene.actors[0].open_calls == 0
    assert read_health(scene.breakers) == {}


async def test_who_leaves_before_the_first_word_pays_for_what_was_read() -> None:
    scene = Scene([Says("", then="hang")])
    asking = asyncio.create_task(scene.ask())
    await scene.actors[0].began.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert scene.record.estimated
    assert scene.record.usage.input_tokens > 0
    assert scene.record.usage.output_tokens == 0


# --- a property -------------------------------------------------------------------------------

_KINDS: tuple[FaultKind, ...] = ("overloaded", "server_error", "quota", "cut", "timeout")
_LINES = st.one_of(
    st.sampled_from(_KINDS).map(_fault),
    st.builds(Says, st.sampled_from(["Hello", "Two words"])),
    st.builds(Says, st.just("Half"), then=st.sampled_from(_KINDS).map(_fault)),
)
_SCRIPTS = st.lists(st.lists(_LINES, min_size=1, max_size=3), min_size=3, max_size=3)


@given(_SCRIPTS, st.integers(1, 3))
async def test_one_voice_speaks_and_it_is_never_interrupted(
    scripts: list[list[Line]], number: int
) -> None:
    scene = Scene(*scripts)
    heard: list[ModelEvent] = []
    failed = False
    try:
        stream = scene.proxy.stream(TARGETS[:number], REQUEST, 5, scene.record)
        async for event in stream:
            heard.append(event)  # noqa: PERF401  (what came before a fault counts)
    except ProviderFault:
        failed = True
    spoken = [a for a in scene.record.attempts if a.outcome == "answered"]
    assert _text(heard) in {"", "Half", "Hello", "Two words"}
    assert failed == (not spoken)
    assert failed == (not heard or not isinstance(heard[-1], ModelFinished))
    # Whoever was asked last is who spoke, and nobody was asked more than thrice.
    assert max(scene.asked) <= 3
    # Those that broke off have lines of their own.
    records = [scene.record, *scene.record.rivals]
    assert sum(record.tries for record in records) == sum(scene.asked)
    assert (scene.record.first_token_ms is None) == (not heard)
