"""Idempotent POSTs: the effect and its stored answer share one transaction.

A second request with the same key waits on the first one's row, then gets the same status and
body. With another body it is refused. A failed request stores nothing, so it may be retried. Answers
tell what people write, so they are sealed under the key of the person who asked.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import Request, Response
from fastapi.routing import APIRoute

from vectal.platform.clock import utc_now
from vectal.platform.crypto import Aad, Keyring, KeyOwner
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.web import repository

HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 200
_MAX_STORED_BYTES = 1 << 20
KEEP_ANSWERS = timedelta(days=2)

# Requests of this process that share a key queue here, not each on a pooled connection.
_in_process: WeakValueDictionary[tuple[UUID, UUID, str], asyncio.Lock] = WeakValueDictionary()

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ScopeResolver(Protocol):
    """Says who asks, before the route's own dependencies run; None for a public route."""

    async def __call__(self, request: Request) -> DataScope | None: ...


class IdempotentRoute(APIRoute):
    """An APIRoute whose POSTs honour the Idempotency-Key header.

    `app.state` has `database`, `keyring` and `resolve_scope`, set by the gateway.
    """

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return handler

        async def idempotent(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or "text/event-stream" in request.headers.get("accept", ""):
                # A stream has no body to store: its route keeps the key itself.
                return await handler(request)
            if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isprintable():
                raise InvalidInputError(
                    f"Idempotency-Key takes 1 to {MAX_KEY_CHARS} printable characters"
                )
            resolve: ScopeResolver = request.app.state.resolve_scope
            scope = await resolve(request)
            if scope is None:
                return await handler(request)
            lock = _in_process.setdefault((scope.workspace_id, scope.user_id, key), asyncio.Lock())
            async with lock:
                return await _once(request, scope, key, handler)

        return idempotent


async def _once(
    request: Request,
    scope: DataScope,
    key: str,
    handler: Callable[[Request], Awaitable[Response]],
) -> Response:
    database: Database = request.app.state.database
    fingerprint = hashlib.sha256(
        b"\0".join((request.method.encode(), request.url.path.encode(), await request.body()))
    ).digest()
    async with database.transaction(scope) as session:
        if not await repository.claim(session, scope, key, fingerprint):
            return await _replay(request, session, scope, key, fingerprint)
        response = await handler(request)
        body = bytes(response.body) if type(response.body) is bytes else b""
        if len(body) <= _MAX_STORED_BYTES:
            headers = {"content-type": response.headers.get("content-type", "")}
            keyring: Keyring = request.app.state.keyring
            owner, place = KeyOwner.user(scope.user_id), _place(scope, key)
            sealed = await keyring.seal(session, owner, body, place)
            await repository.store(session, scope, key, response.status_code, headers, sealed)
        return response


async def _replay(
    request: Request, session: WriteSession, scope: DataScope, key: str, fingerprint: bytes
) -> Response:
    stored = await repository.find(session, scope, key)
    if stored is None or stored.fingerprint != fingerprint:
        raise IdempotencyMismatchError
    headers = {name: value for name, value in (stored.headers or {}).items() if value}
    headers["Idempotency-Replayed"] = "true"
    body = stored.body or b""
    if stored.is_sealed:
        keyring: Keyring = request.app.state.keyring
        owner, place = KeyOwner.user(scope.user_id), _place(scope, key)
        body = await keyring.open(session, owner, body, place)
    return Response(body, status_code=stored.status or 200, headers=headers)


def _place(scope: DataScope, key: str) -> Aad:
    return Aad("idempotency_keys", "body", key, scope.workspace_id)


async def purge_answers(database: Database, keep: timedelta = KEEP_ANSWERS) -> int:
    """Forget stored answers past `keep`; run by the scheduler."""
    async with database.system("idempotency purge") as session:
        return await repository.purge(session, utc_now() - keep)
