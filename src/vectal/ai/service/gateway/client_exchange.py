"""One call that is being answered, from the moment that its budget is reserved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

from vectal.ai.budgets.reservation import Reservation
from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ProviderFault
from vectal.ai.providers.pieces import Pieces
from vectal.ai.providers.raw import RawEnd, RawItem
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.service.gateway.asking import Asking, estimate
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.ai.service.gateway.extras import Extras
from vectal.ai.service.gateway.guarding import Admission
from vectal.ai.service.gateway.problems import problem_of_fault, retry_after
from vectal.ai.service.gateway.route_headers import LEFT_OUT, route_headers
from vectal.ai.service.gateway.usage_writer import OpenCall

CHARS_PER_TOKEN: Final = 4


class Gateway(Protocol):
    """Who makes the call, and writes down what it was."""

    async def begin(self, exchange: ClientExchange) -> Pieces[RawItem]: ...

    def close_books(self, exchange: ClientExchange) -> None: ...


class ClientExchange:
    """One call that is being answered; as a stream it is the pieces for the client."""

    def __init__(
        self,
        gateway: Gateway,
        call: IncomingCall,
        asking: Asking,
        targets: list[Target],
        hold: Reservation,
        admission: Admission,
        record: CallRecord | None = None,
    ) -> None:
        self._gateway = gateway
        self.admission = admission
        self.call = call
        self.asking = asking
        self.targets = targets
        self.hold = hold
        self.record = CallRecord() if record is None else record
        if asking.extras is not None:
            self.record.hedge_after_s = asking.extras.hedge_after_s
        self._answering: Pieces[RawItem] | None = None
        self.under_way: OpenCall | None = None
        """Once it is sent."""
        self.record.count = _Count(asking)

    async def begin(self) -> Answer:
        """Wait for the first piece: until then a failure is still a status of its own."""
        body = b""
        try:
            self._answering = await self._gateway.begin(self)
            if not self.asking.peek.stream:
                body = await self._read(self._answering)
        except ProviderFault as fault:
            self.close_books()
            problem = problem_of_fault(fault, None if self.record.tries else self.asking.overflow)
            raise CallRefusedError(problem, self._told_of(fault)) from fault
        except BaseException:
            self.close_books()
            raise
        extras = self.asking.extras
        if not self.asking.peek.stream:
            self.close_books()
            return Answer(self.headers(), body)
        stream = self if extras is None else extras.collected(self)
        return Answer(self.headers(), stream=stream, broken=self.asking.broken)

    async def _read(self, answering: Pieces[RawItem]) -> bytes:
        """The answer that comes in one piece."""
        body = b""
        try:
            while (item := await answering.receive()) is not None:
                if isinstance(item, bytes):
                    body = item
                else:
                    self.finish(item)
        finally:
            await answering.close()
        if self.asking.extras is not None:
            self.asking.extras.collect(body)
        return body

    async def receive(self) -> bytes | None:
        """The next piece for the client; how it broke off is the last of them."""
        answering = self._answering
        if answering is None:
            return None
        try:
            while (item := await answering.receive()) is not None:
                if isinstance(item, bytes):
                    return item
                self.finish(item)
        except ProviderFault as fault:
            await self.close()
            return self.asking.broken(problem_of_fault(fault))
        await self.close()
        return None

    async def close(self) -> None:
        """The client has its answer, or does not want it any more."""
        answering, self._answering = self._answering, None
        if answering is not None:
            try:
                await answering.close()
            finally:
                self.close_books()

    def finish(self, end: RawEnd) -> None:
        """The answer was whole."""
        self.record.status = "ok"
        if end.usage is not None:
            self.record.usage = end.usage

    def close_books(self) -> None:
        """The call is over, however it ended."""
        record = self.record
        record.count = None
        if record.status == "running":
            record.status = "cancelled"
        if record.tries and record.usage == TokenUsage() and self._was_spent():
            # Nobody counted: our own estimate is better than nothing, and is marked as such.
            record.estimated = True
            record.usage = _Count(self.asking).usage()
        if self.asking.extras is not None:
            self._close_extras(self.asking.extras)
        self._gateway.close_books(self)

    def _close_extras(self, extras: Extras) -> None:
        record = self.record
        if extras.guard is not None and record.status == "failed" and extras.guard.spent:
            # The answer was held back, and still has its price.
            record.usage = extras.guard.spent
        for rival in record.rivals:
            if rival.was_spent and not rival.usage.input_tokens:
                rival.estimated = True
                rival.usage = TokenUsage(estimate(self.asking.peek, self.asking))
        extras.close(record, self.targets[0], self._route_headers(), self.asking.peek.stream)

    def _told_of(self, fault: ProviderFault) -> dict[str, str]:
        extras = self.asking.extras
        told = {} if extras is None else extras.headers(self.record.codes)
        return {**told, **retry_after(fault)}

    def _was_spent(self) -> bool:
        """Whether the vendor has its price, also where nobody heard the end.

        It has read the request of a client who left before its first word, and that of which it
        said no word in time.
        """
        record, count = self.record, _Count(self.asking)
        return record.status == "ok" or record.was_spent or count.has_price()

    def headers(self) -> dict[str, str]:
        """How it was routed and how the limits stand, for the client."""
        return {**self._route_headers(), **self.admission.headers(self.call.wire.name)}

    def _route_headers(self) -> dict[str, str]:
        extras = self.asking.extras
        target = self.record.target or self.targets[0]
        more = {} if extras is None else extras.headers(self.record.codes)
        if left_out := self.asking.left_out(target):
            more = {**more, LEFT_OUT: ", ".join(left_out)}
        return {**route_headers(target, self.record), **more}


@dataclass(slots=True)
class _Count:
    """Our own estimate of what was used until now."""

    asking: Asking
    inputs: int | None = None

    def chars(self) -> int:
        return self.asking.heard.chars

    def has_price(self) -> bool:
        heard = self.asking.heard
        told = None if heard.decoder is None else heard.decoder.told()
        return heard.chars > 0 or (told is not None and told.input_tokens > 0)

    def restart(self) -> None:
        if self.asking.was_asked:
            self.asking.heard.chars, self.asking.heard.decoder = 0, None

    def usage(self) -> TokenUsage:
        outputs = -(-self.chars() // CHARS_PER_TOKEN)
        decoder = self.asking.heard.decoder
        told = None if decoder is None else decoder.told()
        if told is not None and told.input_tokens:
            return replace(told, output_tokens=max(told.output_tokens, outputs))
        if self.inputs is None:
            self.inputs = estimate(self.asking.peek, self.asking)
        charges = None if told is None else told.charges
        return TokenUsage(self.inputs, outputs, charges=charges)
