"""What a call sets aside of its budgets, and what is tried before it is refused for being too dear.

A token for each byte holds whatever the text is, and is several times what most texts have. Where
so much is not left, who would only stand in is left out; then the vendor who is to answer is asked
how many tokens it is. Nobody waits for that whose budget has room.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from vectal.ai.budgets.amounts import UNITS, Worst, to_amount
from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.errors import BudgetExceededError
from vectal.ai.ports import CallLimits, ProviderFault
from vectal.ai.providers.counting import (
    ToCount,
    as_it_came,
    ask_count,
    counting_wire,
    read_count,
    translated,
)
from vectal.ai.providers.untrusted import as_text
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.passing import Peek, replace_model
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.asking import Asking
from vectal.ai.service.gateway.worst_case import (
    most_text_bytes,
    short_unit,
    without_dearest,
    worst_case,
)

_LIMITS: Final = CallLimits(deadline_s=10.0, first_byte_s=10.0, idle_s=10.0)
_LEAST: Final = 8
"""Bytes of a token at the most, on the average of a text that people or programs write."""
_OFF: Final = 20
"""A vendor's count may be off by one in so many."""
_FRAME: Final = 16
"""Tokens around a message, where the one that is counted has another shape than the one sent."""
_SPARE: Final = 256


async def reserve(
    gate: BudgetGate, asking: Asking, targets: list[Target]
) -> tuple[Reservation, list[Target]]:
    """What the call may cost, and the targets that may cost so much.

    Raises BadCallError, BudgetExceededError and other errors of budgets.
    """
    call, peeked = asking.call, asking.peek
    if not asking.is_native(targets[0]):
        await asking.prepare()
        asking.read()
    while True:
        worst = worst_case(targets, peeked, asking)
        try:
            return await gate.reserve(call.principal, call.subjects, worst), targets
        except BudgetExceededError as error:
            cheaper = without_dearest(error, targets, peeked, asking)
            targets = cheaper or await _counted(error, targets, asking)
            if not targets:
                raise


async def _counted(
    error: BudgetExceededError, targets: list[Target], asking: Asking
) -> list[Target]:
    """The first target, and its like, with the size of the request by its vendor's count.

    None where the vendor's count is known already, can't be had or would not help.
    """
    first, size = targets[0], most_text_bytes(asking.peek, asking)
    wire = counting_wire(first.offer.provider)
    if wire is None or asking.counted is not None or not _is_bounded(first, asking.peek):
        return []
    least = -(-size // _LEAST)
    alike = [target for target in targets if _is_alike(target, first)]
    asking.counted = least
    may_fit = _fits(error, worst_case(alike, asking.peek, asking))
    asking.counted = None
    wanted = _to_count(first, asking) if may_fit else None
    told = None if wanted is None else await _ask(first, wanted, asking)
    if wanted is None or told is None:
        return []
    # What the vendor did not see may be a token a byte, as before.
    unseen = max(0, size - len(wanted.body))
    frames = 0 if asking.is_native(first) else _FRAME * len(asking.read().request.messages)
    most = told + told // _OFF + frames + _SPARE + unseen
    asking.counted = max(least, most)
    return alike if asking.counted < size else []


def _is_bounded(target: Target, peeked: Peek) -> bool:
    """Whether the vendor reads once, and nothing but what it can count before."""
    is_once = not peeked.terms.rounds and not target.offer.priced.fee
    return is_once and not peeked.attached.documents


def _is_alike(target: Target, first: Target) -> bool:
    one, other = target.offer, first.offer
    return (one.provider.kind, one.model.name) == (other.provider.kind, other.model.name)


def _fits(error: BudgetExceededError, worst: Worst) -> bool:
    unit, left = short_unit(error), as_text(error.extra.get("left"))
    for place, name in enumerate(UNITS):
        if name == unit and left is not None:
            need = worst[place]
            return need is not None and need <= to_amount(name, Decimal(left))
    return False


def _to_count(target: Target, asking: Asking) -> ToCount | None:
    wire = counting_wire(target.offer.provider)
    if wire is None:
        return None
    try:
        if asking.is_native(target) and asking.call.wire.name == wire:
            return as_it_came(wire, replace_model(asking.call.body, target.offer.model.name))
        return translated(wire, asking.addressed_to(target))
    except (BadCallError, ProviderFault):
        return None  # what nobody here can read keeps its bound


async def _ask(target: Target, wanted: ToCount, asking: Asking) -> int | None:
    permit = asking.proxy.means.admit_now(target)
    if permit is None:
        return None
    provider = target.offer.provider
    headers: Mapping[str, str] = {}
    if asking.is_native(target):
        headers = asking.call.vendor_headers
    try:
        said = await ask_count(
            asking.egress, provider, target.credentials, wanted, headers, _LIMITS
        )
    except ProviderFault:
        return None  # the bound by its bytes stands, and the refusal says so
    finally:
        # A count says little of how calls to a model go, and an endpoint may not have it.
        permit.release()
    return read_count(said)
