"""Rate limits by GCRA: one number a key, one Lua call for all keys of a decision, on Redis time.

A limit is a bucket of `burst` units that fills by one each `interval_s`; the number is the time
until which it is not full. While Redis is away each process counts for itself, so a limit is at
worst multiplied by the number of processes, and nothing is refused because a server is down.

Of big limits that are asked often, a process takes a little ahead and asks Redis again when that
is used up; see `rate_leases`.
"""

import asyncio
import functools
import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from vectal.platform.background import end_tasks
from vectal.platform.rate_leases import SHARE, Leases
from vectal.platform.redis_script import FAILURES, Packed, RedisScript, pack
from vectal.platform.telemetry import counter, get_logger
from vectal.platform.telemetry.metrics import tallies

_log = get_logger(__name__)
_decisions = counter(
    "rate_limit_decisions", "Decisions of the rate limiter", ("limit", "verdict", "place")
)
_count = tallies(_decisions)

_PREFIX: Final = "vectal:limit:"
_PAUSE_S: Final = 1.0
"""How long a process leaves a Redis alone that has just failed."""
_MAX_KEYS: Final = 50_000
_US: Final = 1e6
_LONGEST_DEBT_US: Final = 86_400 * _US
_TOLERANCE_US: Final = 1.0
"""Sums of floats, and times that are kept in quarters of it, miss by less."""
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


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, then one each `interval_s`."""

    name: str
    burst: int
    interval_s: float

    @classmethod
    def per_minute(cls, name: str, amount: int) -> "Limit":
        """`amount` at once, and as many again in each minute."""
        return cls(name, amount, 60 / amount)

    def key(self, subject: str) -> str:
        """Subjects are hashed: an address or an e-mail has no business in Redis.

        A limit that is set anew begins anew, else a raised one would pay the debts of the old.
        """
        return f"{_PREFIX}{self.name}:{self.burst}:{_digest(subject)}"

    @property
    def room_us(self) -> float:
        return self.burst * self.interval_s * _US

    def price_us(self, cost: int) -> float:
        """The time it takes to fill in what `cost` takes out; at most a day above the burst."""
        return min(cost * self.interval_s * _US, self.room_us + _LONGEST_DEBT_US)


@functools.lru_cache(maxsize=8_192)
def _place(name: str, burst: int, interval_s: float, subject: str) -> "_Place":
    limit = Limit(name, burst, interval_s)
    key = limit.key(subject)
    unit_us = interval_s * _US
    lease_us = burst // SHARE * unit_us
    return _Place(key, pack(key), limit.room_us, _number(limit.room_us), lease_us, unit_us)


def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


class _Place(NamedTuple):
    """Where a limit counts for a subject; packed as Redis reads it."""

    key: str
    packed_key: bytes
    room_us: float
    packed_room: bytes
    lease_us: float
    unit_us: float


class Claim:
    """`cost` units of a limit; a decision names each limit and subject once. Never changes.

    More than the burst passes when the bucket is full, so that a big request is not refused for
    ever. It leaves a debt that time pays, a day's at most, so that the rate holds.

    What it is to the script is worked out once: whoever asks often for the same keeps his claims.
    """

    __slots__ = ("_packed", "cost", "cost_us", "limit", "place", "subject")

    def __init__(self, limit: Limit, subject: str, cost: int = 1) -> None:
        self.limit = limit
        self.subject = subject
        self.cost = cost
        self.cost_us = limit.price_us(cost)
        self.place = _place(limit.name, limit.burst, limit.interval_s, subject)
        self._packed: bytes | None = None

    @property
    def packed(self) -> bytes:
        """Room and cost as Redis reads them."""
        if self._packed is None:
            self._packed = self.packed_with(0.0)
        return self._packed

    def packed_with(self, more_us: float) -> bytes:
        """The same with another cost."""
        return self.place.packed_room + _number(self.cost_us + more_us)

    def wait_us(self, used_us: float) -> float:
        room_us = self.place.room_us
        return used_us + min(self.cost_us, room_us) - room_us

    def standing(self, used_us: float, *, is_refused: bool) -> "Standing":
        limit, place = self.limit, self.place
        left = int((place.room_us - used_us + _TOLERANCE_US) / place.unit_us)
        if left < 0:
            left = 0
        elif left > limit.burst:
            left = limit.burst
        wait_s = max(self.wait_us(used_us), 0.0) / _US if is_refused else 0.0
        return Standing(limit, left, used_us / _US, wait_s)


def _number(us: float) -> bytes:
    return pack(b"%.3f" % us)


class Standing(NamedTuple):
    """How a limit stands after a decision. `wait_s` is what its own claim has to wait."""

    limit: Limit
    remaining: int
    whole_in_s: float
    wait_s: float


class Decision(NamedTuple):
    """Standings are in the order of the claims. `is_shared`: Redis decided, not this process."""

    wait_s: float
    claims: Sequence[Claim]
    standings: Sequence[Standing]
    is_shared: bool

    @property
    def is_allowed(self) -> bool:
        return self.wait_s == 0


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
        used = self._leases.take(claims)
        return None if used is None else self._decision(claims, (0.0, *used), is_shared=True)

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
            _count(claim.limit.name, verdict, place).inc()
        return Decision(wait_us / _US, claims, standings, is_shared)

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
            more_us = claim.limit.price_us(actual) - claim.cost_us
            if not decision.is_shared:
                self._settle_local(claim.place.key, more_us)
            elif self._leases.settle(claim.place, more_us):
                continue
            elif self._script is not None and not self._is_away():
                self._owe(claim.place.packed_key, more_us)

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
            numbers = [_UNBOUNDED + _number(us) for us in owed.values()]
            self._script.post(_packed(owed, numbers))

    async def give_back(self, limit: Limit, subject: str) -> None:
        """Forget what `subject` has used of `limit`."""
        key = limit.key(subject)
        self._local.pop(key, None)
        self._leases.take_all(_place(limit.name, limit.burst, limit.interval_s, subject))
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
        wishes = [self._leases.wish(claim) for claim in claims]
        reply = await self._ask(self._script, claims, wishes)
        if reply is None or not reply[0]:
            return None if reply is None else self._note(claims, wishes, reply)
        # Not even what is held here may be a reason to refuse.
        held = [-self._leases.take_all(claim.place) for claim in claims]
        if not any(held) and not any(wishes):
            return reply
        reply = await self._ask(self._script, claims, held)
        if reply is not None and reply[0]:
            for claim, left_us in zip(claims, held, strict=True):
                if left_us:
                    self._owe(claim.place.packed_key, left_us)
        return reply

    def _begin_renewal(self, claims: Sequence[Claim]) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(claims))

    async def _renew(self, claims: Sequence[Claim]) -> None:
        """Lease more before there is nothing left; nobody waits for it."""
        wishes = [self._leases.wish(claim) for claim in claims]
        if self._script is None or not any(wishes):
            return
        more = [us - claim.cost_us for claim, us in zip(claims, wishes, strict=True)]
        reply = await self._ask(self._script, claims, more)
        if reply is not None and not reply[0]:
            self._note(claims, wishes, reply)

    async def _ask(
        self, script: RedisScript, claims: Sequence[Claim], more: Sequence[float]
    ) -> list[float] | None:
        """The script's answer for the claims and so much more of each."""
        keys = [claim.place.packed_key for claim in claims]
        pairs = zip(claims, more, strict=True)
        numbers = [claim.packed_with(us) if us else claim.packed for claim, us in pairs]
        try:
            reply = await script.call_packed(_packed(keys, numbers))
        except FAILURES as error:
            self._leave_alone(error)
            return None
        return [float(number) for number in reply.split()]

    def _note(
        self, claims: Sequence[Claim], leased: Sequence[float], reply: Sequence[float]
    ) -> list[float]:
        used = zip(claims, leased, reply[1:], strict=True)
        return [0.0, *(self._leases.put(claim, us, spent) for claim, us, spent in used)]

    def _take_local(self, claims: Sequence[Claim]) -> list[float]:
        """The script, over this process's own numbers."""
        now = self._monotonic() * _US
        used = [max(self._local.get(claim.place.key, now) - now, 0.0) for claim in claims]
        pairs = list(zip(claims, used, strict=True))
        wait = max((claim.wait_us(spent) for claim, spent in pairs), default=0.0)
        if wait > _TOLERANCE_US:
            return [wait, *used]
        for claim, _ in pairs:
            self._settle_local(claim.place.key, claim.cost_us)
        return [0.0, *(max(spent + claim.cost_us, 0.0) for claim, spent in pairs)]

    def _settle_local(self, key: str, more_us: float) -> None:
        now = self._monotonic() * _US
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
