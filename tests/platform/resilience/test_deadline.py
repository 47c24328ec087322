"""A deadline only ever comes earlier, and travels with the task."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.resilience import Deadline, DeadlineExceededError, current_deadline, within


async def test_a_slow_block_is_cut_off() -> None:
    with pytest.raises(DeadlineExceededError):
        async with within(0.01):
            await asyncio.Event().wait()
    assert current_deadline() is None


async def test_an_inner_limit_can_only_come_earlier() -> None:
    async with within(100) as outer:
        async with within(1_000) as inner:
            assert inner.at == outer.at
        async with within(1) as inner:
            assert inner.at < outer.at
        assert current_deadline() is outer


async def test_it_travels_into_tasks() -> None:
    async def look() -> Deadline | None:
        return current_deadline()

    async with within(100) as deadline:
        assert await asyncio.create_task(look()) is deadline


async def test_a_deadline_that_has_passed_starts_nothing() -> None:
    started = False
    with pytest.raises(DeadlineExceededError):
        async with within(0):
            started = True
    assert not started


async def test_the_blocks_own_timeout_stays_what_it_is() -> None:
    with pytest.raises(TimeoutError):
        async with within(100):
            raise TimeoutError


async def test_a_cancelled_block_is_cancelled() -> None:
    async def wait() -> None:
        async with within(100):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@given(st.floats(0, 100), st.floats(0, 200), st.floats(0, 200))
def test_the_remaining_time(seconds: float, passed: float, wish: float) -> None:
    clock = FixedClock(utc_now())
    deadline = Deadline.after(seconds, clock)
    clock.advance(passed)
    assert 0 <= deadline.bound(wish) <= wish
    assert deadline.bound(wish) <= max(0.0, seconds - passed) + 1e-9
    assert deadline.has_passed == (deadline.remaining() == 0)
