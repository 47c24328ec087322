"""Whether a model may and can take a request; if not, the first thing that speaks against it."""

from __future__ import annotations

from collections.abc import Iterator

from vectal.ai.catalog.offers import Offer
from vectal.ai.catalog.spec import Guess
from vectal.ai.contracts import Slot
from vectal.ai.router.borders import find_breach
from vectal.ai.router.request import TOO_SMALL, Needs, Preferences


def find_flaw(
    offer: Offer, needs: Needs, preferences: Preferences, slot: Slot | None, *, is_named: bool
) -> str | None:
    """The code of what stands in the way; None when nothing does.

    `is_named`: it was asked for by its name. Then what we only guess of it is no reason to refuse:
    its provider will say.
    """
    forbidden = find_breach(offer.provider, preferences.policy)
    return forbidden or next(_flaws(offer, needs, preferences, slot, is_named=is_named), None)


def _flaws(
    offer: Offer, needs: Needs, preferences: Preferences, slot: Slot | None, *, is_named: bool
) -> Iterator[str]:
    model = offer.model
    unknown = model.guesses if is_named else frozenset[Guess]()
    if preferences.slots is not None and slot is not None and slot not in preferences.slots:
        yield "slot_not_allowed"
    if preferences.blocks(model):
        yield "blocked"
    if needs.tools and not model.tools:
        yield "no_tools"
    may_try = needs.tries_images and "images" in unknown
    if needs.images and not model.images and not may_try:
        yield "no_images"
    longest = needs.output_tokens
    if is_named and needs.is_bound:
        longest = min(longest, model.max_output_tokens)
    if longest > model.max_output_tokens and "answer" not in unknown:
        yield "output_too_long"
    too_much = needs.input_tokens + longest > model.context_tokens
    if too_much and "window" not in unknown:
        yield TOO_SMALL
