"""How many tokens a request of messages holds: told by its vendor, or by our own count.

The vendor who would answer it counts without charge, and exactly. It is asked where it would get
the request as it came; what would be translated, or may not leave, is counted here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from vectal.ai.ports import CallLimits, ProviderFault
from vectal.ai.providers.counting import MESSAGES_PATH, ToCount, ask_count, read_count
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.wires.passing import peek, replace_model
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.ai.service.gateway.model_gateway import ModelGateway, with_limit
from vectal.ai.service.gateway.problems import malformed, problem_of, problem_of_fault
from vectal.ai.service.gateway.route_headers import route_headers
from vectal.platform.errors import AppError

DOOR: Final = "count_tokens"
"""For its limit of rate."""
COUNTED_BY: Final = "x-vectal-counted-by"
_LIMITS: Final = CallLimits(deadline_s=15.0, first_word_s=15.0, idle_s=15.0)
_ITS_FAULT: Final = frozenset(("invalid_request", "context_too_large"))
"""What is wrong with the request itself."""


class TokenCounter:
    """Counts for a gateway, by its rules."""

    def __init__(self, gateway: ModelGateway) -> None:
        self._gateway = gateway

    async def count(self, call: IncomingCall) -> Answer:
        """The count in the vendor's shape; raises CallRefusedError."""
        gateway = self._gateway
        try:
            model = peek(call.body).model
            reach = await gateway.reach(call.principal)
            admission = await gateway.guard.admit(call, model, 0, call.client_ip, reach)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error
        try:
            found = await self._count(call)
        finally:
            admission.settle(0)
        return replace(found, headers={**found.headers, **admission.headers(call.wire.name)})

    async def _count(self, call: IncomingCall) -> Answer:
        try:
            prepared = await self._gateway.prepare(replace(call, body=with_limit(call.body)))
        except CallRefusedError as error:
            if error.problem.too_long is None:
                raise
            return await self._estimate(call, None)  # how much too long, is the question
        target = prepared.target
        if prepared.body is not None:
            told = await self._ask(call, target)
            if told is not None:
                return Answer(_headers(target, "vendor"), told)
        return await self._estimate(call, target)

    async def _ask(self, call: IncomingCall, target: Target) -> bytes | None:
        """What the vendor says; None when it doesn't. Raises CallRefusedError for a bad request."""
        permit = self._gateway.proxy.means.admit_now(target)
        if permit is None:
            return None
        try:
            wanted = ToCount(
                "messages", MESSAGES_PATH, replace_model(call.body, target.offer.model.name)
            )
            provider, key = target.offer.provider, target.credentials
            egress, headers = self._gateway.egress, call.vendor_headers
            said = await ask_count(egress, provider, key, wanted, headers, _LIMITS)
        except ProviderFault as fault:
            if fault.kind in _ITS_FAULT:
                raise CallRefusedError(problem_of_fault(fault)) from fault
            return None
        finally:
            # A count says little of how calls to a model go, and an endpoint may not have it.
            permit.release()
        return said if read_count(said) is not None else None

    async def _estimate(self, call: IncomingCall, target: Target | None) -> Answer:
        try:
            count = await self._gateway.count_tokens(call.wire, call.body)
        except BadCallError as error:
            raise malformed(error) from error
        return Answer(_headers(target, "vectal"), b'{"input_tokens":%d}' % count)


def _headers(target: Target | None, counted_by: Literal["vendor", "vectal"]) -> dict[str, str]:
    told = {} if target is None else route_headers(target, CallRecord(target=target))
    return {**told, COUNTED_BY: counted_by}
