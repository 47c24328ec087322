"""Breakers of several processes: what one has found out, the others hear of at once.

Redis holds the keys of those that are open, each until its pause has had its time; pub/sub says
that the set has changed. All of it is a hint. A process that hears one lets a single call through
and believes what that finds; without Redis each goes on by what it finds itself.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from vectal.platform.background import run_together
from vectal.platform.broadcast import Broadcast
from vectal.platform.redis_script import FAILURES, RedisScript
from vectal.platform.resilience import BreakerBoard, State
from vectal.platform.telemetry import get_logger

MAX_OPEN: Final = 500
"""The newest that are remembered, whatever others write."""
KEEP_MS: Final = 30_000
"""How long a process that starts later still hears of it."""
_TOPIC: Final = "breakers"
_KEY: Final = "vectal:breakers:open"
_MAX_KEY_CHARS: Final = 300
_MAX_WAITING: Final = 1_000
# Adds or removes one, forgets those whose time is over, and returns the rest.
_SCRIPT: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[1] == 'open' then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif ARGV[1] == 'closed' then
    redis.call('ZREM', KEYS[1], ARGV[2])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return cjson.encode({'', unpack(redis.call('ZRANGE', KEYS[1], 0, -1))})
"""

_log = get_logger(__name__)


class BreakerHints:
    """One a process, beside its board. Run `run()` for as long as the process makes calls."""

    def __init__(
        self, redis_url: str, board: BreakerBoard, *, name: str = "", retry_s: float = 0.5
    ) -> None:
        self._board = board
        self._key, self._topic = f"{_KEY}{name}", f"{_TOPIC}{name}"
        self._script = RedisScript(redis_url, _SCRIPT, "vectal-breakers")
        self._broadcast = Broadcast(redis_url, retry_s=retry_s)
        self._broadcast.on_news = self._on_news
        self._broadcast.on_gap = self._wake
        self._broadcast.follow(self._topic)
        self._woken = asyncio.Event()
        self._waiting: dict[str, State] = {}
        self._open: frozenset[str] = frozenset()
        """Those that Redis held when it was last asked."""
        self._has_complained = False
        board.on_change = self._on_change

    @property
    def is_healthy(self) -> bool:
        """Whether hints come at once."""
        return self._broadcast.is_healthy

    async def run(self) -> None:
        """Tell and hear until cancelled."""
        try:
            await run_together(self._broadcast.run(), self._keep())
        finally:
            await self._script.close()

    def _on_change(self, key: str, state: State) -> None:
        """Called in the middle of a call: it only remembers."""
        if len(key) <= _MAX_KEY_CHARS and len(self._waiting) < _MAX_WAITING:
            self._waiting[key] = state
            self._woken.set()

    def _on_news(self, topic: str) -> None:
        if topic == self._topic:
            self._wake()

    def _wake(self) -> None:
        self._woken.set()

    async def _keep(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            told, self._waiting = self._waiting, {}
            try:
                await self._exchange(told)
            except FAILURES as error:
                # What could not be told is not told later: by then it would be old.
                if not self._has_complained:
                    _log.warning("breaker_hints_failed", error=repr(error))
                self._has_complained = True

    async def _exchange(self, told: dict[str, State]) -> None:
        for key, state in told.items():
            await self._ask(state.value, key)
        is_open = await self._ask("list", "")
        self._has_complained = False
        if told:
            self._broadcast.tell(self._topic)
        for key in is_open - self._open - told.keys():
            self._board.hear(key, State.OPEN)
        for key in self._open - is_open - told.keys():
            self._board.hear(key, State.CLOSED)
        self._open = is_open

    async def _ask(self, verb: str, key: str) -> frozenset[str]:
        answer = await self._script.call([self._key], (verb, key, str(KEEP_MS), str(MAX_OPEN)))
        try:
            found = msgspec.json.decode(answer, type=list[str])
        except msgspec.DecodeError:
            return frozenset()  # somebody else's value under our key tells nothing
        return frozenset(key for key in found if 0 < len(key) <= _MAX_KEY_CHARS)
