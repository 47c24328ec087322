"""The calls for which nothing has to be waited for but the vendor: answered without a task.

Whoever asks is known, so are his rules, his limits, his budget and the way; a connection to the
vendor is open. Then the request goes out in the turn of the loop in which it came, and the answer
goes back as it is read. All else goes the long way, and so does what turns out to be more than
that: a refusal, another try, another target.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol

from vectal.ai.budgets.reservation import Reservation
from vectal.ai.ports import CallLimits, ProviderFault
from vectal.ai.providers.driver import OK, EventReader, is_event_stream, no_answer
from vectal.ai.providers.egress import HttpEgress, OpenedEgress, fault_of
from vectal.ai.providers.raw import (
    MAX_ANSWER_BYTES,
    RawCall,
    RawEnd,
    RawWire,
    counted,
    decoder_of,
    digest,
    request_of,
    usage_of,
)
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.trying import OneTry
from vectal.ai.proxy.wires.passing import Peek, peek, replace_model, with_usage
from vectal.ai.proxy.wires.port import BadCallError, WireProblem
from vectal.ai.router.request import Preferences
from vectal.ai.service.gateway.asking import Asking
from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.client_exchange import ClientExchange
from vectal.ai.service.gateway.guarding import Admission
from vectal.ai.service.gateway.model_gateway import DEADLINE_S, ModelGateway, tokens_of
from vectal.ai.service.gateway.problems import problem_of_fault
from vectal.platform.errors import AppError
from vectal.platform.http import (
    Begun,
    Connection,
    HttpCallError,
    HttpClient,
    OpenResponse,
    Ready,
)
from vectal.platform.telemetry import Tally, counter, get_logger
from vectal.platform.telemetry.tracing import is_tracing

_log = get_logger(__name__)
_READY: Final = 1_000
_FOREVER: Final = float("inf")
_direct = Tally(counter("gateway_direct_calls_total", "Calls answered without a task"))


class Client(Protocol):
    """Who asked. None of these waits."""

    @property
    def is_paused(self) -> bool:
        """It has enough before it; `DirectCall.resume` is called when it may be told more."""
        ...

    def answer(self, headers: Mapping[str, str], body: bytes) -> None:
        """The answer in one piece."""
        ...

    def begin(self, headers: Mapping[str, str]) -> None:
        """A stream begins; `write` its pieces, then `end` it."""
        ...

    def write(self, piece: bytes) -> None: ...

    def end(self) -> None: ...

    def go_long(self, answer: Coroutine[Any, Any, Answer]) -> None:
        """Await the answer, which raises what `ModelGateway.answer` does."""
        ...

    def fail(self) -> None:
        """Something that nobody expected; the call is over."""
        ...


class DirectCalls:
    """One a process, beside its gateway."""

    def __init__(self, gateway: ModelGateway, egress: HttpEgress) -> None:
        self._gateway = gateway
        self._egress = egress
        self._ready: dict[tuple[int, bool, tuple[tuple[str, str], ...]], _Way] = {}

    def try_begin(self, call: IncomingCall, client: Client) -> DirectCall | None:
        """Send the call; None when it has to go the long way, and then nothing was taken."""
        if is_tracing():
            return None  # spans belong to tasks
        gateway = self._gateway
        reach = gateway.find_reach(call.principal)
        bounds = gateway.guard.find_bounds_now(call.principal)
        if reach is None or bounds is None or not _is_plain(reach.preferences):
            return None
        try:
            peeked = peek(call.body)
            judged = gateway.guard.try_judge(bounds, peeked.model, reach)
            if judged is None or peeked.has_images:
                return None
            asking = gateway.asking(call, peeked)
            asking.output_cap = judged.capped(peeked.max_output_tokens)
            found = gateway.find_targets(reach, call, peeked, asking)
            targets = judged.permitted(found) if bounds else found
            if asking.extras is not None or not asking.is_native(targets[0]):
                return None
            body = _outgoing(call, peeked, targets[0])
        except (BadCallError, AppError):
            return None  # the long way says what is wrong
        way = self._way(targets[0], peeked, call)
        return None if way is None else self._send(way, asking, targets, judged, body, client)

    def _send(
        self,
        way: _Way,
        asking: Asking,
        targets: list[Target],
        judged: Admission,
        body: bytes,
        client: Client,
    ) -> DirectCall | None:
        gateway, call, line = self._gateway, asking.call, self._egress.line
        record = CallRecord()
        tried = gateway.proxy.try_once(targets[0], record)
        hold = None if tried is None else self._reserve(asking, targets)
        if tried is None or hold is None:
            return None
        admission = gateway.guard.try_admit(call, judged, tokens_of(asking.peek, asking))
        if admission is None:
            hold.release()
            return None
        exchange = ClientExchange(gateway, call, asking, targets, hold, admission, record)
        direct = DirectCall(way, exchange, tried, client, line)
        connection = line.try_take(way.ready)
        if connection is None:
            direct.connect(body)
        else:
            direct.send(connection, body)
        return direct

    def _reserve(self, asking: Asking, targets: list[Target]) -> Reservation | None:
        call = asking.call
        worst = self._gateway.worst(targets, asking.peek, asking)
        try:
            return self._gateway.budgets.try_reserve(call.principal, call.subjects, worst)
        except AppError:
            return None

    def _way(self, target: Target, peeked: Peek, call: IncomingCall) -> _Way | None:
        """What is alike in all calls to a target; plans are kept, so targets are the same."""
        headers = call.vendor_headers
        key = (id(target), peeked.stream, tuple(headers.items()) if headers else ())
        way = self._ready.get(key)
        if way is None or way.target is not target:
            limits = self._gateway.proxy.limits(DEADLINE_S)
            wire: RawWire = "messages" if call.wire.name == "messages" else "chat_completions"
            raw = RawCall(wire, b"", peeked.stream, headers=headers)
            request = request_of(target.offer.provider.kind, target.credentials, raw, limits)
            ready = self._egress.ready(request)
            if ready is None:
                return None
            if len(self._ready) >= _READY:
                self._ready.clear()
            way = _Way(target, ready, request.url, wire, limits, self._gateway)
            self._ready[key] = way
        return way


class _Way:
    """How calls of one kind go to a target."""

    __slots__ = ("gateway", "limits", "ready", "target", "url", "wire")

    def __init__(
        self,
        target: Target,
        ready: Ready,
        url: str,
        wire: RawWire,
        limits: CallLimits,
        gateway: ModelGateway,
    ) -> None:
        self.target = target
        self.ready = ready
        self.url = url
        self.wire: RawWire = wire
        self.limits = limits
        self.gateway = gateway


class DirectCall:
    """One call on its way. It ends by itself, or when it is aborted.

    A stream is aborted when its client has gone; an answer in one piece has its price all the same.
    """

    __slots__ = (
        "_began", "_begun", "_body", "_client", "_connecting", "_ends_at", "_exchange",
        "_has_begun", "_hides_usage", "_is_over", "_line", "_loop", "_reader", "_response",
        "_tried", "_until", "_way", "is_stream",
    )  # fmt: skip

    def __init__(
        self,
        way: _Way,
        exchange: ClientExchange,
        tried: OneTry,
        client: Client,
        line: HttpClient,
    ) -> None:
        peeked = exchange.asking.peek
        self._way = way
        self._exchange = exchange
        self._tried = tried
        self._client = client
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._began = tried.began
        self.is_stream = peeked.stream
        self._hides_usage = _hides_usage(peeked, way.wire)
        self._begun: Begun | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._response: OpenResponse | None = None
        self._reader: EventReader | None = None
        self._has_begun = self._is_over = False
        self._body = b""
        self._ends_at = self._until = self._loop.time() + DEADLINE_S
        if peeked.stream:
            # A vendor writes nothing of an answer in one piece before it is whole.
            self._until = min(self._ends_at, self._loop.time() + way.limits.first_byte_s)

    def send(self, connection: Connection, body: bytes) -> None:
        """Send the request on an open connection."""
        self._begun = begun = self._line.begin_on(connection, self._way.ready, body, self._ends_at)
        begun.listen(self.resume)
        begun.watch(self._until)

    def connect(self, body: bytes) -> None:
        """The same, once there is a connection."""
        self._connecting = asyncio.create_task(self._connect(body))

    async def _connect(self, body: bytes) -> None:
        try:
            connection = await self._line.take(self._way.ready, len(body))
        except HttpCallError as error:
            self._connecting = None
            if not self._is_over:
                self._break_off(fault_of(error))
        except Exception:  # noqa: BLE001 - nobody else would end the call
            self._connecting = None
            _log.exception("direct_call_failed", request_id=self._exchange.call.request_id)
            self._give_up()
        else:
            self._connecting = None
            if self._is_over:
                self._line.put_back(self._way.ready, connection)
            else:
                self.send(connection, body)

    def resume(self) -> None:
        """There may be more to read, or to tell the client; or something is late."""
        if self._is_over:
            return
        try:
            self._go_on()
        except Exception:  # noqa: BLE001 - nobody else would end the call
            _log.exception("direct_call_failed", request_id=self._exchange.call.request_id)
            self._give_up()

    def abort(self) -> None:
        """Nobody waits any longer."""
        if not self._is_over:
            self._end("cancelled", None)

    def stop(self, problem: WireProblem) -> bytes | None:
        """Nobody goes on with it: what ends its stream; None where none has begun."""
        last = self._exchange.asking.broken(problem) if self._has_begun else None
        self.abort()
        return last

    def _go_on(self) -> None:
        try:
            response = self._response or self._open()
            if response is None:
                return
            if self.is_stream:
                self._read_stream(response)
            else:
                self._read_whole(response)
        except HttpCallError as error:
            self._break_off(fault_of(error))
        except ProviderFault as fault:
            self._break_off(fault)

    def _open(self) -> OpenResponse | None:
        """The answer once its head is here; None too when somebody else goes on with it."""
        begun = self._begun
        response = None if begun is None else begun.try_open()
        if begun is None or response is None:
            if begun is not None and self._loop.time() >= self._until:
                begun.give_up()
                raise no_answer()
            return None
        if response.status not in OK or (self.is_stream and not is_event_stream(response)):
            self._hand_over(response)
            return None
        self._response = response
        return response

    def _read_whole(self, response: OpenResponse) -> None:
        while chunk := response.try_receive():
            self._body = self._body + chunk if self._body else chunk
            if len(self._body) > MAX_ANSWER_BYTES:
                raise ProviderFault("too_large", "The provider's answer is too large.")
        if chunk is None:
            if self._loop.time() >= self._ends_at:
                response.note_late()
                raise ProviderFault("timeout", "The provider took too long.")
            return
        usage = counted(self._way.wire, self._body)
        self._note_first()
        self._settle(RawEnd(usage))
        self._client.answer(self._exchange.headers(), self._body)

    def _read_stream(self, response: OpenResponse) -> None:
        if self._reader is None:
            target = self._way.target
            decoder = decoder_of(target.offer.provider.kind, target.credentials.key)
            self._reader = EventReader(None, decoder, self._way.limits, self._ends_at)
            self._until = self._reader.patience()
        decoder = self._reader.decoder
        try:
            if not self._take_pieces(response, self._reader):
                return
        except (HttpCallError, ProviderFault):
            # What breaks after the whole answer costs us its usage, not the answer.
            if not decoder.complete:
                raise
        usage = usage_of(decoder)
        if not self._has_begun:
            self._begin()
        self._settle(RawEnd(usage))
        self._client.end()

    def _take_pieces(self, response: OpenResponse, reader: EventReader) -> bool:
        """Whether that was all."""
        decoder, client, heard = reader.decoder, self._client, self._exchange.asking.heard
        has_read = False
        while not decoder.ended:
            if client.is_paused:
                self._watch(_FOREVER)
                return False
            chunk = response.try_receive()
            if chunk is None:
                if has_read:
                    self._until = reader.patience()
                elif self._loop.time() >= self._until:
                    response.note_late()
                    raise reader.too_late()
                self._watch(self._until)
                return False
            if not chunk:
                return True
            has_read = True
            reader.take(chunk)
            piece = digest(reader, decoder, chunk, heard, self._hides_usage)
            if piece:
                if not self._has_begun:
                    self._begin()
                client.write(piece)
        return True

    def _begin(self) -> None:
        self._note_first()
        self._client.begin(self._exchange.headers())

    def _note_first(self) -> None:
        self._has_begun = True
        proxy, tried = self._way.gateway.proxy, self._tried
        tried.first_ms = self._exchange.record.first_token_ms = proxy.since(self._began)
        _direct.inc()

    def _break_off(self, fault: ProviderFault) -> None:
        if not self._has_begun:
            self._hand_over(fault)
            return
        last = self._exchange.asking.broken(problem_of_fault(fault))
        self._end("failed", fault)
        self._client.write(last)
        self._client.end()

    def _give_up(self) -> None:
        if not self._is_over:
            self._end("failed", None)
        self._client.fail()

    def _settle(self, end: RawEnd) -> None:
        self._is_over = True
        self._close()
        exchange = self._exchange
        exchange.finish(end)
        exchange.record.duration_ms = self._way.gateway.proxy.since(self._began)
        self._tried.succeed()
        exchange.close_books()

    def _end(self, status: Any, fault: ProviderFault | None) -> None:
        self._is_over = True
        self._close()
        record, tried = self._exchange.record, self._tried
        record.status, record.fault = status, None if fault is None else fault.kind
        record.duration_ms = self._way.gateway.proxy.since(self._began)
        if not tried.is_over:
            if fault is None:
                tried.give_up()
            else:
                tried.fail(fault)
        self._exchange.close_books()

    def _hand_over(self, first: OpenResponse | ProviderFault) -> None:
        """Go on with all that waits, from what has come so far."""
        self._is_over = True
        if isinstance(first, ProviderFault):
            self._close()
        elif self._begun is not None:
            self._begun.listen(None)
        self._tried.leave()
        asking, record = self._exchange.asking, self._exchange.record
        record.began, record.target = self._began, None
        asking.egress = opened = OpenedEgress(self._way.url, first, asking.egress)
        self._client.go_long(_answer(self._exchange, opened))

    def _watch(self, until: float) -> None:
        if self._begun is not None:
            self._begun.watch(until)

    def _close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._begun is not None:
            self._begun.listen(None)
            if self._response is None:
                self._begun.abandon()
            else:
                self._response.close()


async def _answer(exchange: ClientExchange, opened: OpenedEgress) -> Answer:
    try:
        return await exchange.begin()
    finally:
        opened.close()


def _is_plain(preferences: Preferences) -> bool:
    """Nothing is done with calls but making them."""
    return (
        preferences.hedge_after_ms is None
        and not preferences.response_cache.enabled
        and not preferences.guardrails.is_on
    )


def _hides_usage(peeked: Peek, wire: str) -> bool:
    return peeked.stream and wire == "chat_completions" and not peeked.include_usage


def _outgoing(call: IncomingCall, peeked: Peek, target: Target) -> bytes:
    body = replace_model(call.body, target.offer.model.name)
    return with_usage(body) if _hides_usage(peeked, call.wire.name) else body
