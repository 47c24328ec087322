"""One Lua script on Redis: calls that wait for each other's round trip and then leave together.

A lone call leaves at once; what comes while it is away shares the next trip. So many callers cost
one connection and a part of a round trip each.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Self, TypeAlias, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

FAILURES: Final = (RedisError, OSError, TimeoutError)
"""What a call raises when the server can't tell."""
_BATCH: Final = 100
_WAITING: Final = 10_000
_DEADLINE_S: Final = 0.5
_Answer: TypeAlias = "asyncio.Future[bytes]"
_Call: TypeAlias = "tuple[bytes, _Answer | None]"
"""What is sent behind the script's name, and who waits for the answer."""


def pack(text: str | bytes) -> bytes:
    """One argument as it goes onto the wire (RESP)."""
    data = text.encode() if isinstance(text, str) else text
    return b"$%d\r\n%b\r\n" % (len(data), data)


class Packed(NamedTuple):
    """Keys and numbers as they go onto the wire; whoever calls often keeps their parts."""

    length: int
    """How many parts."""
    parts: bytes
    """`pack` of the number of keys, of each key, of each number."""

    @classmethod
    def of(cls, keys: Sequence[str], numbers: Iterable[str]) -> Self:
        parts = [str(len(keys)), *keys, *numbers]
        return cls(len(parts), b"".join(map(pack, parts)))


class RedisScript:
    """`close()` it with the process."""

    def __init__(self, redis_url: str, script: str, client_name: str) -> None:
        self._redis = _connect(redis_url, client_name)
        sha = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
        self._name = pack("EVALSHA") + pack(sha)
        self._load = b"*3\r\n" + pack("SCRIPT") + pack("LOAD") + pack(script)
        self._waiting: deque[_Call] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._line: Any = None

    async def call(self, keys: Sequence[str], numbers: Iterable[str]) -> bytes:
        """What the script returns, a text; raises one of `FAILURES`."""
        return await self.call_packed(Packed.of(keys, numbers))

    async def call_packed(self, asked: Packed) -> bytes:
        """As `call`."""
        if len(self._waiting) >= _WAITING:
            raise TimeoutError("too many calls wait for Redis")
        answer: _Answer = asyncio.get_running_loop().create_future()
        self._put(asked, answer)
        return await answer

    def post(self, asked: Packed) -> bool:
        """Call soon, without an answer; False when too many calls wait already."""
        if len(self._waiting) >= _WAITING:
            return False
        self._put(asked, None)
        return True

    async def delete(self, key: str) -> None:
        """Raises one of `FAILURES`."""
        async with asyncio.timeout(_DEADLINE_S):
            await cast("Any", self._redis.delete(key))

    async def flush(self) -> None:
        """Wait until everything that was posted has arrived, or is known to be lost."""
        while self._sender is not None and not self._sender.done():
            await asyncio.wait((self._sender,))

    async def close(self) -> None:
        await self.flush()
        await self._redis.aclose()

    def _put(self, asked: Packed, answer: _Answer | None) -> None:
        command = b"*%d\r\n%b%b" % (2 + asked.length, self._name, asked.parts)
        self._waiting.append((command, answer))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all())
            self._sender.add_done_callback(self._on_end)

    def _on_end(self, sender: asyncio.Task[None]) -> None:
        """Nothing is left then, unless it was ended in the middle of its work."""
        if sender is self._sender:
            self._fail([], ConnectionAbortedError("the sender was ended"))

    async def _send_all(self) -> None:
        while self._waiting:
            await self._send_some()

    async def _send_some(self) -> None:
        """Over a line that is kept: to take one from the pool costs as much as a call."""
        if self._line is None:
            pool = cast("Any", self._redis.connection_pool)
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    self._line = await pool.get_connection()
            except FAILURES as error:
                self._fail([], error)
                return
        await self._send_batch(self._line)

    async def _send_batch(self, line: Any) -> None:
        batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        try:
            # One deadline for the whole trip: redis-py would set a timer for every answer.
            async with asyncio.timeout(_DEADLINE_S):
                answers = await self._send(line, batch)
        except FAILURES as error:
            # An answer that comes late must find nobody.
            await line.disconnect(nowait=True)
            # Those behind them would only wait for the same failure.
            self._fail(batch, error)
        except BaseException:
            await line.disconnect(nowait=True)
            self._fail(batch, ConnectionAbortedError("the sender was ended"))
            raise
        else:
            _answer(batch, answers)

    async def _send(self, line: Any, batch: Sequence[_Call]) -> list[Any]:
        was_open = line.is_connected
        try:
            return await self._ask(line, batch)
        except RedisConnectionError:
            if not was_open:
                raise
            # The server hung up while the line was idle, or it restarted: it is called anew.
            return await self._ask(line, batch)

    async def _ask(self, line: Any, batch: Sequence[_Call]) -> list[Any]:
        answers = await _exchange(line, [command for command, _ in batch])
        forgotten = [i for i, each in enumerate(answers) if isinstance(each, NoScriptError)]
        if forgotten:
            # A restarted or flushed server has forgotten the script.
            again = [batch[place][0] for place in forgotten]
            told = await _exchange(line, [self._load, *again])
            for place, answer in zip(forgotten, told[1:], strict=True):
                answers[place] = answer
        return answers

    def _fail(self, batch: Sequence[_Call], error: Exception) -> None:
        lost = [*batch, *self._waiting]
        self._waiting.clear()
        _answer(lost, [error] * len(lost))


async def _exchange(line: Any, commands: Sequence[bytes]) -> list[Any]:
    """One write, then the answers in order; a refusal is an answer, too."""
    await line.send_packed_command((b"".join(commands),), check_health=False)
    answers: list[Any] = []
    for _ in commands:
        try:
            answers.append(await line.read_response(disable_decoding=True))
        except ResponseError as error:
            answers.append(error)
    return answers


def _answer(calls: Sequence[_Call], answers: Sequence[Any]) -> None:
    for (_, waiting), answer in zip(calls, answers, strict=True):
        if waiting is None or waiting.done():
            continue
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)


def _connect(redis_url: str, client_name: str) -> Redis:
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=_DEADLINE_S,
        client_name=client_name,
    )
