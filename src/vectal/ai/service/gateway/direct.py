"""The calls for which nothing has to be waited for but the vendor: answered without a task.

Whoever asks is known, so are his rules, his limits, his budget and the way; a connection to the
vendor is open. Then the request goes out in the turn of the loop in which it came, and the answer
goes back as it is read. All else goes the long way, and so does what turns out to be more than
that: a refusal, another try, another target.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vectal.ai.budgets.reservation import Reservation
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.service.gateway.asking import BYTES_PER_TOKEN
from vectal.ai.service.gateway.direct_call import Client, DirectCall
from vectal.ai.service.gateway.lanes import Caller, Lane, Lanes
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.gateway.settling import Held, Settling
from vectal.platform.errors import AppError
from vectal.platform.telemetry.tracing import is_tracing

__all__ = ["Caller", "Client", "DirectCall", "DirectCalls", "Obstacle"]

Obstacle: TypeAlias = Literal["traced", "unplanned", "provider", "budget", "limits"]
"""Why a call goes the long way: what could not be told, or had, at that moment."""


class DirectCalls:
    """One a process, beside its gateway."""

    def __init__(self, gateway: ModelGateway, egress: HttpEgress) -> None:
        self._gateway = gateway
        self._settling = Settling(gateway)
        self._line = egress.line
        self._lanes = Lanes(gateway, egress)

    def try_begin(
        self, caller: Caller, request_id: str, call_id: str, body: bytes, client: Client
    ) -> DirectCall | Obstacle:
        """Send the call, or say why it has to go the long way; then nothing was taken.

        `call_id` is 32 hexadecimal digits and nobody else's; its line in the ledger has it.
        """
        if is_tracing():
            return "traced"  # spans belong to tasks
        found = self._lanes.find(caller, body)
        if found is None:
            return "unplanned"
        lane, conversation = found
        held = self._hold(lane, caller, len(body))
        if isinstance(held, str):
            return held
        parts = self._settling, self._line, lane, caller
        direct = DirectCall(*parts, (request_id, call_id), body, held, client)
        content = lane.outgoing(body, conversation)
        connection = self._line.try_take(lane.ready)
        if connection is None:
            direct.connect(content)
        else:
            direct.send(connection, content)
        return direct

    def _hold(self, lane: Lane, caller: Caller, length: int) -> Held | Obstacle:
        """What the call needs: a provider that is well, its worst case, room in every limit."""
        gateway = self._gateway
        permit = gateway.proxy.means.admit_now(lane.target)
        if permit is None:
            return "provider"
        hold = self._reserve(lane, caller, length)
        if hold is None:
            return "budget"
        tokens = length // BYTES_PER_TOKEN + lane.output_tokens
        taken = gateway.guard.limiter.try_take(lane.claims, tokens)
        if taken is None:
            hold.release()
            return "limits"
        return Held(permit, hold, taken)

    def _reserve(self, lane: Lane, caller: Caller, length: int) -> Reservation | None:
        try:
            worst = lane.worst(length)
            return self._gateway.budgets.try_reserve(caller.principal, lane.subjects, worst)
        except AppError:
            return None
