"""The breaker, by example and against a model of itself."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.resilience import (
    Breaker,
    BreakerBoard,
    BreakerOpenError,
    BreakerRule,
    Permit,
    succeed,
)
from vectal.platform.resilience.breaker import State

RULE = BreakerRule(failures=3, share=0.5, window_s=10, pause_s=5, longest_pause_s=20)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(utc_now())


@pytest.fixture
def breaker(clock: FixedClock) -> Breaker:
    return Breaker("provider", RULE, clock)


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.admit().fail()


def test_failures_open_it_and_a_success_closes_it(breaker: Breaker, clock: FixedClock) -> None:
    _fail(breaker, 3)
    assert breaker.state is State.OPEN
    with pytest.raises(BreakerOpenError) as caught:
        breaker.admit()
    assert 0 < caught.value.retry_after_s <= 5
    assert caught.value.headers["Retry-After"] == "5"
    clock.advance(5)
    assert breaker.state is State.HALF_OPEN
    breaker.admit().succeed()
    assert breaker.state is State.CLOSED


def test_it_tells_since_when_it_is_well_or_ill(breaker: Breaker, clock: FixedClock) -> None:
    assert breaker.since is None
    _fail(breaker, 3)
    opened = clock.now()
    assert breaker.since == opened
    clock.advance(5)
    breaker.admit().fail()
    assert breaker.state is State.OPEN
    assert breaker.since == opened
    clock.advance(10)
    breaker.admit().succeed()
    assert breaker.since == clock.now()


def test_half_open_asks_one_at_a_time(breaker: Breaker, clock: FixedClock) -> None:
    _fail(breaker, 3)
    clock.advance(5)
    probe = breaker.admit()
    with pytest.raises(BreakerOpenError):
        breaker.admit()
    probe.release()
    breaker.admit().fail()
    assert breaker.state is State.OPEN


def test_each_failed_probe_doubles_the_pause_up_to_a_bound(
    breaker: Breaker, clock: FixedClock
) -> None:
    _fail(breaker, 3)
    pauses: list[float] = []
    for _ in range(4):
        with pytest.raises(BreakerOpenError) as caught:
            breaker.admit()
        pauses.append(caught.value.retry_after_s)
        clock.advance(caught.value.retry_after_s)
        breaker.admit().fail()
    assert pauses == [5, 10, 20, 20]


def test_old_failures_are_forgotten(breaker: Breaker, clock: FixedClock) -> None:
    _fail(breaker, 2)
    clock.advance(11)
    _fail(breaker, 2)
    assert breaker.state is State.CLOSED


def test_failures_among_many_successes_do_not_open_it(breaker: Breaker) -> None:
    for _ in range(10):
        breaker.admit().succeed()
    _fail(breaker, 5)
    assert breaker.state is State.CLOSED
    assert breaker.failure_share == pytest.approx(1 / 3)


def test_a_late_answer_does_not_speak_for_a_new_round(breaker: Breaker, clock: FixedClock) -> None:
    late = breaker.admit()
    _fail(breaker, 3)
    clock.advance(5)
    breaker.admit()
    late.succeed()
    assert breaker.state is State.HALF_OPEN


def test_the_guard_tells_failures_from_other_ends(breaker: Breaker) -> None:
    def run(error: BaseException) -> None:
        with breaker.guard(ConnectionError):
            raise error

    for error in (ValueError(), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            run(error)
    assert breaker.failure_share == 0
    for _ in range(3):
        with pytest.raises(ConnectionError):
            run(ConnectionError())
    assert breaker.state is State.OPEN


def test_a_warned_breaker_lets_one_call_through_at_a_time(breaker: Breaker) -> None:
    breaker.suspect()
    assert breaker.state is State.HALF_OPEN
    probe = breaker.admit()
    with pytest.raises(BreakerOpenError):
        breaker.admit()
    probe.succeed()
    assert breaker.state is State.CLOSED


def test_a_warned_breaker_that_fails_opens_for_one_pause(breaker: Breaker) -> None:
    breaker.suspect()
    breaker.admit().fail()
    with pytest.raises(BreakerOpenError) as caught:
        breaker.admit()
    assert caught.value.retry_after_s == 5


def test_what_was_open_anyway_takes_no_warning(breaker: Breaker) -> None:
    _fail(breaker, 3)
    breaker.suspect()
    assert breaker.state is State.OPEN


def test_an_open_breaker_that_hears_better_tries_at_once(breaker: Breaker) -> None:
    breaker.reconsider()
    assert breaker.state is State.CLOSED
    _fail(breaker, 3)
    breaker.reconsider()
    assert breaker.state is State.HALF_OPEN
    breaker.admit().succeed()
    assert breaker.state is State.CLOSED


def test_only_what_it_found_itself_is_told(clock: FixedClock) -> None:
    board, told = BreakerBoard(RULE, clock), list[tuple[str, State]]()
    board.on_change = lambda key, state: told.append((key, state))
    breaker = board.find("a")
    _fail(breaker, 3)
    clock.advance(5)
    breaker.admit().fail()
    clock.advance(10)
    breaker.admit().succeed()
    assert told == [("a", State.OPEN), ("a", State.CLOSED)]
    board.hear("b", State.OPEN)
    board.find("b").admit().succeed()
    assert told[2:] == []
    board.hear("b", State.OPEN)
    board.find("b").admit().fail()
    assert told[2:] == [("b", State.OPEN)]


def test_a_board_does_not_make_breakers_of_good_news() -> None:
    board = BreakerBoard(RULE)
    board.hear("a", State.CLOSED)
    assert board.list_states() == {}


def test_the_oldest_of_a_full_sample_is_forgotten(clock: FixedClock) -> None:
    breaker = Breaker("provider", BreakerRule(failures=9, sample=4), clock)
    _fail(breaker, 2)
    for _ in range(3):
        breaker.admit().succeed()
    assert breaker.failure_share == pytest.approx(1 / 4)


def test_the_board_holds_a_bounded_number() -> None:
    board = BreakerBoard(RULE, size=2)
    first = board.find("a")
    board.find("b")
    assert board.find("a") is first
    board.find("c")
    assert set(board.list_states()) == {"a", "c"}


class BreakerMachine(RuleBasedStateMachine):
    """Any order of calls, outcomes and waits keeps the promises."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(utc_now())
        self.breaker = Breaker("model", RULE, self.clock)
        self.permits: list[Permit] = []
        self.probes = 0

    @rule()
    def admit(self) -> None:
        state = self.breaker.state
        refused = False
        with suppress(BreakerOpenError):
            refused = True
            self.permits.append(self.breaker.admit())
            refused = False
        assert state is not (State.CLOSED if refused else State.OPEN)

    @precondition(lambda self: bool(self.permits))
    @rule(outcome=st.sampled_from(["succeed", "fail", "release"]), which=st.integers(0, 100))
    def end(self, outcome: str, which: int) -> None:
        before = self.breaker.state
        permit = self.permits.pop(which % len(self.permits))
        getattr(permit, outcome)()
        after = self.breaker.state
        if after is not before:
            assert (before, after, outcome) in {
                (State.CLOSED, State.OPEN, "fail"),
                (State.HALF_OPEN, State.OPEN, "fail"),
                (State.HALF_OPEN, State.CLOSED, "succeed"),
            }
        getattr(permit, outcome)()  # telling twice changes nothing
        assert self.breaker.state is after

    @rule(better=st.booleans())
    def hear(self, better: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        before = self.breaker.state
        if better:
            self.breaker.reconsider()
        else:
            self.breaker.suspect()
        after = self.breaker.state
        # A hint is never trusted: it neither opens nor closes anything.
        if after is not before:
            assert (before, after) == (State.OPEN if better else State.CLOSED, State.HALF_OPEN)

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        was_closed = self.breaker.state is State.CLOSED
        self.clock.advance(seconds)
        assert (self.breaker.state is State.CLOSED) == was_closed

    @invariant()
    def it_always_opens_up_again(self) -> None:
        if self.breaker.state is State.OPEN:
            with pytest.raises(BreakerOpenError) as caught:
                self.breaker.admit()
            # A clock that counts in floats may lose the last digit of a pause.
            assert caught.value.retry_after_s <= RULE.longest_pause_s + 1e-6

    @invariant()
    def the_share_is_a_share(self) -> None:
        assert 0 <= self.breaker.failure_share <= 1

    @invariant()
    def the_running_count_is_the_sum(self) -> None:
        outcomes = self.breaker._outcomes  # pyright: ignore[reportPrivateUsage]  # the inside is meant
        total = sum(not good for _, good in outcomes)
        assert self.breaker._failed == total  # pyright: ignore[reportPrivateUsage]  # see above


TestBreakerMachine = BreakerMachine.TestCase


@given(st.lists(st.sampled_from(["fail", "one", "many", "wait"]), max_size=40))
def test_successes_that_are_told_together_count_as_each_alone(steps: list[str]) -> None:
    clock = FixedClock(utc_now())
    rule = BreakerRule(failures=3, window_s=10, sample=8)
    together, alone = Breaker("t", rule, clock), Breaker("a", rule, clock)

    def permits(breaker: Breaker, count: int) -> list[Permit]:
        return [each for _ in range(count) if (each := breaker.try_admit()) is not None]

    for step in steps:
        if step == "wait":
            clock.advance(4.0)
            continue
        count = 5 if step == "many" else 1
        for breaker in (together, alone):
            given_ = permits(breaker, count)
            if step == "fail":
                for permit in given_:
                    permit.fail()
            elif breaker is together:
                succeed([*given_, *given_])
            else:
                for permit in given_:
                    permit.succeed()
        assert together.state == alone.state
