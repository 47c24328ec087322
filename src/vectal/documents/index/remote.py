"""What stores over HTTP have in common: a deadline for each call, few retries, one way to fail.

Every call leaves through `platform/http`, so each has its row in the egress ledger.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorEntry, VectorHit, VectorSpace
from vectal.platform.db import DataScope
from vectal.platform.http import Caller, HttpCallError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.http.messages import HttpResponse
from vectal.platform.resilience import BreakerOpenError, RetryRule
from vectal.platform.telemetry import get_logger

EVERYBODY: Final = "everybody"
"""Stands for no owner: filters of stores don't know what to do with nothing."""
FILES_AT_ONCE: Final = 500
"""A filter names no more files; a longer list is asked in parts."""
NOBODY: Final = UUID(int=0)
"""Acts for a workspace as a whole."""
_PURPOSE: Final = "vector store"
_LIMITS: Final = HttpLimits(
    total_s=20.0, connect_s=5.0, first_byte_s=15.0, idle_s=10.0, max_bytes=32 << 20
)
_RETRY: Final = RetryRule(attempts=3, first_s=0.1, longest_s=2.0)
_PARTS_AT_ONCE: Final = 4
_TOLD: Final = 300

T = TypeVar("T")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoreHttp:
    """The way to one store. What is asked of it may be asked twice: all of it is idempotent."""

    client: HttpClient
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    async def ask(
        self,
        scope: DataScope,
        method: str,
        path: str,
        body: object = None,
        *,
        also: Collection[int] = (),
    ) -> HttpResponse:
        """An answer of success, or of a status in `also`. Raises `VectorsUnavailableError`."""
        headers, content = self.headers, b""
        if body is not None:
            headers = {**headers, "content-type": "application/json"}
            content = msgspec.json.encode(body)
        request = HttpRequest(
            method, self.base_url + path, headers, content, _LIMITS, _RETRY, may_repeat=True
        )
        caller = Caller(
            _PURPOSE, scope.workspace_id, None if scope.user_id == NOBODY else scope.user_id
        )
        try:
            response = await self.client.send(request, caller)
        except (HttpCallError, BreakerOpenError) as error:
            raise VectorsUnavailableError from error
        if response.ok or response.status in also:
            return response
        raise refused(response)


def refused(response: HttpResponse) -> VectorsUnavailableError:
    """A store that answers and will not: a wrong key, or a request that it does not take."""
    words = response.body[:_TOLD].decode(errors="replace")
    _log.warning("documents.store_refuses", status=response.status, says=words)
    return VectorsUnavailableError(f"It answers with status {response.status}.")


def read(response: HttpResponse, shape: type[T]) -> T:
    """The body as `shape`. Raises `VectorsUnavailableError` when it is something else."""
    try:
        return response.json(shape)
    except HttpCallError as error:
        raise VectorsUnavailableError("Its answer can't be understood.") from error


@contextmanager
def understood() -> Generator[None]:
    """Around whatever takes an answer apart: what a store says is not to be trusted."""
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise VectorsUnavailableError("Its answer can't be understood.") from error


def name_of(space: VectorSpace) -> str:
    """A name that every store takes, one for each space: 24 hex digits."""
    told = f"{space.model_id}\n{space.dimensions}".encode()
    return hashlib.sha256(told).hexdigest()[:24]


def owner_of(owner_id: UUID | None) -> str:
    return EVERYBODY if owner_id is None else str(owner_id)


def read_owner(text: str) -> UUID | None:
    return None if text == EVERYBODY else UUID(text)


def owners_for(scope: DataScope) -> list[str]:
    """Whose vectors a person may find."""
    return [EVERYBODY, str(scope.user_id)]


def in_batches(
    entries: Sequence[VectorEntry], numbers: int, most: int
) -> list[Sequence[VectorEntry]]:
    """As many together as hold no more than `numbers` numbers, and no more than `most`."""
    if not entries:
        return []
    size = max(1, min(most, numbers // max(1, len(entries[0].vector))))
    return [entries[start : start + size] for start in range(0, len(entries), size)]


async def ask_in_parts(
    ask: Callable[[Sequence[str] | None], Awaitable[list[VectorHit]]],
    file_ids: Collection[UUID] | None,
    limit: int,
) -> list[VectorHit]:
    """The nearest of all files, asked for so many files at a time as a filter takes."""
    if file_ids is None:
        return await ask(None)
    if not file_ids or limit < 1:
        return []
    names = sorted(str(each) for each in file_ids)
    turns = asyncio.Semaphore(_PARTS_AT_ONCE)

    async def ask_one(part: Sequence[str]) -> list[VectorHit]:
        async with turns:
            return await ask(part)

    parts = [names[start : start + FILES_AT_ONCE] for start in range(0, len(names), FILES_AT_ONCE)]
    found = await asyncio.gather(*(ask_one(part) for part in parts))
    hits = [hit for part in found for hit in part]
    return sorted(hits, key=lambda hit: -hit.similarity)[:limit]
