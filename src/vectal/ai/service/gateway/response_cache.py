"""Answers that are kept for a while, for the key that asked and for the very same question.

Redis holds them sealed under the workspace's key, by names that only that key can make, so that
Redis tells neither what was asked nor who asked. A key that is destroyed takes them with it. What
can't be read, for whatever reason, is a miss.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from vectal.ai.proxy.wires.port import BadCallError
from vectal.platform.background import end_tasks
from vectal.platform.crypto import Aad, ErasedError, KeyOwner, Keyring, UnreadableError
from vectal.platform.db import Database, ReadSession, Scope
from vectal.platform.redis_script import FAILURES, RedisScript
from vectal.platform.telemetry import get_logger

MAX_ENTRY_BYTES: Final = 1 << 20
MAX_WORKSPACE_BYTES: Final = 64 << 20
"""Of all answers of a workspace; the next to expire make room."""
_LEAST_BYTES: Final = 32 << 10
"""What an entry counts at least, so that there are never many of them."""
_MAX_KEEPING: Final = 64
_PREFIX: Final = "vectal:answers:"
# Gets an entry, or puts one and makes room for it. An index holds the sizes of a workspace.
_SCRIPT: Final = """
if ARGV[1] == 'get' then
    return redis.call('GET', KEYS[1]) or ''
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local total = tonumber(ARGV[4])
local kept = {}
for _, each in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local size, key = string.match(each, '^(%d+) (.*)$')
    if size == nil or key == KEYS[1] then
        redis.call('ZREM', KEYS[2], each)
    else
        total = total + tonumber(size)
        kept[#kept + 1] = {each, tonumber(size), key}
    end
end
for _, each in ipairs(kept) do
    if total <= tonumber(ARGV[5]) then break end
    redis.call('ZREM', KEYS[2], each[1])
    redis.call('DEL', each[3])
    total = total - each[2]
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[4] .. ' ' .. KEYS[1])
redis.call('PEXPIRE', KEYS[2], 86400000)
return ''
"""

_Name: TypeAlias = tuple[UUID, str, str, str, str, str, str]

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """All that an answer depends on. Two that are equal may have the same answer."""

    scope: Scope
    credential: str
    """What the person asked with: keys of one person may be in the hands of several."""
    wire: str
    body: bytes = field(repr=False)
    target: str
    """The offer that the router chose, and how hard it is to think."""
    conditions: str
    """The rest of it: guardrails, the key's cap, what the vendor's headers ask for."""


class Kept(msgspec.Struct, frozen=True):
    """An answer as it went to the client; `pieces` are those of its stream."""

    headers: dict[str, str]
    pieces: list[bytes]
    is_stream: bool


class Collector:
    """The pieces of an answer while they pass; None once they are too many to be kept."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._bytes = 0

    def add(self, piece: bytes) -> None:
        self._bytes += len(piece)
        if self._bytes > MAX_ENTRY_BYTES:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def kept(self, headers: Mapping[str, str], *, is_stream: bool) -> Kept | None:
        """The whole answer, if it may be kept."""
        if not self._pieces or self._bytes > MAX_ENTRY_BYTES:
            return None
        return Kept(dict(headers), self._pieces, is_stream)


class ResponseCache:
    """One a process; without a Redis every question is a miss."""

    def __init__(self, redis_url: str, database: Database, keyring: Keyring) -> None:
        self._script = RedisScript(redis_url, _SCRIPT, "vectal-answers") if redis_url else None
        self._database = database
        self._keyring = keyring
        self._keeping: dict[asyncio.Task[None], tuple[_Name, Kept]] = {}
        """Answers on their way to Redis."""

    async def find(self, question: Question) -> Kept | None:
        """The answer to this question; None is a miss."""
        if self._script is None:
            return None
        name = _name(question)
        for kept_name, answer in reversed(self._keeping.values()):
            if kept_name == name:
                return answer
        try:
            return await self._find(self._script, question.scope, name)
        except FAILURES as error:
            _log.warning("response_cache_unreadable", error=repr(error))
        except (ErasedError, UnreadableError, msgspec.DecodeError, ValueError) as error:
            # Destroyed, moved or forged: it answers nothing.
            _log.info("response_cache_unopened", error=repr(error))
        return None

    async def _find(self, script: RedisScript, scope: Scope, words: _Name) -> Kept | None:
        async with self._database.read(scope) as session:
            name = await self._sealed_name(session, scope, words)
        held = await script.call(_keys(scope, name), ("get",))
        if not held:
            return None
        sealed = b64decode(held, validate=True)
        async with self._database.read(scope) as session:
            opened = await self._keyring.open(session, _owner(scope), sealed, _aad(scope, name))
        return msgspec.msgpack.decode(opened, type=Kept)

    def keep(self, question: Question, answer: Kept, ttl_s: int) -> None:
        """Store it soon; never waits and never fails. Too many at once are left out."""
        if self._script is None or len(self._keeping) >= _MAX_KEEPING:
            return
        try:
            name = _name(question)
        except BadCallError:
            return
        task = asyncio.create_task(self._keep(self._script, question.scope, name, answer, ttl_s))
        # Until it is there, who asks again at once is answered from here.
        self._keeping[task] = (name, answer)
        task.add_done_callback(self._keeping.pop)

    async def flush(self) -> None:
        """Wait until all that is to be kept is, or is lost."""
        if self._keeping:
            await asyncio.wait(set(self._keeping))

    async def close(self) -> None:
        if self._keeping:
            _, late = await asyncio.wait(set(self._keeping), timeout=5.0)
            await end_tasks(late)
        if self._script is not None:
            await self._script.close()

    async def _keep(
        self, script: RedisScript, scope: Scope, words: _Name, answer: Kept, ttl_s: int
    ) -> None:
        try:
            # A transaction that may write: the first answer of a workspace makes its keys.
            async with self._database.transaction(scope) as session:
                name = await self._sealed_name(session, scope, words)
                plain = msgspec.msgpack.encode(answer)
                owner, place = _owner(scope), _aad(scope, name)
                sealed = await self._keyring.seal(session, owner, plain, place)
            size = max(_LEAST_BYTES, len(sealed))
            value = b64encode(sealed).decode()
            numbers = ("put", value, str(ttl_s * 1_000), str(size), str(MAX_WORKSPACE_BYTES))
            await script.call(_keys(scope, name), numbers)
        except Exception:  # noqa: BLE001  (the answer was given; only its copy is lost)
            _log.exception("response_cache_unwritten")

    async def _sealed_name(self, session: ReadSession, scope: Scope, words: _Name) -> str:
        """By the workspace's own index key: nobody else can tell what was asked."""
        text = msgspec.json.encode(words[1:]).decode()
        return (await self._keyring.blind_index(session, _owner(scope), [text]))[0].hex()


def _name(question: Question) -> _Name:
    """The workspace, and all that the answer depends on. Raises BadCallError."""
    return (
        question.scope.workspace_id,
        str(question.scope.user_id),
        question.credential,
        question.wire,
        question.target,
        question.conditions,
        hashlib.sha256(canonical(question.body)).hexdigest(),
    )


def canonical(body: bytes) -> bytes:
    """The body without its blanks, escapes and the order of its members.

    Inside of a member the order stays: a schema's members are written in theirs. Raises
    BadCallError for what is no JSON object.
    """
    try:
        members = msgspec.json.decode(body, type=dict[str, object])
        return msgspec.json.encode(dict(sorted(members.items())))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadCallError("The body is no JSON object.") from error


def _keys(scope: Scope, name: str) -> list[str]:
    # In braces what a cluster keeps together.
    home = f"{_PREFIX}{{{scope.workspace_id}}}:"
    return [f"{home}{name}", f"{home}sizes"]


def _owner(scope: Scope) -> KeyOwner:
    return KeyOwner.workspace(scope.workspace_id)


def _aad(scope: Scope, name: str) -> Aad:
    return Aad("ai_answers", "answer", f"{scope.user_id}/{name}", scope.workspace_id)
