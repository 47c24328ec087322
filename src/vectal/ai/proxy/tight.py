"""What is tried before a call is refused for being too dear.

A token for each byte holds whatever a text is, and is several times what most have. Where so much
is not left of a budget, who would only stand in is left out; then the vendor who is to answer is
asked how many tokens it is. Nobody waits for that whose budget has room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from vectal.ai.budgets.amounts import UNITS, Unit, Worst, to_amount
from vectal.ai.errors import BudgetExceededError
from vectal.ai.ports import CallLimits, Egress, ProviderFault
from vectal.ai.providers.counting import ToCount, ask_count, read_count
from vectal.ai.providers.untrusted import as_object, as_text
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.trying import Means

_LIMITS: Final = CallLimits(deadline_s=10.0, first_word_s=10.0, idle_s=10.0)
_MOST_BYTES: Final = 8
"""Of a token, on the average of a text that people or programs write."""
_OFF: Final = 20
"""A vendor's count may be off by one in so many."""
_FRAME: Final = 16
"""Tokens around a message, where the one that is counted has another shape than the one sent."""
_SPARE: Final = 256


def least_tokens(size: int) -> int:
    """Of a text of so many bytes; no vendor's count below it is believed."""
    return -(-size // _MOST_BYTES)


def most_tokens(told: int, size: int, seen: int, translated: int = 0) -> int:
    """Of a text that its vendor has counted.

    `size` is its bytes and `seen` how many of them the vendor saw: the others may be a token each.
    `translated` are the messages that were sent to it in another shape.
    """
    most = told + told // _OFF + _SPARE + _FRAME * translated + max(0, size - seen)
    return max(least_tokens(size), most)


def short_unit(error: BudgetExceededError) -> Unit | None:
    """Of which there was too little."""
    told = as_text(as_object(error.extra.get("budget")).get("unit"))
    return next((unit for unit in UNITS if unit == told), None)


def would_fit(error: BudgetExceededError, worst: Worst) -> bool:
    """Whether what was left would have been enough for that."""
    unit, left = short_unit(error), as_text(error.extra.get("left"))
    if unit is None or left is None:
        return False
    need = worst[UNITS.index(unit)]
    return need is not None and need <= to_amount(unit, Decimal(left))


def cheaper(
    error: BudgetExceededError, targets: Sequence[Target], worst: Callable[[Target], Worst]
) -> list[Target]:
    """The targets but those that would take most of what there was too little of.

    None where all would take the same, or where that does not depend on who answers.
    """
    unit = short_unit(error)
    if unit is None or unit == "requests" or len(targets) == 1:
        return []
    sizes = [worst(target)[UNITS.index(unit)] for target in targets]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return []
    return [each for each, size in zip(targets, known, strict=True) if size < max(known)]


def with_price(
    targets: Sequence[Target], worst: Callable[[Target], Worst], *, is_named: bool = True
) -> list[Target]:
    """The targets whose price is known.

    None where all are known, or where the model would have to go that `is_named`, the first.
    """
    known = [target for target in targets if worst(target).cost_units is not None]
    asked = targets[0].offer.model.name
    is_left = not is_named or any(target.offer.model.name == asked for target in known)
    return known if is_left and len(known) < len(targets) else []


def alike(targets: Sequence[Target]) -> list[Target]:
    """The first of them, and those whose vendor would count the same."""
    first = targets[0].offer
    return [
        target
        for target in targets
        if target.offer.provider.kind == first.provider.kind
        and target.offer.model.name == first.model.name
    ]


async def ask_size(
    means: Means,
    egress: Egress,
    target: Target,
    wanted: ToCount,
    headers: Mapping[str, str] | None = None,
) -> int | None:
    """Tokens by the count of the target's vendor; None where it gives none."""
    permit = means.admit_now(target)
    if permit is None:
        return None
    provider, credentials = target.offer.provider, target.credentials
    try:
        said = await ask_count(egress, provider, credentials, wanted, headers or {}, _LIMITS)
    except ProviderFault:
        return None  # the bound by its bytes stands, and the refusal says so
    finally:
        # A count says little of how calls to a model go, and an endpoint may not have it.
        permit.release()
    return read_count(said)
