"""Rate limits by GCRA: one number a key, one Lua call for all keys of a decision, on Redis time.

While Redis is away each process counts for itself, so a limit is at worst multiplied by the
number of processes, and nothing is refused because a server is down.
"""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from vectal.platform.telemetry import counter, get_logger

_log = get_logger(__name__)
_decisions = counter(
    "rate_limit_decisions", "Decisions of the rate limiter", ("limit", "verdict", "place")
)

_PREFIX: Final = "vectal:limit:"
_DEADLINE_S: Final = 0.5
_PAUSE_S: Final = 1.0
"""How long a process leaves a Redis alone that has just failed."""
_FAILURES: Final = (RedisError, OSError, TimeoutError)
_MAX_KEYS: Final = 50_000

# Nothing is taken unless every key allows it; returns the microseconds to wait.
_TAKE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local wait, arrivals = 0, {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local arrival = math.max(tonumber(redis.call('GET', key) or now), now) + interval
  arrivals[i] = arrival
  wait = math.max(wait, arrival - interval * burst - now)
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  local ttl = math.ceil((arrivals[i] - now) / 1000) + 1
  redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', ttl)
end
return 0
"""
_TAKE_SHA: Final = hashlib.sha1(_TAKE.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, then one each `interval_s`."""

    name: str
    burst: int
    interval_s: float

    def key(self, subject: str) -> str:
        """Subjects are hashed: an address or an e-mail has no business in Redis."""
        digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
        return f"{_PREFIX}{self.name}:{digest}"


class RateLimiter:
    """Decides over any number of limits at once; `close()` it with the process."""

    def __init__(
        self, redis_url: str | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = _connect(redis_url) if redis_url else None
        self._monotonic = monotonic
        self._away_until = -math.inf
        self._local: OrderedDict[str, float] = OrderedDict()

    async def take(self, wanted: Sequence[tuple[Limit, str]]) -> float:
        """Seconds to wait, 0 when allowed; takes from every limit or from none."""
        place = "redis"
        wait = await self._take_shared(wanted)
        if wait is None:
            place, wait = "process", self._take_local(wanted)
        verdict = "refused" if wait else "allowed"
        for limit, _ in wanted:
            _decisions.labels(limit.name, verdict, place).inc()
        return wait

    async def give_back(self, limit: Limit, subject: str) -> None:
        """Forget what `subject` has used of `limit`."""
        key = limit.key(subject)
        self._local.pop(key, None)
        if self._redis is None or self._is_away():
            return
        try:
            await cast("Any", self._redis.delete(key))
        except _FAILURES as error:
            self._leave_alone(error)

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _take_shared(self, wanted: Sequence[tuple[Limit, str]]) -> float | None:
        """None when Redis can't tell."""
        if self._redis is None or self._is_away():
            return None
        keys = [limit.key(subject) for limit, subject in wanted]
        numbers: list[str] = []
        for limit, _ in wanted:
            numbers += [str(round(limit.interval_s * 1e6)), str(limit.burst)]
        try:
            try:
                reply = await self._eval("evalsha", _TAKE_SHA, keys, numbers)
            except NoScriptError:
                # A restarted or flushed Redis has forgotten the script.
                reply = await self._eval("eval", _TAKE, keys, numbers)
        except _FAILURES as error:
            self._leave_alone(error)
            return None
        return int(reply) / 1e6

    async def _eval(self, command: str, script: str, keys: list[str], numbers: list[str]) -> Any:
        return await getattr(self._redis, command)(script, len(keys), *keys, *numbers)

    def _take_local(self, wanted: Sequence[tuple[Limit, str]]) -> float:
        now, wait, arrivals = self._monotonic(), 0.0, dict[str, float]()
        for limit, subject in wanted:
            key = limit.key(subject)
            arrival = max(self._local.get(key, now), now) + limit.interval_s
            arrivals[key] = arrival
            wait = max(wait, arrival - limit.interval_s * limit.burst - now)
        # Sums of floats miss by less than a microsecond; that is no refusal.
        if wait > 1e-6:  # noqa: PLR2004 - see above
            return wait
        for key, arrival in arrivals.items():
            self._local[key] = arrival
            self._local.move_to_end(key)
        while len(self._local) > _MAX_KEYS:
            self._local.popitem(last=False)
        return 0.0

    def _is_away(self) -> bool:
        return self._monotonic() < self._away_until

    def _leave_alone(self, error: BaseException) -> None:
        self._away_until = self._monotonic() + _PAUSE_S
        _log.warning("rate_limit_without_redis", error=repr(error))


def _connect(redis_url: str) -> "Redis":
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=_DEADLINE_S,
        socket_connect_timeout=_DEADLINE_S,
        client_name="vectal-limits",
    )
