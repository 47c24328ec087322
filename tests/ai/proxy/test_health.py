"""When a target that failed is tried again while others are well."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vectal.ai.proxy.health import read_health, read_readiness
from vectal.platform.clock import FixedClock
from vectal.platform.resilience import BreakerBoard, BreakerOpenError, BreakerRule

KEY = "provider/model"
RULE = BreakerRule(failures=3, pause_s=5)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
def board(clock: FixedClock) -> BreakerBoard:
    """With a breaker that is open."""
    made = BreakerBoard(RULE, clock)
    for _ in range(RULE.failures):
        made.find(KEY).admit().fail()
    return made


def test_during_its_pause_nobody_asks_it(board: BreakerBoard) -> None:
    assert read_readiness(board) == {KEY: "open"}


def test_after_its_pause_it_is_its_turn(board: BreakerBoard, clock: FixedClock) -> None:
    clock.advance(RULE.pause_s)
    assert read_health(board) == {KEY: "degraded"}
    assert read_readiness(board) == {}


def test_one_call_tries_and_the_others_go_elsewhere(board: BreakerBoard, clock: FixedClock) -> None:
    clock.advance(RULE.pause_s)
    before = board.version
    permit = board.find(KEY).admit()
    assert board.version > before
    assert read_readiness(board) == {KEY: "open"}
    with pytest.raises(BreakerOpenError):
        board.find(KEY).admit()
    permit.succeed()
    assert read_readiness(board) == {}


def test_a_try_that_fails_is_followed_by_a_longer_pause(
    board: BreakerBoard, clock: FixedClock
) -> None:
    clock.advance(RULE.pause_s)
    board.find(KEY).admit().fail()
    clock.advance(RULE.pause_s)
    assert read_readiness(board) == {KEY: "open"}
    clock.advance(RULE.pause_s)
    assert read_readiness(board) == {}


def test_a_try_that_is_given_up_lets_the_next_one_try(
    board: BreakerBoard, clock: FixedClock
) -> None:
    clock.advance(RULE.pause_s)
    permit = board.find(KEY).admit()
    before = board.version
    permit.release()
    assert board.version > before
    assert read_readiness(board) == {}


def test_one_that_fails_often_is_still_put_behind_the_others(clock: FixedClock) -> None:
    board = BreakerBoard(RULE, clock)
    board.find(KEY).admit().fail()
    assert read_readiness(board) == {KEY: "degraded"}
