"""Passwords: Argon2id at a bounded concurrency, off the event loop.

19 MiB and two passes (the OWASP minimum) cost about 25 ms of one core; the bound keeps a flood of
sign-ins from taking the machine's memory.
"""

import asyncio
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from vectal.auth.errors import ThrottledError
from vectal.platform.errors import InvalidInputError

MIN_CHARS: Final = 10
MAX_CHARS: Final = 256
_MAX_WAITING: Final = 64

# The first guesses of anyone who tries; all at least MIN_CHARS long.
_GUESSES: Final = """
1234567890 0123456789 0987654321 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456
password12 password123 password1234 password12345 passw0rd123 iloveyou123 letmein123 welcome123
admin12345 administrator changeme123 12345678910 1234567891 123456789a abcdefghij abcd123456
football123 basketball superman123 trustno1234 vectal1234
"""
_GUESSED_FIRST: Final = frozenset(_GUESSES.split())


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`new_hash` is set when the stored one was made at another cost."""

    ok: bool
    new_hash: str | None = None


def check_new_password(password: str, email: str, *, pointer: str = "/password") -> None:
    """Refuse what an attacker tries first; length is bounded by the wire shape."""
    folded = _normal(password).casefold()
    weak = (
        len(set(folded)) < 4  # noqa: PLR2004 - four different characters
        or folded in _GUESSED_FIRST
        or folded == email.casefold()
    )
    if len(_normal(password)) < MIN_CHARS or weak:
        raise InvalidInputError(
            f"Choose at least {MIN_CHARS} characters that are hard to guess.", pointer=pointer
        )


class Passwords:
    """Hashes and verifies; at most `concurrency` at once, at most 64 waiting."""

    def __init__(self, cost: Argon2Cost | None = None, *, concurrency: int | None = None) -> None:
        cost = cost or Argon2Cost()
        self._hasher = _hasher(cost)
        self._cost = cost
        self._threads = ThreadPoolExecutor(
            concurrency or max(2, (os.cpu_count() or 2) // 2), thread_name_prefix="argon2"
        )
        self._waiting = 0

    def prepare(self) -> None:
        """Do once what the first sign-in to no account would else take longer for.

        It takes as long as a sign-in; a server does it before it lets anybody sign in.
        """
        _hash_of_nobody(self._cost)

    async def hash(self, password: str) -> str:
        return await self._run(_normal(password), None)

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """`stored` None means no such account: the same work, then no."""
        hashed = await self._run(_normal(password), stored or _hash_of_nobody(self._cost))
        if stored is None or hashed == "":
            return Verdict(ok=False)
        return Verdict(ok=True, new_hash=hashed if hashed != stored else None)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, password: str, stored: str | None) -> str:
        if self._waiting >= _MAX_WAITING:
            raise ThrottledError(headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._work, password, stored)
        finally:
            self._waiting -= 1

    def _work(self, password: str, stored: str | None) -> str:
        """Without `stored` a new hash; with it that or a newer one when it fits, else ""."""
        if stored is None:
            return self._hasher.hash(password)
        try:
            ok, new_hash = self._hasher.verify_and_update(password, stored)
        except UnknownHashError:
            return ""
        return (new_hash or stored) if ok else ""


def _normal(password: str) -> str:
    """Keyboards and systems compose the same letter differently (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=8)
def _hasher(cost: Argon2Cost) -> PasswordHash:
    return PasswordHash(
        (Argon2Hasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes),)
    )


@lru_cache(maxsize=8)
def _hash_of_nobody(cost: Argon2Cost) -> str:
    """Verified when there is no such account, so that the answer takes as long."""
    return _hasher(cost).hash(os.urandom(16).hex())
