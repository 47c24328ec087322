"""Small parts of big limits that a process has taken ahead, so that most calls ask nobody.

What is leased is taken out of the shared bucket before it is used, so a limit is never passed. A
lease is a hundredth of its limit at most and ends within a second; what is left goes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

LEASE_S: Final = 1.0
SHARE: Final = 100
"""Of a limit: one part of so many is leased."""
_LEAST_CALLS: Final = 4
"""A lease that does not do for so many calls is not worth its bookkeeping."""
_US: Final = 1e6
_LEASE_US: Final = LEASE_S * _US
_ASK_AGAIN_US: Final = 0.02 * _US
"""Between two askings, at least. Whoever finds nothing left asks by himself, and waits for it."""
_RENEW_US: Final = 0.4 * _US
"""So long before its end, or with less than half of it left, a lease is renewed."""
_SLACK_US: Final = 0.5
"""Sums of floats miss by less."""
_ROOMY: Final = 0.5
"""Nothing is leased of a bucket that is emptier."""


class Place(Protocol):
    """Where a limit counts for a subject. All numbers are microseconds of filling."""

    @property
    def packed_key(self) -> bytes: ...
    @property
    def room_us(self) -> float: ...
    @property
    def lease_us(self) -> float:
        """The most that may be leased; 0 for a limit that is too small for it."""
        ...


class _Lease:
    """`used_us` is what the bucket said at `at_us`, what was left of the lease included.

    With less than `scant_us` left it is renewed.
    """

    __slots__ = ("asked_us", "at_us", "left_us", "scant_us", "until_us", "used_us")

    def __init__(self, place: Place) -> None:
        self.left_us = self.used_us = 0.0
        self.scant_us = place.lease_us / 2
        self.asked_us = self.until_us = self.at_us = float("-inf")

    def used_at(self, now_us: float) -> float:
        return max(0.0, self.used_us - (now_us - self.at_us) - self.left_us)


class Leases:
    """`give_back` is told of a key and of how much less is used of it.

    `renew` asks for more; it is told of places, and of what was just taken out of each.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        give_back: Callable[[bytes, float], None],
        renew: Callable[[Sequence[Any], Sequence[float]], None],
    ) -> None:
        self._renew = renew
        self._monotonic = monotonic
        self._give_back = give_back
        self._held: dict[bytes, _Lease] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def take(self, places: Sequence[Place], costs: Sequence[float]) -> list[float] | None:
        """Take all costs out of leases, and say what is used of each place; None: ask Redis."""
        now_us, held = self._monotonic() * _US, self._held
        used: list[float] = []
        is_due = False
        for index, place in enumerate(places):
            lease, cost_us = held.get(place.packed_key), costs[index]
            if lease is None or lease.until_us <= now_us or lease.left_us + _SLACK_US < cost_us:
                self._undo(places, costs, len(used))
                return None
            lease.left_us = left_us = lease.left_us - cost_us
            used_us = lease.used_us - now_us + lease.at_us - left_us
            used.append(max(0.0, used_us))
            if (
                left_us < lease.scant_us or lease.until_us - now_us < _RENEW_US
            ) and now_us - lease.asked_us > _ASK_AGAIN_US:
                is_due = True
        if is_due:
            self._renew(places, costs)
        return used

    def _undo(self, places: Sequence[Place], costs: Sequence[float], count: int) -> None:
        """Put back what was taken out of the first leases for a call that gets nothing."""
        for place, cost_us in zip(places[:count], costs[:count], strict=True):
            self._held[place.packed_key].left_us += cost_us

    def wish(self, place: Place, cost_us: float) -> float:
        """How much more than its cost to ask for, for a bucket that is asked often."""
        if place.lease_us < _LEAST_CALLS * cost_us or not place.lease_us:
            return 0.0
        now_us = self._monotonic() * _US
        lease = self._held.get(place.packed_key)
        if lease is None or now_us - lease.at_us > _LEASE_US:
            return 0.0  # the first call in a while; the next one shall have a lease
        if lease.used_us > place.room_us * _ROOMY or now_us - lease.asked_us < _ASK_AGAIN_US:
            return 0.0
        lease.asked_us = now_us
        return max(0.0, place.lease_us - max(0.0, lease.left_us))

    def put(self, place: Place, cost_us: float, more_us: float, used_us: float) -> float:
        """Note what the bucket said, and what was leased; returns what is really used."""
        now_us = self._monotonic() * _US
        if place.lease_us < _LEAST_CALLS * cost_us or not place.lease_us:
            return used_us
        lease = self._held.get(place.packed_key)
        if lease is None:
            lease = self._held[place.packed_key] = _Lease(place)
            self._watch()
        # Of a lease of which nothing was used there is nothing to wish for: it goes on as it is.
        is_renewed = more_us > 0 or lease.asked_us > lease.at_us
        lease.left_us += more_us
        lease.used_us, lease.at_us = used_us, now_us
        if is_renewed:
            lease.until_us = now_us + _LEASE_US
        return lease.used_at(now_us)

    def settle(self, place: Place, more_us: float) -> bool:
        """Take more out of a lease, or put what was not used into it; False when there is none."""
        lease = self._held.get(place.packed_key)
        if lease is None or lease.until_us <= self._monotonic() * _US:
            return False
        left_us = lease.left_us - more_us
        if not -_SLACK_US <= left_us <= place.lease_us:
            return False
        lease.left_us = left_us
        return True

    def take_all(self, place: Place) -> float:
        """End a lease: what is left of it is the caller's."""
        lease = self._held.pop(place.packed_key, None)
        return 0.0 if lease is None else max(0.0, lease.left_us)

    def end(self) -> None:
        """Give everything back."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._end_until(float("inf"))

    def _watch(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(LEASE_S, self._end_old)

    def _end_old(self) -> None:
        self._sweep = None
        self._end_until(self._monotonic() * _US)
        if self._held:
            self._watch()

    def _end_until(self, now_us: float) -> None:
        for key, lease in list(self._held.items()):
            if lease.until_us <= now_us and lease.at_us + _LEASE_US <= now_us:
                del self._held[key]
                if lease.left_us > 0:
                    self._give_back(key, lease.left_us)
