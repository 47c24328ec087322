"""The WebSocket at `/ws`: JSON text frames, one connection, several channels.

Only the protocol: who may speak, in which form, how much. What is heard comes from
`realtime.service`. A reader who is too slow is let go (1013) and resumes with its last ids.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from vectal.auth.asking import Authenticator
from vectal.auth.credentials import Credential
from vectal.auth.principal import Principal
from vectal.platform.clock import monotonic, utc_now
from vectal.platform.errors import AppError
from vectal.platform.ids import new_id
from vectal.platform.telemetry import gauge, get_logger
from vectal.realtime.contracts import Delivery, Update
from vectal.realtime.service import RealtimeService

_log = get_logger(__name__)
_open_sockets = gauge("gateway_websockets_open", "Open WebSocket connections.")

HELLO_S: Final = 5.0
HEARTBEAT_S: Final = 20.0
SILENCE_S: Final = 3 * HEARTBEAT_S
SEND_S: Final = 10.0
MAX_MESSAGE_CHARS: Final = 8_192
MAX_SUBSCRIPTIONS: Final = 32
MAX_SOCKETS_PER_USER: Final = 64
MAX_SOCKETS: Final = 20_000
MESSAGES_PER_S: Final = 20.0
BURST: Final = 60.0

UNAUTHENTICATED: Final = 4401
HELLO_LATE: Final = 4408
TOO_MANY: Final = 4429
TOO_BIG: Final = 1009
GOING_AWAY: Final = 1001
RESTARTING: Final = 1012
TOO_SLOW: Final = 1013


class Hello(msgspec.Struct, tag="hello", forbid_unknown_fields=True):
    token: str
    workspace_id: UUID | None = None


class Subscribe(msgspec.Struct, tag="subscribe", forbid_unknown_fields=True):
    channel: str
    after: str | None = None


class Unsubscribe(msgspec.Struct, tag="unsubscribe", forbid_unknown_fields=True):
    channel: str


class Ping(msgspec.Struct, tag="ping", forbid_unknown_fields=True):
    pass


class Pong(msgspec.Struct, tag="pong", forbid_unknown_fields=True):
    pass


Incoming = Hello | Subscribe | Unsubscribe | Ping | Pong
MESSAGES: Final = (Hello, Subscribe, Unsubscribe, Ping, Pong)
"""Every message that a client may send; the policy matrix walks over them."""

_decoder: Final = msgspec.json.Decoder(Incoming)
_encode: Final = msgspec.json.encode

router = APIRouter()


class _ClosedError(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.websocket("/ws")
async def websocket(socket: WebSocket) -> None:
    """Live updates; see the guide `docs/guides/realtime-api.md`."""
    services: Any = socket.app.state.services
    await socket.accept()
    connection = Connection(socket, services.realtime, services.auth)
    _open_sockets.inc()
    try:
        await connection.serve()
    except _ClosedError as closed:
        await _close(socket, closed.code, closed.reason)
    except WebSocketDisconnect:
        pass
    finally:
        _open_sockets.dec()


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        try:
            async with asyncio.timeout(SEND_S):
                await socket.close(code, reason)
        except (RuntimeError, TimeoutError, WebSocketDisconnect) as error:
            _log.debug("websocket.close_failed", error=repr(error))


class Admission:
    """How many connections this process and each person have open."""

    def __init__(self) -> None:
        self._by_user: Counter[UUID] = Counter()

    def count(self, user_id: UUID) -> int:
        return self._by_user[user_id]

    @contextmanager
    def admit(self, user_id: UUID) -> Generator[None]:
        if self._by_user[user_id] >= MAX_SOCKETS_PER_USER or self._by_user.total() >= MAX_SOCKETS:
            raise _ClosedError(TOO_MANY, "too many connections")
        self._by_user[user_id] += 1
        try:
            yield
        finally:
            self._by_user[user_id] -= 1
            if not self._by_user[user_id]:
                del self._by_user[user_id]


admission: Final = Admission()


class _Allowance:
    """A token bucket for what a client says."""

    def __init__(self) -> None:
        self._left = BURST
        self._at = monotonic()

    def spend(self) -> bool:
        now = monotonic()
        self._left = min(BURST, self._left + (now - self._at) * MESSAGES_PER_S)
        self._at = now
        self._left -= 1
        return self._left >= 0


class Connection:
    """One client: who it speaks for, what it hears."""

    def __init__(
        self,
        socket: WebSocket,
        realtime: RealtimeService[Principal],
        authenticator: Authenticator,
    ) -> None:
        self._socket = socket
        self._realtime = realtime
        self._authenticator = authenticator
        self._allowance = _Allowance()
        self._sending = asyncio.Lock()
        self._over = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard_at = monotonic()
        self._expires_at: datetime | None = None
        self._pumps: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until either side ends; raises `_ClosedError` or `WebSocketDisconnect`."""
        principal = await self._hear_hello()
        with admission.admit(principal.user_id), self._realtime.until_over(principal, self._over):
            await self._send(
                {"type": "welcome", "connection_id": str(new_id()), "heartbeat_s": HEARTBEAT_S}
            )
            tasks = {
                asyncio.create_task(self._read(principal)),
                asyncio.create_task(self._pulse()),
                asyncio.create_task(self._watch()),
            }
            try:
                done, _ = await asyncio.wait(
                    {*tasks, self._failed}, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                await _end_all([*tasks, *self._pumps.values()])
            for ended in done:
                ended.result()

    async def _hear_hello(self) -> Principal:
        try:
            async with asyncio.timeout(HELLO_S):
                message = await self._receive()
        except TimeoutError as error:
            raise _ClosedError(HELLO_LATE, "no hello") from error
        if not isinstance(message, Hello):
            raise _ClosedError(UNAUTHENTICATED, "say hello first")
        return await self._authenticate(message)

    async def _authenticate(self, hello: Hello) -> Principal:
        if not hello.token or len(hello.token) > MAX_MESSAGE_CHARS // 2:
            raise _ClosedError(UNAUTHENTICATED, "no token")
        try:
            principal = await self._authenticator.authenticate(
                Credential(hello.token), hello.workspace_id
            )
        except AppError as error:
            raise _ClosedError(UNAUTHENTICATED, error.code) from error
        self._expires_at = _expiry_of(hello.token) if principal.session_id else None
        return principal

    async def _read(self, principal: Principal) -> None:
        while True:
            message = await self._receive()
            if isinstance(message, Hello):
                again = await self._authenticate(message)
                if (again.user_id, again.workspace_id) != (
                    principal.user_id,
                    principal.workspace_id,
                ):
                    raise _ClosedError(UNAUTHENTICATED, "another account or workspace")
            elif isinstance(message, Subscribe):
                await self._subscribe(principal, message)
            elif isinstance(message, Unsubscribe):
                await self._unsubscribe(message.channel)
            elif isinstance(message, Ping):
                await self._send({"type": "pong"})

    async def _receive(self) -> Incoming | None:
        """The next message; None for one that can't be read, which is told."""
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code") or GOING_AWAY)
        self._heard_at = monotonic()
        if not self._allowance.spend():
            raise _ClosedError(TOO_MANY, "too many messages")
        raw: str | None = received.get("text")
        if raw is None:
            await self._send_error("realtime.bad_message", "Send JSON as text frames.", None)
            return None
        if len(raw) > MAX_MESSAGE_CHARS:
            raise _ClosedError(TOO_BIG, "message too big")
        try:
            return _decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            await self._send_error("realtime.bad_message", str(error)[:200], None)
            return None

    async def _subscribe(self, principal: Principal, message: Subscribe) -> None:
        channel = message.channel
        await self._unsubscribe(channel)
        if len(self._pumps) >= MAX_SUBSCRIPTIONS:
            detail = f"At most {MAX_SUBSCRIPTIONS} channels at once."
            await self._send_error("realtime.too_many_channels", detail, channel)
            return
        try:
            stream = await self._realtime.open(principal, channel, message.after)
        except AppError as error:
            await self._send_error(error.code, error.detail, channel)
            return
        await self._send({"type": "subscribed", "channel": channel, "cursor": stream.cursor})
        self._pumps[channel] = asyncio.create_task(self._pump(channel, stream.deliveries))

    async def _unsubscribe(self, channel: str) -> None:
        pump = self._pumps.pop(channel, None)
        if pump is not None:
            await _end_all([pump])

    async def _pump(self, channel: str, deliveries: AsyncGenerator[Delivery, None]) -> None:
        """Pass on what the channel delivers, no faster than the client takes it."""
        try:
            async with aclosing(deliveries):
                async for delivery in deliveries:
                    await self._send(_shape(channel, delivery))
        except AppError as error:
            await self._send_error(error.code, error.detail, channel)
        except _ClosedError as closed:
            if not self._failed.done():
                self._failed.set_exception(closed)
        except WebSocketDisconnect:
            pass  # the reader has heard of it too
        except Exception as error:  # noqa: BLE001 - one channel's failure must not end the others
            _log.warning("websocket.channel_failed", channel=channel, error=repr(error))
            await self._send_error("unavailable", "Subscribe again in a moment.", channel)
        finally:
            if self._pumps.get(channel) is asyncio.current_task():
                del self._pumps[channel]

    async def _pulse(self) -> None:
        """Ping the client, and end when it is silent or its token has run out."""
        while True:
            pause = HEARTBEAT_S
            if self._expires_at is not None:
                left = (self._expires_at - utc_now()).total_seconds()
                if left <= 0:
                    raise _ClosedError(UNAUTHENTICATED, "token expired; say hello with a new one")
                pause = min(pause, left)
            await asyncio.sleep(pause)
            if monotonic() - self._heard_at > SILENCE_S:
                raise _ClosedError(GOING_AWAY, "silent for too long")
            await self._send({"type": "ping"})

    async def _watch(self) -> None:
        await self._over.wait()
        if self._realtime.is_draining:
            raise _ClosedError(RESTARTING, "server restarts")
        raise _ClosedError(UNAUTHENTICATED, "revoked")

    async def _send_error(self, code: str, detail: str, channel: str | None) -> None:
        await self._send({"type": "error", "code": code, "detail": detail, "channel": channel})

    async def _send(self, message: Any) -> None:
        text = _encode(message).decode()
        try:
            async with asyncio.timeout(SEND_S), self._sending:
                await self._socket.send({"type": "websocket.send", "text": text})
        except TimeoutError as error:
            raise _ClosedError(TOO_SLOW, "reads too slowly") from error
        except RuntimeError as error:  # the socket was closed while this waited for its turn
            raise WebSocketDisconnect(GOING_AWAY) from error


def _shape(channel: str, delivery: Delivery) -> dict[str, Any]:
    if isinstance(delivery, Update):
        return {
            "type": "update",
            "channel": channel,
            "id": delivery.id,
            "event": delivery.event,
            "data": msgspec.Raw(delivery.data),
        }
    return {"type": "resync", "channel": channel}


def _expiry_of(token: str) -> datetime | None:
    """When a verified access token runs out; its signature was checked a moment ago."""
    try:
        payload = token.split(".")[1]
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        claims: Any = msgspec.json.decode(raw)
        return datetime.fromtimestamp(claims["exp"], utc_now().tzinfo)
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


async def _end_all(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=SEND_S)
