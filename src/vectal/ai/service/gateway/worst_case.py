"""The most that an outside call may take: tokens in and out, and what is charged beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from vectal.ai.budgets.amounts import Worst
from vectal.ai.errors import BudgetExceededError
from vectal.ai.proxy.costs import most_inputs, worst_cost
from vectal.ai.proxy.paying import times
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.tight import cheaper, short_unit
from vectal.ai.proxy.wires.passing import Peek
from vectal.ai.proxy.wires.port import BadCallError, WireName
from vectal.ai.proxy.wires.terms import Terms, keeps_half_a_day
from vectal.ai.service.gateway.asking import Asking
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.usage.sizes import picture_bytes, text_bytes
from vectal.ai.usage.tokens import LARGEST_IMAGE_TOKENS

WIDE_WINDOW: Final = 1_000_000
_BETA: Final = "anthropic-beta"
_WIDE: Final = "context-1m"
_LIMITS: Final[Mapping[WireName, str]] = {
    "chat_completions": "max_completion_tokens",
    "messages": "max_tokens",
    "responses": "max_output_tokens",
}
_SEARCHES: Final = 2
"""Windows that a model reads which searches the web before it answers."""


def worst_case(targets: list[Target], peeked: Peek, asking: Asking) -> Worst:
    """The most that the call may take of each unit."""
    inputs, outputs = most_tokens(targets, peeked, asking)
    charges = terms_for(targets, peeked, asking).charges()
    cost = worst_cost(targets, inputs, outputs, asking.now(), charges)
    worst = Worst(cost, inputs + outputs)
    return worst if asking.extras is None else times(worst, asking.extras.calls)


def terms_for(targets: Sequence[Target], peeked: Peek, asking: Asking) -> Terms:
    """What these targets may do and charge: who gets a translated request runs no tools."""
    terms = peeked.terms
    if not terms.rounds or any(map(asking.is_native, targets)):
        return terms
    return terms.translated()


def most_tokens(targets: list[Target], peeked: Peek, asking: Asking) -> tuple[int, int]:
    """The most tokens that may go in and come out."""
    terms = terms_for(targets, peeked, asking)
    size = most_text_bytes(peeked, asking) if asking.counted is None else asking.counted
    size += terms.added
    size += peeked.attached.pictures * LARGEST_IMAGE_TOKENS
    rounds = max(terms.rounds, 1 if peeked.attached.documents else 0)
    if any(target.offer.priced.fee for target in targets):
        rounds = max(rounds, _SEARCHES)
    least = least_window(targets, asking.call.vendor_headers)
    outputs = longest_answer(targets, peeked, asking)
    if terms.summaries:
        outputs += terms.summaries * max(each.offer.model.max_output_tokens for each in targets)
    return most_inputs(targets, size, rounds, least), outputs


def least_window(targets: Sequence[Target], headers: Mapping[str, str]) -> int:
    """A window that is wider than the catalogue says, where the client opens one; else 0.

    What is beyond 200,000 tokens is dearer there, which the table of prices knows.
    """
    if _WIDE not in headers.get(_BETA, ""):
        return 0
    native = any(target.offer.provider.kind == "anthropic" for target in targets)
    return WIDE_WINDOW if native else 0


def longest_answer(targets: list[Target], peeked: Peek, asking: Asking) -> int:
    """The most tokens that may come out, of all answers where several are asked for.

    Without a limit, what the model can say at most. So it is for calls that are passed on, whose
    vendor knows no other limit then, and for those that are translated, into which `unsaid_limit`
    writes no higher one.
    """
    return peeked.choices * max(_longest(target, peeked, asking) for target in targets)


def without_dearest(
    error: BudgetExceededError, targets: list[Target], peeked: Peek, asking: Asking
) -> list[Target]:
    """The targets but those that would take most of what there was too little of.

    None where that leaves out the model that was asked for; of `auto` any may go.
    """
    fewer = cheaper(error, targets, lambda target: worst_case([target], peeked, asking))
    is_named = not read_choice(peeked.model).is_auto
    return [] if is_named and targets[0] not in fewer else fewer


def explained(
    error: BudgetExceededError, targets: Sequence[Target], peeked: Peek, asking: Asking
) -> BudgetExceededError:
    """The refusal with the reason why so much is set aside, where the text does not tell it."""
    if short_unit(error) == "requests":
        return error
    terms = terms_for(targets, peeked, asking)
    why = _why_rounds(terms) if terms.rounds else _why_tokens(peeked, asking)
    return BudgetExceededError(f"{error.detail} {why}", extra=error.extra, headers=error.headers)


def _why_rounds(terms: Terms) -> str:
    why = (
        f"Its vendor runs tools itself and may read a whole window in each of {terms.rounds} rounds"
    )
    if searches := terms.searches + terms.previews + terms.files:
        why += f", and search {searches} times"
    lowers = "`max_uses` of each tool, or `max_tool_calls` at OpenAI, lowers it."
    return f"{why}, so that much is set aside. {lowers}"


def _why_tokens(peeked: Peek, asking: Asking) -> str:
    if asking.counted is None:
        each = "A token is set aside for each byte of text, several times what most texts have"
    else:
        each = "So many tokens are set aside for the text as its vendor counts, and a little more"
    limit = _LIMITS[asking.call.wire.name]
    if asking.output_cap or peeked.max_output_tokens:
        return f"{each}, and as many for the answer as `{limit}` allows."
    return f"{each}, and the longest answer, since the request has no limit: `{limit}` is one."


def priced(targets: list[Target], peeked: Peek, body: bytes) -> list[Target]:
    """The targets, none of which charges for the call at prices that nobody here knows.

    Raises BadCallError. Sound costs several times what text does at OpenAI, and so does what its
    cache keeps for half a day; others have one price, or none.
    """
    if not (peeked.attached.sounds or peeked.terms.keeps):
        return targets
    if not any(target.offer.provider.kind == "openai" for target in targets):
        return targets
    why = "its price at OpenAI is a multiple of what is known here, and of what is set aside."
    if peeked.attached.sounds:
        raise BadCallError(f"messages: input_audio: {why}", "messages")
    if keeps_half_a_day(body):
        raise BadCallError(f"prompt_cache_breakpoint: ttl 12h: {why}", "prompt_cache_breakpoint")
    return targets


def most_text_bytes(peeked: Peek, asking: Asking) -> int:
    """A token has one at least, and each text as many in a body as it has itself."""
    size, extras = len(asking.call.body), asking.extras
    if peeked.has_images:
        with suppress(BadCallError):  # of what only its vendor can read, all may be text
            size -= picture_bytes(asking.read().request)
    if extras is not None and extras.guard is not None and extras.guard.has_changed:
        # What stands in the place of something hidden may be longer.
        size = max(size, text_bytes(asking.read().request))
    if peeked.has_tools and asking.call.wire.name == "responses":
        with suppress(BadCallError):
            read = asking.read()
            # A tool of a group has the group's name in its own, and one for free text a schema.
            size = max(size, text_bytes(read.request)) if read.known else size
    return size


def _longest(target: Target, peeked: Peek, asking: Asking) -> int:
    model, said = target.offer.model, asking.output_cap or peeked.max_output_tokens
    is_guess, is_native = "answer" in model.guesses, asking.is_native(target)
    if said:
        # Its vendor gets what the client said, and may know better how long it can become.
        return said if is_guess or is_native else min(said, model.max_output_tokens)
    return model.context_tokens if is_guess and is_native else model.max_output_tokens
