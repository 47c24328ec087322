"""The product's own calls under a budget that has less left than their bytes may come to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.ai.budgets.conftest import Counter
from tests.ai.providers.scripted_egress import Playback, ScriptedEgress
from tests.ai.proxy.test_attempts import MODELS, PATIENCE, TARGETS, ScriptedProvider

from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.contracts import user_message
from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import ModelRequest, ProviderAdapter, ProviderFault, ProviderKind
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.paying import PaidProxy, Payer
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.tight import with_price
from vectal.platform.clock import SystemClock

OPENAI, CLAUDE, DEEPSEEK = TARGETS
TEXT = "The quick brown fox jumps over the lazy dog. " * 445
ROOM, BYTES = 8_000, 20_000
REQUEST = ModelRequest("", "Be brief.", (user_message(TEXT),), 100)
TELLING = replace(OPENAI, offer=replace(OPENAI.offer, provider=replace(
    OPENAI.offer.provider, responses="vendor"
)))  # fmt: skip


def _count(tokens: int) -> Playback:
    said = json.dumps({"input_tokens": tokens}).encode()
    return Playback([said], headers={"content-type": "application/json"})


class Till:
    """A proxy that pays from one budget, and vendors that count what they are told to."""

    def __init__(self, counter: Counter, *counts: Playback | ProviderFault) -> None:
        self.actors = [ScriptedProvider(kind) for kind, _ in MODELS]
        adapters: dict[ProviderKind, ProviderAdapter] = {a.kind: a for a in self.actors}
        self.egress = ScriptedEgress(*counts)
        proxy = ModelProxy(adapters, patience=PATIENCE, egress=self.egress)
        payer = Payer(counter.scope, Subjects())
        self.paid = PaidProxy(proxy, counter.running(), payer, SystemClock())
        self.record = CallRecord()

    async def ask(self, targets: Sequence[Target], request: ModelRequest = REQUEST) -> list[str]:
        """Who was asked for an answer."""
        stream = self.paid.stream(targets, request, 5, self.record)
        assert [event async for event in stream]
        return [actor.kind for actor in self.actors if actor.requests]


@pytest.mark.parametrize("target", [CLAUDE, TELLING])
async def test_its_vendor_counts_what_is_too_much_by_its_bytes(
    counter: Counter, target: Target
) -> None:
    await counter.add(ROOM)
    till = Till(counter, _count(4_900))
    assert await till.ask([target]) == [target.offer.provider.kind]
    [asked] = till.egress.requests
    body = json.loads(asked.content or b"")
    assert TEXT in json.dumps(body)
    assert "stream" not in body


@pytest.mark.parametrize(
    ("target", "count"),
    [
        pytest.param(CLAUDE, _count(ROOM), id="it is too much by that as well"),
        pytest.param(CLAUDE, ProviderFault("overloaded", "Later."), id="its vendor has no time"),
    ],
)
async def test_it_is_refused_after_it_was_counted(
    counter: Counter, target: Target, count: Playback | ProviderFault
) -> None:
    await counter.add(ROOM)
    till = Till(counter, count)
    with pytest.raises(ProviderFault, match="this call may take") as caught:
        await till.ask([target])
    assert (caught.value.kind, len(till.egress.requests)) == ("quota", 1)


@pytest.mark.parametrize(
    ("target", "request_"),
    [
        pytest.param(DEEPSEEK, REQUEST, id="nobody knows how it counts"),
        pytest.param(OPENAI, REQUEST, id="it is spoken to by chat completions alone"),
        pytest.param(CLAUDE, replace(REQUEST, max_output_tokens=ROOM), id="so is its answer"),
        pytest.param(
            CLAUDE,
            replace(
                REQUEST,
                messages=(
                    *REQUEST.messages,
                    replace(
                        user_message("Read it."),
                        parts=(FilePart("application/pdf", b"%PDF-1.4 x"),),
                    ),
                ),
            ),
            id="a document",
        ),
    ],
)
async def test_nobody_is_asked_to_count_where_it_would_not_help(
    counter: Counter, target: Target, request_: ModelRequest
) -> None:
    await counter.add(ROOM)
    till = Till(counter)
    with pytest.raises(ProviderFault, match="this call may take"):
        await till.ask([target], request_)
    assert till.egress.requests == []


async def test_who_stands_in_and_is_too_dear_is_left_out(counter: Counter) -> None:
    """DeepSeek's price for so much is a small part of Anthropic's."""
    await counter.add("0.05", "usd")
    till = Till(counter)
    till.actors[2].lines = [ProviderFault("overloaded", "Later.")]
    with pytest.raises(ProviderFault, match=r"Later\."):
        await till.ask([DEEPSEEK, CLAUDE])
    assert [actor.kind for actor in till.actors if actor.requests] == ["deepseek"]
    assert till.egress.requests == []


async def test_who_was_asked_for_is_never_left_out_for_somebody_cheaper(counter: Counter) -> None:
    await counter.add("0.05", "usd")
    till = Till(counter, _count(BYTES))
    with pytest.raises(ProviderFault, match="this call may take"):
        await till.ask([CLAUDE, DEEPSEEK])
    assert not any(actor.requests for actor in till.actors)


def _unpriced(target: Target) -> Target:
    """The same model, at a server whose prices nobody knows."""
    provider = replace(target.offer.provider, kind="openai_compatible")
    return replace(target, offer=replace(target.offer, provider=provider))


async def test_who_has_no_known_price_is_left_out(counter: Counter) -> None:
    await counter.add("5", "usd")
    assert await Till(counter).ask([_unpriced(DEEPSEEK), DEEPSEEK, CLAUDE]) == ["deepseek"]


async def test_the_model_that_was_asked_for_is_not_left_out_for_its_price(counter: Counter) -> None:
    await counter.add("5", "usd")
    till = Till(counter)
    with pytest.raises(ProviderFault, match="price of this model is not known"):
        await till.ask([_unpriced(DEEPSEEK), CLAUDE])
    assert not any(actor.requests for actor in till.actors)


@pytest.mark.parametrize("is_named", [True, False])
def test_of_auto_any_may_answer_whose_price_is_known(*, is_named: bool) -> None:
    unknown = _unpriced(DEEPSEEK)

    def worst(target: Target) -> Worst:
        return Worst(None if target is unknown else 1, 1)

    left = with_price([unknown, CLAUDE], worst, is_named=is_named)
    assert left == ([] if is_named else [CLAUDE])
    assert with_price([CLAUDE], worst, is_named=is_named) == []
