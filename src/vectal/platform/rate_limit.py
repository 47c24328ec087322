"""Rate limits by GCRA: one number a key, one Lua call for all keys of a decision, on Redis time.

A limit is a bucket of `burst` units that fills by one each `interval_s`; the number is the time
until which it is not full. While Redis is away each process counts for itself, so a limit is at
worst multiplied by the number of processes, and nothing is refused because a server is down.

Of big limits that are asked often, a process takes a little ahead and asks Redis again when that
is used up; see `rate_leases`.
"""

import asyncio
import functools
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from vectal.platform.background import end_tasks
from vectal.platform.rate_claims import (
    TOLERANCE_US,
    US,
    Claim,
    ClaimSet,
    Limit,
    Place,
    Standing,
    count_of,
    packed_us,
)
from vectal.platform.rate_leases import Leases
from vectal.platform.redis_script import FAILURES, Packed, RedisScript, pack
from vectal.platform.telemetry import get_logger

__all__ = [
    "Claim",
    "ClaimSet",
    "Decision",
    "Limit",
    "RateLimiter",
    "Standing",
    "Taken",
    "network_of",
]

_log = get_logger(__name__)

_PAUSE_S: Final = 1.0
"""How long a process leaves a Redis alone that has just failed."""
_MAX_KEYS: Final = 50_000
_ALWAYS_ROOM: Final = 1e18
_UNBOUNDED: Final = pack(b"%.3f" % _ALWAYS_ROOM)
_OWED_S: Final = 0.02
"""How long corrections wait for each other."""
_OWED_KEYS: Final = 100
_COUNTS: Final = [pack(str(number)) for number in range(_OWED_KEYS + 1)]

# For each key: how much its bucket holds, and what is taken out, in microseconds of filling.
# Nothing is taken unless every bucket has room, or is full where more is taken than it holds.
# Returns the wait, then for each key what is used of it. A negative cost gives back.
_TAKE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local held, used, wait = redis.call('MGET', unpack(KEYS)), {}, 0
for i in ipairs(KEYS) do
  used[i] = math.max((tonumber(held[i] or now)) - now, 0)
  local room, cost = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  wait = math.max(wait, used[i] + math.min(cost, room) - room)
end
local taken = wait <= 1
local reply = {taken and '0' or string.format('%.0f', math.ceil(wait))}
for i, key in ipairs(KEYS) do
  if taken then
    used[i] = math.max(used[i] + tonumber(ARGV[2 * i]), 0)
    if used[i] > 0 then
      local ttl = math.ceil(used[i] / 1000) + 1
      redis.call('SET', key, string.format('%.2f', now + used[i]), 'PX', ttl)
    else
      redis.call('DEL', key)
    end
  end
  reply[i + 1] = string.format('%.0f', math.ceil(used[i]))
end
return table.concat(reply, ' ')
"""


class Decision(NamedTuple):
    """Standings are in the order of the claims. `is_shared`: Redis decided, not this process."""

    wait_s: float
    claims: Sequence[Claim]
    standings: Sequence[Standing]
    is_shared: bool

    @property
    def is_allowed(self) -> bool:
        return self.wait_s == 0


class Taken(NamedTuple):
    """What was taken for one call of a set's kind; `used_us` is in the order of its places."""

    wanted: ClaimSet
    tokens: int
    used_us: Sequence[float]
    is_shared: bool


class RateLimiter:
    """Decides over any number of limits at once; `close()` it with the process."""

    def __init__(
        self, redis_url: str | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._script = RedisScript(redis_url, _TAKE, "vectal-limits") if redis_url else None
        self._monotonic = monotonic
        self._away_until = -math.inf
        self._local: OrderedDict[str, float] = OrderedDict()
        self._owed: dict[bytes, float] = {}
        """What is to be taken in the end, by packed key; less than nothing is given back."""
        self._paying: asyncio.TimerHandle | None = None
        self._leases = Leases(
            monotonic, lambda key, left_us: self._owe(key, -left_us), self._begin_renewal
        )
        self._renewal: asyncio.Task[None] | None = None

    async def take(self, wanted: Iterable[tuple[Limit, str]]) -> float:
        """Seconds to wait, 0 when allowed; takes one of every limit or of none."""
        decision = await self.decide([Claim(limit, subject) for limit, subject in wanted])
        return decision.wait_s

    async def decide(self, claims: Sequence[Claim]) -> Decision:
        """Take what all claims ask for, or nothing; and say how each limit stands."""
        ready = self.try_decide(claims)
        if ready is not None:
            return ready
        reply = await self._take_shared(claims)
        if reply is None:
            return self._decision(claims, self._take_local(claims), is_shared=False)
        return self._decision(claims, reply, is_shared=True)

    def try_decide(self, claims: Sequence[Claim]) -> Decision | None:
        """As `decide`, without waiting; None when Redis has to be asked."""
        if not claims:
            return self._decision((), (0.0,), is_shared=True)
        if self._script is None or self._is_away():
            return self._decision(claims, self._take_local(claims), is_shared=False)
        places, costs = _places(claims), [claim.cost_us for claim in claims]
        used = self._leases.take(places, costs)
        return None if used is None else self._decision(claims, (0.0, *used), is_shared=True)

    def try_take(self, wanted: ClaimSet, tokens: int) -> Taken | None:
        """As `try_decide` for a call that claims what others of its kind do, and so many tokens.

        None too when it is refused.
        """
        if self._script is None or self._is_away():
            claims = (*wanted.requests, *wanted.claims_of_tokens(tokens))
            decision = self._decision(claims, self._take_local(claims), is_shared=False)
            spent = [each.whole_in_s * US for each in decision.standings]
            taken = Taken(wanted, tokens, spent, is_shared=False)
            return taken if decision.is_allowed else None
        used = self._leases.take(wanted.places, wanted.costs_us(tokens))
        if used is None:
            return None
        wanted.tally.inc()
        return Taken(wanted, tokens, used, is_shared=True)

    def decision_of(self, taken: Taken) -> Decision:
        """What was taken, as whoever decides over claims has it."""
        claims = (*taken.wanted.requests, *taken.wanted.claims_of_tokens(taken.tokens))
        standings = [
            claim.standing(spent, is_refused=False)
            for claim, spent in zip(claims, taken.used_us, strict=True)
        ]
        return Decision(0.0, claims, standings, taken.is_shared)

    def settle_taken(self, wanted: ClaimSet, taken: Sequence[Taken], actual: Sequence[int]) -> None:
        """As `settle`, for what `try_take` took by one set."""
        more = 0
        for each, tokens in zip(taken, actual, strict=True):
            if each.is_shared and wanted.is_plain(each.tokens) and wanted.is_plain(tokens):
                more += tokens - each.tokens
            elif each.tokens != tokens:
                before, after = wanted.token_costs_us(each.tokens), wanted.token_costs_us(tokens)
                for place, was_us, is_us in zip(wanted.token_places, before, after, strict=True):
                    self._settle(place, is_us - was_us, is_shared=each.is_shared)
        if more:
            costs_us = wanted.plain_costs_us(more)
            for place, more_us in zip(wanted.token_places, costs_us, strict=True):
                self._settle(place, more_us, is_shared=True)

    def _decision(
        self, claims: Sequence[Claim], reply: Sequence[float], *, is_shared: bool
    ) -> Decision:
        wait_us = reply[0]
        standings = [
            claim.standing(spent, is_refused=wait_us > 0)
            for claim, spent in zip(claims, reply[1:], strict=True)
        ]
        verdict, place = "refused" if wait_us else "allowed", "redis" if is_shared else "process"
        for claim in claims:
            count_of(claim.limit.name, verdict, place).inc()
        return Decision(wait_us / US, claims, standings, is_shared)

    def settle(self, decision: Decision, claims: Iterable[Claim], actual: int) -> None:
        """`claims` of a decision cost `actual` in the end: give back the rest, or take more.

        Never waits. What is given back fills the bucket for others, so a window may see the burst
        once more for what was in flight at its beginning; the rate holds. It is lost, and with it
        nothing but time, when Redis goes away.
        """
        if not decision.is_allowed:
            return
        for claim in claims:
            if claim.cost == actual:
                continue
            more_us = claim.place.price_us(actual) - claim.cost_us
            self._settle(claim.place, more_us, is_shared=decision.is_shared)

    def _settle(self, place: Place, more_us: float, *, is_shared: bool) -> None:
        if not is_shared:
            self._settle_local(place.key, more_us)
        elif self._leases.settle(place, more_us):
            return
        elif self._script is not None and not self._is_away():
            self._owe(place.packed_key, more_us)

    def _owe(self, packed_key: bytes, more_us: float) -> None:
        """Told to Redis a moment later, once for many calls."""
        self._owed[packed_key] = self._owed.get(packed_key, 0.0) + more_us
        if len(self._owed) >= _OWED_KEYS:
            self._pay()
        elif self._paying is None:
            self._paying = asyncio.get_running_loop().call_later(_OWED_S, self._pay)

    def _pay(self) -> None:
        if self._paying is not None:
            self._paying.cancel()
            self._paying = None
        owed, self._owed = self._owed, {}
        if owed and self._script is not None and not self._is_away():
            numbers = [_UNBOUNDED + packed_us(us) for us in owed.values()]
            self._script.post(_packed(owed, numbers))

    async def give_back(self, limit: Limit, subject: str) -> None:
        """Forget what `subject` has used of `limit`."""
        key = limit.key(subject)
        self._local.pop(key, None)
        self._leases.take_all(limit.place(subject))
        if self._script is None or self._is_away():
            return
        try:
            await self._script.delete(key)
        except FAILURES as error:
            self._leave_alone(error)

    async def flush(self) -> None:
        """Wait until what was settled has arrived."""
        self._pay()
        if self._script is not None:
            await self._script.flush()

    async def close(self) -> None:
        if self._renewal is not None:
            await end_tasks([self._renewal])
        self._leases.end()
        self._pay()
        if self._script is not None:
            await self._script.close()

    async def _take_shared(self, claims: Sequence[Claim]) -> list[float] | None:
        """None when Redis can't tell."""
        if self._script is None or self._is_away():
            return None
        places, costs = _places(claims), [claim.cost_us for claim in claims]
        wishes = self._wishes(places, costs)
        reply = await self._ask(self._script, places, _sums(costs, wishes))
        if reply is None or not reply[0]:
            return None if reply is None else self._note(places, costs, wishes, reply)
        # Not even what is held here may be a reason to refuse.
        held = [-self._leases.take_all(place) for place in places]
        if not any(held) and not any(wishes):
            return reply
        reply = await self._ask(self._script, places, _sums(costs, held))
        if reply is not None and reply[0]:
            for place, left_us in zip(places, held, strict=True):
                if left_us:
                    self._owe(place.packed_key, left_us)
        return reply

    def _begin_renewal(self, places: Sequence[Place], costs: Sequence[float]) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(places, costs))

    async def _renew(self, places: Sequence[Place], costs: Sequence[float]) -> None:
        """Lease more before there is nothing left; nobody waits for it."""
        wishes = self._wishes(places, costs)
        if self._script is None or not any(wishes):
            return
        reply = await self._ask(self._script, places, wishes)
        if reply is not None and not reply[0]:
            self._note(places, costs, wishes, reply)

    def _wishes(self, places: Sequence[Place], costs: Sequence[float]) -> list[float]:
        return [self._leases.wish(*each) for each in zip(places, costs, strict=True)]

    async def _ask(
        self, script: RedisScript, places: Sequence[Place], amounts_us: Sequence[float]
    ) -> list[float] | None:
        """The script's answer for so much of each place."""
        keys = [place.packed_key for place in places]
        pairs = zip(places, amounts_us, strict=True)
        numbers = [place.packed_room + packed_us(us) for place, us in pairs]
        try:
            reply = await script.call_packed(_packed(keys, numbers))
        except FAILURES as error:
            self._leave_alone(error)
            return None
        return [float(number) for number in reply.split()]

    def _note(
        self,
        places: Sequence[Place],
        costs: Sequence[float],
        leased: Sequence[float],
        reply: Sequence[float],
    ) -> list[float]:
        told = zip(places, costs, leased, reply[1:], strict=True)
        return [0.0, *(self._leases.put(*each) for each in told)]

    def _take_local(self, claims: Sequence[Claim]) -> list[float]:
        """The script, over this process's own numbers."""
        now = self._monotonic() * US
        used = [max(self._local.get(claim.place.key, now) - now, 0.0) for claim in claims]
        pairs = list(zip(claims, used, strict=True))
        wait = max((claim.wait_us(spent) for claim, spent in pairs), default=0.0)
        if wait > TOLERANCE_US:
            return [wait, *used]
        for claim, _ in pairs:
            self._settle_local(claim.place.key, claim.cost_us)
        return [0.0, *(max(spent + claim.cost_us, 0.0) for claim, spent in pairs)]

    def _settle_local(self, key: str, more_us: float) -> None:
        now = self._monotonic() * US
        spent = max(self._local.get(key, now) - now, 0.0)
        self._local[key] = now + max(spent + more_us, 0.0)
        self._local.move_to_end(key)
        while len(self._local) > _MAX_KEYS:
            self._local.popitem(last=False)

    def _is_away(self) -> bool:
        return self._monotonic() < self._away_until

    def _leave_alone(self, error: BaseException) -> None:
        if not self._is_away():
            _log.warning("rate_limit_without_redis", error=repr(error))
        self._away_until = self._monotonic() + _PAUSE_S


@functools.lru_cache(maxsize=4_096)
def network_of(ip: str) -> str:
    """One subscriber of IPv6 has at least a /64, so that counts as one address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _packed(keys: Collection[bytes], numbers: Sequence[bytes]) -> Packed:
    """`numbers` has what a key holds and what is taken out, two in one."""
    parts = b"".join((_COUNTS[len(keys)], *keys, *numbers))
    return Packed(1 + 3 * len(keys), parts)


def _places(claims: Sequence[Claim]) -> list[Place]:
    return [claim.place for claim in claims]


def _sums(costs: Sequence[float], more: Sequence[float]) -> list[float]:
    return [cost + us for cost, us in zip(costs, more, strict=True)]
