"""What an outside call sets aside of its budgets, and what is tried before it is refused."""

from __future__ import annotations

from typing import Final

from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.errors import BudgetExceededError, BudgetUnpricedError
from vectal.ai.ports import ProviderFault
from vectal.ai.providers.counting import ToCount, as_it_came, counting_wire, translated
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.tight import alike, ask_size, least_tokens, most_tokens, with_price, would_fit
from vectal.ai.proxy.wires.passing import replace_model
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.asking import Asking
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.gateway.worst_case import (
    most_text_bytes,
    terms_for,
    without_dearest,
    worst_case,
)
from vectal.ai.usage.sizes import picture_bytes

_FRAME_BYTES: Final = 64
"""Around a text in the words of responses, at most."""


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
        except BudgetUnpricedError:
            is_named = not read_choice(peeked.model).is_auto
            # For `auto` any model may answer whose price is known.
            targets = with_price(
                targets, lambda each: worst_case([each], peeked, asking), is_named=is_named
            )
            if not targets:
                raise
        except BudgetExceededError as error:
            fewer = without_dearest(error, targets, peeked, asking)
            targets = fewer or await _counted(error, targets, asking)
            if not targets:
                raise


async def _counted(
    error: BudgetExceededError, targets: list[Target], asking: Asking
) -> list[Target]:
    """The first target, and its like, with the size of the request by its vendor's count.

    None where the count is known already, can't be had or would not help.
    """
    first, size = targets[0], most_text_bytes(asking.peek, asking)
    if asking.counted is not None or not _is_read_once(first, asking):
        return []
    targets = alike(targets)
    asking.counted = least_tokens(size)
    may_fit = would_fit(error, worst_case(targets, asking.peek, asking))
    asking.counted = None
    wanted = _to_count(first, asking) if may_fit else None
    if wanted is None:
        return []
    is_native = asking.is_native(first)
    headers = asking.call.vendor_headers if is_native else None
    told = await ask_size(asking.proxy.means, asking.egress, first, wanted, headers)
    if told is None:
        return []
    seen, messages = len(wanted.body) - _picture_bytes(asking), 0
    if not is_native or wanted.wire != asking.call.wire.name:
        messages = len(asking.read().request.messages)
    if is_native and messages:
        # It is sent as it came, and counted in other words, whose frames are nothing of it.
        seen -= _FRAME_BYTES * sum(len(each.parts) for each in asking.read().request.messages)
    most = most_tokens(told, size, seen, messages)
    if most >= size:
        return []
    asking.counted = most
    return targets


def _is_read_once(target: Target, asking: Asking) -> bool:
    """And nothing but what its vendor can count before."""
    peeked = asking.peek
    is_once = not terms_for([target], peeked, asking).rounds and not target.offer.priced.fee
    return is_once and not peeked.attached.documents


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


def _picture_bytes(asking: Asking) -> int:
    """What is no text of it; of what nobody here can read, all may be."""
    if not asking.peek.has_images:
        return 0
    try:
        return picture_bytes(asking.read().request)
    except BadCallError:
        return 0
