"""Rate limits by GCRA: one number a key, one Lua call for all keys of a decision, on Redis time.

A limit is a bucket of `burst` units that fills by one each `interval_s`; the number is the time
until which it is not full. While Redis is away each process counts for itself, so a limit is at
worst multiplied by the number of processes, and nothing is refused because a server is down.
"""

import functools
import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from vectal.platform.redis_script import FAILURES, RedisScript
from vectal.platform.telemetry import counter, get_logger

_log = get_logger(__name__)
_decisions = counter(
    "rate_limit_decisions", "Decisions of the rate limiter", ("limit", "verdict", "place")
)
# The names are few, and looking a line up costs more than counting on it.
_count = functools.lru_cache(maxsize=1_024)(_decisions.labels)

_PREFIX: Final = "vectal:limit:"
_PAUSE_S: Final = 1.0
"""How long a process leaves a Redis alone that has just failed."""
_MAX_KEYS: Final = 50_000
_US: Final = 1e6
_LONGEST_DEBT_US: Final = 86_400 * _US
_TOLERANCE_US: Final = 1.0
"""Sums of floats, and times that are kept in quarters of it, miss by less."""
_ALWAYS_ROOM: Final = 1e18

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
def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


class Claim(NamedTuple):
    """`cost` units of a limit; a decision names each limit and subject once.

    More than the burst passes when the bucket is full, so that a big request is not refused for
    ever. It leaves a debt that time pays, a day's at most, so that the rate holds.
    """

    limit: Limit
    subject: str
    cost: int = 1


class Standing(NamedTuple):
    """How a limit stands after a decision. `wait_s` is what its own claim has to wait."""

    limit: Limit
    remaining: int
    whole_in_s: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Standings are in the order of the claims. `is_shared`: Redis decided, not this process."""

    wait_s: float
    claims: Sequence[Claim]
    standings: Sequence[Standing]
    is_shared: bool

    @property
    def is_allowed(self) -> bool:
        return self.wait_s == 0


class _Row(NamedTuple):
    """What a claim is to the script."""

    key: str
    room_us: float
    cost_us: float

    def wait_us(self, used_us: float) -> float:
        return used_us + min(self.cost_us, self.room_us) - self.room_us


class RateLimiter:
    """Decides over any number of limits at once; `close()` it with the process."""

    def __init__(
        self, redis_url: str | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._script = RedisScript(redis_url, _TAKE, "vectal-limits") if redis_url else None
        self._monotonic = monotonic
        self._away_until = -math.inf
        self._local: OrderedDict[str, float] = OrderedDict()

    async def take(self, wanted: Iterable[tuple[Limit, str]]) -> float:
        """Seconds to wait, 0 when allowed; takes one of every limit or of none."""
        decision = await self.decide([Claim(limit, subject) for limit, subject in wanted])
        return decision.wait_s

    async def decide(self, claims: Sequence[Claim]) -> Decision:
        """Take what all claims ask for, or nothing; and say how each limit stands."""
        rows = [_row_of(claim) for claim in claims]
        reply = await self._take_shared(rows) if rows else [0.0]
        is_shared = reply is not None
        if reply is None:
            reply = self._take_local(rows)
        decision = _read(reply, rows, claims, is_shared=is_shared)
        verdict = "allowed" if decision.is_allowed else "refused"
        place = "redis" if is_shared else "process"
        for claim in claims:
            _count(claim.limit.name, verdict, place).inc()
        return decision

    def settle(self, decision: Decision, claims: Iterable[Claim], actual: int) -> None:
        """`claims` of a decision cost `actual` in the end: give back the rest, or take more.

        Never waits. What is given back fills the bucket for others, so a window may see the burst
        once more for what was in flight at its beginning; the rate holds. It is lost, and with it
        nothing but time, when Redis goes away.
        """
        if not decision.is_allowed:
            return
        rows = [
            _Row(
                claim.limit.key(claim.subject),
                _ALWAYS_ROOM,
                claim.limit.price_us(actual) - claim.limit.price_us(claim.cost),
            )
            for claim in claims
            if claim.cost != actual
        ]
        if not decision.is_shared:
            self._take_local(rows)
        elif rows and self._script is not None and not self._is_away():
            self._script.post([row.key for row in rows], _numbers(rows))

    async def give_back(self, limit: Limit, subject: str) -> None:
        """Forget what `subject` has used of `limit`."""
        key = limit.key(subject)
        self._local.pop(key, None)
        if self._script is None or self._is_away():
            return
        try:
            await self._script.delete(key)
        except FAILURES as error:
            self._leave_alone(error)

    async def flush(self) -> None:
        """Wait until what was settled has arrived."""
        if self._script is not None:
            await self._script.flush()

    async def close(self) -> None:
        if self._script is not None:
            await self._script.close()

    async def _take_shared(self, rows: Sequence[_Row]) -> list[float] | None:
        """None when Redis can't tell."""
        if self._script is None or self._is_away():
            return None
        try:
            reply = await self._script.call([row.key for row in rows], _numbers(rows))
        except FAILURES as error:
            self._leave_alone(error)
            return None
        return [float(number) for number in reply.split()]

    def _take_local(self, rows: Sequence[_Row]) -> list[float]:
        """The script, over this process's own numbers."""
        now = self._monotonic() * _US
        used = [max(self._local.get(row.key, now) - now, 0.0) for row in rows]
        wait = max((row.wait_us(spent) for row, spent in zip(rows, used, strict=True)), default=0.0)
        if wait > _TOLERANCE_US:
            return [wait, *used]
        used = [max(spent + row.cost_us, 0.0) for spent, row in zip(used, rows, strict=True)]
        for row, spent in zip(rows, used, strict=True):
            self._local[row.key] = now + spent
            self._local.move_to_end(row.key)
        while len(self._local) > _MAX_KEYS:
            self._local.popitem(last=False)
        return [0.0, *used]

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


def _row_of(claim: Claim) -> _Row:
    limit = claim.limit
    return _Row(limit.key(claim.subject), limit.room_us, limit.price_us(claim.cost))


def _numbers(rows: Iterable[_Row]) -> list[str]:
    return [f"{us:.3f}" for row in rows for us in (row.room_us, row.cost_us)]


def _read(
    reply: Sequence[float], rows: Sequence[_Row], claims: Sequence[Claim], *, is_shared: bool
) -> Decision:
    wait_us, used = reply[0], reply[1:]
    standings = [
        _standing(row, claim.limit, spent, is_refused=wait_us > 0)
        for row, claim, spent in zip(rows, claims, used, strict=True)
    ]
    return Decision(wait_us / _US, claims, standings, is_shared)


def _standing(row: _Row, limit: Limit, used_us: float, *, is_refused: bool) -> Standing:
    left = int((row.room_us - used_us + _TOLERANCE_US) / (limit.interval_s * _US))
    return Standing(
        limit,
        remaining=min(max(left, 0), limit.burst),
        whole_in_s=used_us / _US,
        wait_s=max(row.wait_us(used_us), 0.0) / _US if is_refused else 0.0,
    )
