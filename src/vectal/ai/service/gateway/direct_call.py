"""One call that is answered without a task, from its vendor to its client; see `direct`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ProviderFault
from vectal.ai.providers.driver import OK, EventReader, is_event_stream, no_answer, too_late
from vectal.ai.providers.egress import Opened, OpenedEgress, Silent, fault_of
from vectal.ai.providers.raw import (
    MAX_ANSWER_BYTES,
    Heard,
    RawEnd,
    counted,
    decoder_of,
    digest,
    usage_of,
)
from vectal.ai.proxy.record import CallRecord
from vectal.ai.proxy.trying import OneTry
from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.accounting import lost
from vectal.ai.service.gateway.answered import Answered
from vectal.ai.service.gateway.asking import BYTES_PER_TOKEN
from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.client_exchange import CHARS_PER_TOKEN, ClientExchange
from vectal.ai.service.gateway.lanes import Caller, Lane
from vectal.ai.service.gateway.problems import problem_of_fault
from vectal.ai.service.gateway.rate_headers import taken_lines
from vectal.ai.service.gateway.settling import Ended, Held, Settling
from vectal.platform.http import Begun, Connection, HttpCallError, HttpClient, OpenResponse
from vectal.platform.telemetry import Tally, counter, get_logger

_log = get_logger(__name__)
_FOREVER: Final = float("inf")
_direct = Tally(counter("gateway_direct_calls_total", "Calls answered without a task"))


class Client(Protocol):
    """Who asked. None of these waits."""

    @property
    def is_paused(self) -> bool:
        """It has enough before it; `DirectCall.resume` is called when it may be told more."""
        ...

    def answer(self, lines: bytes, body: bytes) -> None:
        """The answer in one piece; `lines` are for its head."""
        ...

    def begin(self, lines: bytes) -> None:
        """A stream begins; `write` its pieces, then `end` it."""
        ...

    def write(self, piece: bytes) -> None: ...

    def end(self) -> None: ...

    def go_long(self, call: IncomingCall, answer: Coroutine[Any, Any, Answer]) -> None:
        """Await the answer to the call, which raises what `ModelGateway.answer` does."""
        ...

    def fail(self) -> None:
        """Something that nobody expected; the call is over."""
        ...


class DirectCall:
    """One call on its way. It ends by itself, or when it is aborted.

    A stream is aborted when its client has gone; an answer in one piece has its price all the same.
    """

    __slots__ = (
        "_alive_at", "_asked", "_begun", "_call_id", "_caller", "_client", "_connecting",
        "_ends_at", "_first_ms", "_gateway", "_has_begun", "_heard", "_held", "_is_over",
        "_lane", "_line", "_long", "_loop", "_pieces", "_reader", "_request_id", "_response",
        "_settling", "_size", "_until", "began", "is_stream",
    )  # fmt: skip

    def __init__(
        self,
        settling: Settling,
        line: HttpClient,
        lane: Lane,
        caller: Caller,
        names: tuple[str, str],
        asked: bytes,
        held: Held,
        client: Client,
    ) -> None:
        """`names` are the request's id and the call's own; `asked` is what the client wrote."""
        self._gateway = gateway = settling.gateway
        self._settling = settling
        self._line = line
        self._lane = lane
        self._caller = caller
        self._request_id, self._call_id = names
        self._asked = asked
        self._held = held
        self._client = client
        self._loop = asyncio.get_running_loop()
        self.began = gateway.proxy.now()
        self.is_stream = lane.frame.peek.stream
        self._heard: Heard | None = None
        """What has come of a stream."""
        self._first_ms: int | None = None
        self._begun: Begun | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._response: OpenResponse | None = None
        self._reader: EventReader | None = None
        self._long: tuple[ClientExchange, OneTry] | None = None
        self._has_begun = self._is_over = False
        self._pieces: list[bytes] = []
        self._size = 0
        """What has come of an answer in one piece, and how much that is; or before a first word."""
        now = self._loop.time()
        self._ends_at = self._until = self._alive_at = now + lane.limits.deadline_s
        if self.is_stream:
            # A vendor writes nothing of an answer in one piece before it is whole.
            self._until = min(self._ends_at, now + lane.limits.first_word_s)
            self._alive_at = now + gateway.keep_alive_s

    def _as_awaited(self) -> tuple[ClientExchange, OneTry]:
        """The call as those have it who await its answer: for all that is no plain success."""
        if self._long is None:
            gateway, lane, held = self._gateway, self._lane, self._held
            call = self._caller.call(self._asked, self._request_id)
            asking, record = gateway.asking(call, lane.frame.peek), CallRecord()
            asking.output_cap = lane.output_cap
            asking.heard = self._heard or asking.heard
            attempt = gateway.proxy.means.begun(lane.target, held.permit, record, self.began)
            attempt.first_ms = record.first_token_ms = self._first_ms
            record.line_id = UUID(self._call_id)
            admission = gateway.guard.admitted(lane.judged, held.taken)
            exchange = ClientExchange(
                gateway, call, asking, lane.targets, held.hold, admission, record
            )
            self._long = exchange, attempt
        return self._long

    def send(self, connection: Connection, body: bytes) -> None:
        """Send the request on an open connection."""
        self._gateway.book.under_way.enter(self)
        self._begun = begun = self._line.begin_on(connection, self._lane.ready, body, self._ends_at)
        begun.listen(self.resume)
        begun.watch(min(self._until, self._alive_at))

    def connect(self, body: bytes) -> None:
        """The same, once there is a connection."""
        self._connecting = asyncio.create_task(self._connect(body))

    async def _connect(self, body: bytes) -> None:
        try:
            connection = await self._line.take(self._lane.ready, len(body))
        except HttpCallError as error:
            self._connecting = None
            if not self._is_over:
                self._break_off(fault_of(error))
        except Exception:  # noqa: BLE001 - nobody else would end the call
            self._connecting = None
            _log.exception("direct_call_failed", request_id=self._request_id)
            self._give_up()
        else:
            self._connecting = None
            if self._is_over:
                self._line.put_back(self._lane.ready, connection)
            else:
                self.send(connection, body)

    def resume(self) -> None:
        """There may be more to read, or to tell the client; or something is late."""
        if self._is_over:
            return
        try:
            self._go_on()
        except Exception:  # noqa: BLE001 - nobody else would end the call
            _log.exception("direct_call_failed", request_id=self._request_id)
            self._give_up()

    def abort(self) -> None:
        """Nobody waits any longer."""
        if not self._is_over:
            self._end("cancelled", None)

    def stop(self, problem: WireProblem) -> bytes | None:
        """Nobody goes on with it: what ends its stream; None where none has begun."""
        last = self._as_awaited()[0].asking.broken(problem) if self._has_begun else None
        self.abort()
        return last

    def _go_on(self) -> None:
        try:
            if self._response is None and self._try_finish():
                return
            response = self._response or self._open()
            if response is None:
                return
            if self.is_stream:
                self._read_stream(response)
            else:
                self._read_whole(response)
        except HttpCallError as error:
            self._break_off(fault_of(error, begun=self._response is not None))
        except ProviderFault as fault:
            self._break_off(fault)

    def _try_finish(self) -> bool:
        """Answer at once with what is here to its end, as most answers in one piece are."""
        body = None if self.is_stream or self._begun is None else self._begun.try_finish()
        if body is None:
            return False
        self._begun = None  # it has ended
        self._answer(body)
        return True

    def _answer(self, body: bytes) -> None:
        lane = self._lane
        usage = counted(lane.wire, body, lane.target.credentials.key)
        self._note_first()
        self._settle(usage, self._first_ms)
        self._client.answer(self._told(), body)

    def _open(self) -> OpenResponse | None:
        """The answer once its head is here; None too when somebody else goes on with it."""
        begun = self._begun
        response = None if begun is None else begun.try_open()
        if begun is None or response is None:
            if begun is not None and (now := self._loop.time()) >= self._until:
                begun.give_up(is_end=now >= self._ends_at)
                raise no_answer()
            if begun is not None:
                self._go_long_if_silent(begun)
            return None
        if response.status not in OK or (self.is_stream and not is_event_stream(response)):
            self._hand_over(response)
            return None
        self._response = response
        return response

    def _read_whole(self, response: OpenResponse) -> None:
        while chunk := response.try_receive():
            self._pieces.append(chunk)
            self._size += len(chunk)
            if self._size > MAX_ANSWER_BYTES:
                raise ProviderFault("too_large", "The provider's answer is too large.")
        if chunk is None:
            if self._loop.time() >= self._ends_at:
                response.note_late()
                raise too_late(self._ends_at)
            return
        self._answer(b"".join(self._pieces))

    def _read_stream(self, response: OpenResponse) -> None:
        if self._reader is None:
            lane = self._lane
            decoder = decoder_of(lane.kind, lane.wire, lane.target.credentials.key)
            self._reader = EventReader(None, decoder, lane.limits, self._ends_at)
            self._until = self._reader.patience()
        decoder = self._reader.decoder
        try:
            if not self._take_pieces(response, self._reader):
                return
        except (HttpCallError, ProviderFault):
            # What breaks after the whole answer costs us its usage, not the answer.
            if not decoder.complete:
                raise
            self._reader.tail = b""
        usage = usage_of(decoder)
        if decoder.ended:
            response.note_whole()
        if not self._has_begun:
            self._begin()
        if self._reader.tail:
            self._client.write(self._reader.tail)
        self._settle(usage)
        self._client.end()

    def _take_pieces(self, response: OpenResponse, reader: EventReader) -> bool:
        """Whether that was all."""
        decoder, client, hides_usage = reader.decoder, self._client, self._lane.hides_usage
        heard = self._heard = self._heard or Heard(decoder=decoder)
        has_read = False
        while reader.fault is not None or not decoder.ended:
            if client.is_paused:
                self._watch(_FOREVER)
                return False
            if reader.fault is not None:
                raise reader.fault
            chunk = response.try_receive()
            if chunk is None:
                if has_read:
                    self._until = reader.patience()
                self._wait_for(response, reader)
                return False
            if not chunk:
                return True
            has_read = True
            reader.take(chunk)
            if not self._has_begun:
                self._pieces.append(chunk)
            piece = digest(reader, decoder, chunk, heard, hides_usage)
            if piece:
                if not self._has_begun:
                    self._begin()
                client.write(piece)
        return True

    def _wait_for(self, response: OpenResponse, reader: EventReader) -> None:
        """Be called again when more has come. Raises ProviderFault when it is late."""
        if self._loop.time() >= self._until:
            response.note_late()
            raise reader.too_late()
        if self._has_begun or self._begun is None:
            self._watch(self._until)
        else:
            self._go_long_if_silent(self._begun)

    def _go_long_if_silent(self, begun: Begun) -> None:
        """Who awaits an answer can show meanwhile that it lives."""
        if self._loop.time() >= self._alive_at:
            read = b"".join(self._pieces)
            self._hand_over(Silent(begun, self._response, read, self._until))
        else:
            begun.watch(min(self._until, self._alive_at))

    def _begin(self) -> None:
        self._note_first()
        self._pieces.clear()
        self._client.begin(self._told())

    def _note_first(self) -> None:
        self._has_begun = True
        self._first_ms = self._gateway.proxy.since(self.began)
        _direct.inc()

    def _told(self) -> bytes:
        """How it was routed and how the limits stand, as lines of the answer's head."""
        lane = self._lane
        clock = self._gateway.clock
        return lane.route_lines + taken_lines(lane.wire, self._held.taken, clock)

    def _break_off(self, fault: ProviderFault) -> None:
        if not self._has_begun:
            self._hand_over(fault)
            return
        last = self._as_awaited()[0].asking.broken(problem_of_fault(fault))
        self._end("failed", fault)
        self._client.write(last)
        self._client.end()

    def _give_up(self) -> None:
        if not self._is_over:
            self._end("failed", None)
        self._client.fail()

    def _settle(self, usage: TokenUsage | None, took_ms: int | None = None) -> None:
        """`took_ms` is how long it took, where that is known."""
        self._is_over = True
        self._close()
        gateway, lane, held = self._gateway, self._lane, self._held
        if took_ms is None:
            took_ms = gateway.proxy.since(self.began)
        if usage is None or not (usage.input_tokens or usage.output_tokens):
            self._settle_unsaid(RawEnd(usage), took_ms)
            return
        ended = held, self._call_id, self._request_id, usage, self._first_ms, took_ms
        self._settling.add(lane, Ended(*ended))
        gateway.book.under_way.leave(self)

    def _settle_unsaid(self, end: RawEnd, took_ms: int) -> None:
        """The same where the vendor did not say what it counted."""
        exchange, attempt = self._as_awaited()
        exchange.finish(end)
        exchange.record.duration_ms = took_ms
        attempt.first_ms = exchange.record.first_token_ms = self._first_ms
        attempt.succeed()
        self._close_books(exchange)

    def _end(self, status: Literal["failed", "cancelled"], fault: ProviderFault | None) -> None:
        self._is_over = True
        self._close()
        exchange, attempt = self._as_awaited()
        record = exchange.record
        record.status, record.fault = status, None if fault is None else fault.kind
        record.duration_ms = self._gateway.proxy.since(self.began)
        if fault is None:
            attempt.give_up(was_sent=self._begun is not None)
        else:
            attempt.fail(fault)
        self._close_books(exchange)

    def _close_books(self, exchange: ClientExchange) -> None:
        exchange.close_books()
        self._gateway.book.under_way.leave(self)

    def _hand_over(self, first: Opened) -> None:
        """Go on with all that waits, from what has come so far."""
        self._is_over = True
        if isinstance(first, ProviderFault):
            self._close()
        elif self._begun is not None:
            self._begun.listen(None)
        exchange, attempt = self._as_awaited()
        attempt.leave()
        asking, record = exchange.asking, exchange.record
        record.began, record.target = self.began, None
        asking.egress = opened = OpenedEgress(self._lane.url, first, asking.egress)
        self._gateway.book.under_way.leave(self)
        self._client.go_long(exchange.call, _answer(exchange, opened))

    @property
    def progress(self) -> object:
        """See `calls_under_way`."""
        return 0 if self._heard is None else self._heard.chars

    def lines_so_far(self) -> list[UsageLine]:
        """See `calls_under_way`."""
        chars = 0 if self._heard is None else self._heard.chars
        sent = len(self._asked) // BYTES_PER_TOKEN
        usage = TokenUsage(sent, -(-chars // CHARS_PER_TOKEN))
        gateway, lane = self._gateway, self._lane
        at, took_ms = gateway.clock.now(), gateway.proxy.since(self.began)
        cost, name = lane.price(usage, at), self._request_id
        told = lane.alike, self._call_id, name, usage, cost, self._first_ms, took_ms, at
        return [lost(Answered(*told).as_line())]

    def _watch(self, until: float) -> None:
        if self._begun is not None:
            self._begun.watch(until)

    def _close(self) -> None:
        # An error may be kept for a while, and all that its frames know of.
        self._pieces.clear()
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
