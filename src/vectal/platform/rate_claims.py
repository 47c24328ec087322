"""What is asked of the rate limiter: limits, claims, and claims that are made again and again.

All amounts are microseconds of filling, see `rate_limit`.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from vectal.platform.rate_leases import SHARE
from vectal.platform.redis_script import pack
from vectal.platform.telemetry import counter
from vectal.platform.telemetry.metrics import Tally, tallies

_decisions = counter(
    "rate_limit_decisions", "Decisions of the rate limiter", ("limit", "verdict", "place")
)
count_of: Final[Callable[[str, str, str], Tally]] = tallies(_decisions)
"""By the limit's name, `allowed` or `refused`, and who decided: `redis` or `process`."""


@functools.lru_cache(maxsize=1_000)
def _allowed(names: tuple[str, ...]) -> Tally:
    """Counts all that a call claims at once."""
    return Tally(*[_decisions.labels(name, "allowed", "redis") for name in names])


US: Final = 1e6
TOLERANCE_US: Final = 1.0
"""Sums of floats, and times that are kept in quarters of it, miss by less."""
_PREFIX: Final = "vectal:limit:"
_LONGEST_DEBT_US: Final = 86_400 * US


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, then one each `interval_s`."""

    name: str
    burst: int
    interval_s: float

    @classmethod
    def per_minute(cls, name: str, amount: int) -> Limit:
        """`amount` at once, and as many again in each minute."""
        return cls(name, amount, 60 / amount)

    def key(self, subject: str) -> str:
        """Subjects are hashed: an address or an e-mail has no business in Redis.

        A limit that is set anew begins anew, else a raised one would pay the debts of the old.
        """
        return f"{_PREFIX}{self.name}:{self.burst}:{_digest(subject)}"

    def place(self, subject: str) -> Place:
        """Where it counts for a subject."""
        return _place(self.name, self.burst, self.interval_s, subject)


@functools.lru_cache(maxsize=8_192)
def _place(name: str, burst: int, interval_s: float, subject: str) -> Place:
    key = Limit(name, burst, interval_s).key(subject)
    unit_us = interval_s * US
    room_us = burst * unit_us
    lease_us = burst // SHARE * unit_us
    return Place(key, pack(key), room_us, packed_us(room_us), lease_us, unit_us, burst)


def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


class Place(NamedTuple):
    """Where a limit counts for a subject; packed as Redis reads it."""

    key: str
    packed_key: bytes
    room_us: float
    packed_room: bytes
    lease_us: float
    unit_us: float
    burst: int

    def price_us(self, cost: int) -> float:
        """The time it takes to fill in what `cost` takes out; at most a day above the burst."""
        return min(cost * self.unit_us, self.room_us + _LONGEST_DEBT_US)

    def remaining(self, used_us: float) -> int:
        """Units that are left."""
        left = int((self.room_us - used_us + TOLERANCE_US) / self.unit_us)
        if left < 0:
            return 0
        return min(left, self.burst)


def packed_us(us: float) -> bytes:
    """An amount as Redis reads it."""
    return pack(b"%.3f" % us)


class Claim:
    """`cost` units of a limit; a decision names each limit and subject once. Never changes.

    More than the burst passes when the bucket is full, so that a big request is not refused for
    ever. It leaves a debt that time pays, a day's at most, so that the rate holds.

    What it is to the script is worked out once: whoever asks often for the same keeps his claims.
    """

    __slots__ = ("cost", "cost_us", "limit", "place", "subject")

    def __init__(self, limit: Limit, subject: str, cost: int = 1) -> None:
        self.limit = limit
        self.subject = subject
        self.cost = cost
        self.place = limit.place(subject)
        self.cost_us = self.place.price_us(cost)

    def wait_us(self, used_us: float) -> float:
        room_us = self.place.room_us
        return used_us + min(self.cost_us, room_us) - room_us

    def standing(self, used_us: float, *, is_refused: bool) -> Standing:
        wait_s = max(self.wait_us(used_us), 0.0) / US if is_refused else 0.0
        return Standing(self.limit, self.place.remaining(used_us), used_us / US, wait_s)


class Standing(NamedTuple):
    """How a limit stands after a decision. `wait_s` is what its own claim has to wait."""

    limit: Limit
    remaining: int
    whole_in_s: float
    wait_s: float


_Room: TypeAlias = tuple[float, float, Place]
"""What there is room for, by more than sums of floats miss by; what a unit takes; and where."""
Narrowest: TypeAlias = tuple[Place, float, int]
"""Of several places the one with the fewest units left; what is used of it, what is left."""


def _room(place: Place) -> _Room:
    return place.room_us + TOLERANCE_US, place.unit_us, place


def narrowest_of(
    rooms: Sequence[_Room], used_us: Sequence[float], first: int = 0
) -> Narrowest | None:
    """Of equal ones that of which most is used; None where there is none.

    `used_us` has what is used of them from its place `first` on.
    """
    narrowest: Place | None = None
    least, most_us = math.inf, 0.0
    for index, (room_us, unit_us, place) in enumerate(rooms, first):
        each_us = used_us[index]
        left = (room_us - each_us) // unit_us if each_us < room_us else 0.0
        if left < least or (left == least and each_us > most_us):
            narrowest, least, most_us = place, left, each_us
    if narrowest is None:
        return None
    return narrowest, most_us, min(int(least), narrowest.burst)


class ClaimSet:
    """What each call of a kind claims: one of each in `requests`, and tokens of `token_claims`.

    The costs of the latter are the call's. It is made once, so that a call has only to add up.
    """

    __slots__ = (
        "_of_requests_us", "_plain_tokens", "_units_us", "places", "request_rooms", "requests",
        "tally", "token_claims", "token_places", "token_rooms",
    )  # fmt: skip

    def __init__(self, requests: Sequence[Claim], token_claims: Sequence[Claim]) -> None:
        self.requests = tuple(requests)
        self.token_claims = tuple(token_claims)
        claims = (*requests, *token_claims)
        self.places = tuple(claim.place for claim in claims)
        self.tally = _allowed(tuple(claim.limit.name for claim in claims))
        self._of_requests_us = tuple(claim.cost_us for claim in requests)
        self.token_places = tuple(claim.place for claim in token_claims)
        self.request_rooms = tuple(_room(claim.place) for claim in requests)
        self.token_rooms = tuple(_room(place) for place in self.token_places)
        self._units_us = [place.unit_us for place in self.token_places]
        self._plain_tokens = min((place.burst for place in self.token_places), default=0)

    def costs_us(self, tokens: int) -> list[float]:
        """In the order of `places`."""
        return [*self._of_requests_us, *self.token_costs_us(tokens)]

    def is_plain(self, tokens: int) -> bool:
        """Whether each token costs the same: no price is bounded below the burst."""
        return tokens <= self._plain_tokens

    def plain_costs_us(self, tokens: int) -> list[float]:
        """Of tokens that cost the same, in the order of `token_places`; of fewer than none too."""
        return [tokens * unit_us for unit_us in self._units_us]

    def token_costs_us(self, tokens: int) -> list[float]:
        """In the order of `token_places`."""
        if tokens <= self._plain_tokens:
            return [tokens * unit_us for unit_us in self._units_us]
        return [place.price_us(tokens) for place in self.token_places]

    def claims_of_tokens(self, tokens: int) -> list[Claim]:
        """The claims of one call on limits of tokens."""
        return [Claim(each.limit, each.subject, tokens) for each in self.token_claims]
