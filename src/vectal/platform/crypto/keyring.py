"""The keyring: seals and opens under owners' data keys, and hashes words under their index keys.

Keys are made when an owner first needs one, in the owner's own transaction. Unwrapped keys stay in
memory for a minute at most, so that a key destroyed elsewhere is soon of no use here.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import envelope, repository
from vectal.platform.crypto.contracts import Aad, KeyOwner, Purpose
from vectal.platform.crypto.errors import ErasedError, UnreadableError
from vectal.platform.crypto.ports import KeyWrapper
from vectal.platform.crypto.repository import StoredKey
from vectal.platform.db import Database, ReadSession, WriteSession
from vectal.platform.telemetry import counter, get_logger

WORD_BYTES: Final = 16
CAPACITY: Final = 10_000
TTL_S: Final = 60.0
BATCH: Final = 100

_CacheKey = tuple[KeyOwner, Purpose, int]
_NEWEST: Final = 0

_log = get_logger(__name__)
_unwrapped = counter("crypto_keys_unwrapped_total", "Data keys unwrapped, not found in memory.")


@dataclass(frozen=True, slots=True)
class _LiveKey:
    version: int
    key: bytes
    cipher: AESGCM
    until: float


class Keyring:
    """One a process. A session must act for the owner: row security hides other owners' keys."""

    def __init__(
        self,
        wrapper: KeyWrapper,
        *,
        clock: Clock | None = None,
        capacity: int = CAPACITY,
        ttl_s: float = TTL_S,
    ) -> None:
        self._wrapper = wrapper
        self._clock = clock or SystemClock()
        self._capacity = capacity
        self._ttl_s = ttl_s
        self._live: OrderedDict[_CacheKey, _LiveKey] = OrderedDict()

    @property
    def size(self) -> int:
        """How many unwrapped keys are in memory."""
        return len(self._live)

    async def seal(
        self, session: ReadSession, owner: KeyOwner, plaintext: bytes, aad: Aad
    ) -> bytes:
        """Seal under the owner's newest key; the first call for an owner needs a `WriteSession`.

        Raises `ErasedError` when the owner's keys were destroyed.
        """
        live = await self._newest_or_new(session, owner, "content")
        bound = aad.encode(owner, live.version)
        return envelope.seal(live.cipher, live.version, plaintext, bound)

    def seal_at_once(self, owner: KeyOwner, plaintext: bytes, aad: Aad) -> bytes | None:
        """Seal with the key in memory, for hot paths; None when it has to be looked up."""
        live = self._find_live((owner, "content", _NEWEST))
        if live is None:
            return None
        bound = aad.encode(owner, live.version)
        return envelope.seal(live.cipher, live.version, plaintext, bound)

    async def open(self, session: ReadSession, owner: KeyOwner, sealed: bytes, aad: Aad) -> bytes:
        """Open what `seal` made for the same owner and place.

        Raises `UnreadableError` for anything else, `ErasedError` when its key was destroyed.
        """
        version = envelope.version_of(sealed)
        live = self._find_live((owner, "content", version))
        if live is None:
            stored = await repository.find_version(session, owner, "content", version)
            if stored is None:
                raise UnreadableError
            live = await self._unwrap(stored)
        return envelope.open_sealed(live.cipher, sealed, aad.encode(owner, version))

    async def blind_index(
        self, session: ReadSession, owner: KeyOwner, words: Iterable[str]
    ) -> list[bytes]:
        """Each word as 16 bytes that only the owner's index key can make.

        An owner without one, asked in a `ReadSession`, gets words that match nothing.
        """
        live = await self._find_newest(session, owner, "index")
        if live is None and not isinstance(session, WriteSession):
            key = envelope.new_key()
        else:
            key = (live or await self._newest_or_new(session, owner, "index")).key
        return [
            hmac.digest(key, word.encode(errors="surrogatepass"), hashlib.sha256)[:WORD_BYTES]
            for word in words
        ]

    async def reissue(self, session: WriteSession, owner: KeyOwner) -> int:
        """Give the owner a new content key for what is sealed from now on; return its version."""
        newest = await repository.find_newest(session, owner, "content")
        if newest is not None and newest.wrapped is None:
            raise ErasedError
        version = 1 if newest is None else newest.version + 1
        await self._create(session, owner, "content", version)
        self._forget(owner)
        return version

    async def destroy(self, session: WriteSession, owner: KeyOwner) -> int:
        """Erase all that the owner's keys ever sealed, backups after their retention too.

        Other processes may still open it for a minute. `session` is a system transaction.
        """
        count = await repository.destroy_all(session, owner)
        self._forget(owner)
        session.after_commit(lambda: self._forget(owner))
        return count

    async def rewrap_all(self, database: Database) -> int:
        """Wrap every data key under the current master key; servers go on meanwhile."""
        current, total = await self._wrapper.current_id(), 0
        while True:
            async with database.system("crypto rotation") as session:
                keys = await repository.lock_wrapped_otherwise(session, current, BATCH)
                for stored in keys:
                    await self._rewrap(session, stored)
            total += len(keys)
            if len(keys) < BATCH:
                break
        _log.info("crypto.rewrapped", count=total)
        return total

    async def reissue_all(self, database: Database) -> int:
        """Give every owner a new content key; old ones go on opening what they sealed."""
        after, total = ("", UUID(int=0)), 0
        while True:
            async with database.system("crypto rotation") as session:
                owners = await repository.list_owners(session, after, BATCH)
                for owner in owners:
                    await self.reissue(session, owner)
            total += len(owners)
            if len(owners) < BATCH:
                return total
            after = (owners[-1].kind, owners[-1].id)

    async def _rewrap(self, session: WriteSession, stored: StoredKey) -> None:
        if stored.wrapped is None:
            return
        context = _context(stored.owner, stored.purpose, stored.version)
        key = await self._wrapper.unwrap(stored.wrapped, context)
        wrapped = await self._wrapper.wrap(key, context)
        await repository.replace_wrapping(session, stored, wrapped)

    async def _newest_or_new(
        self, session: ReadSession, owner: KeyOwner, purpose: Purpose
    ) -> _LiveKey:
        live = await self._find_newest(session, owner, purpose)
        if live is not None:
            return live
        if not isinstance(session, WriteSession):
            raise TypeError(f"{owner.kind} {owner.id} has no {purpose} key; making one is a write")
        await self._create(session, owner, purpose, 1)
        live = await self._find_newest(session, owner, purpose)
        if live is None:
            raise RuntimeError(f"the scope of this session may not hold keys of {owner.kind}s")
        return live

    async def _find_newest(
        self, session: ReadSession, owner: KeyOwner, purpose: Purpose
    ) -> _LiveKey | None:
        live = self._find_live((owner, purpose, _NEWEST))
        if live is None:
            stored = await repository.find_newest(session, owner, purpose)
            if stored is None:
                return None
            live = await self._unwrap(stored)
            if stored.is_settled:
                self._remember((owner, purpose, _NEWEST), live)
        return live

    async def _create(
        self, session: WriteSession, owner: KeyOwner, purpose: Purpose, version: int
    ) -> None:
        wrapped = await self._wrapper.wrap(envelope.new_key(), _context(owner, purpose, version))
        await repository.add(session, owner, purpose, version, wrapped)

    async def _unwrap(self, stored: StoredKey) -> _LiveKey:
        if stored.wrapped is None:
            raise ErasedError
        context = _context(stored.owner, stored.purpose, stored.version)
        key = await self._wrapper.unwrap(stored.wrapped, context)
        _unwrapped.inc()
        until = self._clock.monotonic() + self._ttl_s
        live = _LiveKey(stored.version, key, AESGCM(key), until)
        if stored.is_settled:
            self._remember((stored.owner, stored.purpose, stored.version), live)
        return live

    def _find_live(self, name: _CacheKey) -> _LiveKey | None:
        live = self._live.get(name)
        if live is None:
            return None
        if live.until <= self._clock.monotonic():
            del self._live[name]
            return None
        self._live.move_to_end(name)
        return live

    def _remember(self, name: _CacheKey, live: _LiveKey) -> None:
        self._live[name] = live
        while len(self._live) > self._capacity:
            self._live.popitem(last=False)

    def _forget(self, owner: KeyOwner) -> None:
        for name in [name for name in self._live if name[0] == owner]:
            del self._live[name]


def _context(owner: KeyOwner, purpose: Purpose, version: int) -> bytes:
    """What a wrapped key is bound to: moved to another owner's row it does not unwrap."""
    return f"vectal data key {owner.kind} {owner.id} {purpose} {version}".encode()
