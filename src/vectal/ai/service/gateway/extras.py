"""What some workspaces want done with a call beside making it: guardrails, a hedge, the cache.

A call of any other workspace has no `Extras`, and pays for one look at None.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from vectal.ai.guardrails.contracts import CODE
from vectal.ai.guardrails.guard import Guard
from vectal.ai.providers.pieces import Generated, Pieces
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.router.request import Preferences
from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.response_cache import Collector, Question, ResponseCache
from vectal.platform.db import Scope

CACHE_HIT: Final = "cache.hit"
_MS: Final = 1_000


@dataclass(slots=True)
class Extras:
    """Of one call."""

    preferences: Preferences
    guard: Guard | None
    hedge_after_s: float | None
    cache: ResponseCache | None
    state: Literal["off", "hit", "miss", "bypass"] = "off"
    question: Question | None = None
    collector: Collector | None = None

    @property
    def calls(self) -> int:
        """How many calls may be made at once, and have to be paid for."""
        return 1 if self.hedge_after_s is None else 2

    def headers(self, codes: Iterable[str]) -> dict[str, str]:
        """What was done, for the client; `codes` are those of the call's record."""
        told: dict[str, str] = {}
        if self.state != "off":
            told["x-vectal-cache"] = self.state
        if self.guard is not None:
            done = dict.fromkeys((*codes, *self.guard.codes))
            short = [code.removeprefix(CODE) for code in done if code.startswith(CODE)]
            told["x-vectal-guardrails"] = ", ".join(short) or "passed"
        return told

    async def find_answer(
        self, call: IncomingCall, target: Target, output_cap: int | None
    ) -> Answer | None:
        """A kept answer; None when the model has to be asked. Raises BadCallError."""
        if self.cache is None:
            return None
        if call.no_store:
            self.state = "bypass"
            return None
        self.question = _question(call, target, self.preferences, output_cap)
        self.collector = Collector()
        if call.no_cache:
            self.state = "bypass"
            return None
        kept = await self.cache.find(self.question)
        self.state = "miss" if kept is None else "hit"
        if kept is None:
            return None
        headers = {**kept.headers, "x-vectal-cache": "hit"}
        if kept.is_stream:
            return Answer(headers, stream=Generated(_replayed(kept.pieces)))
        return Answer(headers, b"".join(kept.pieces))

    @property
    def leaves_alone(self) -> bool:
        """The request may be passed on as the client wrote it, and the answer as it comes."""
        return self.guard is None or self.guard.leaves_alone

    @property
    def codes(self) -> list[str]:
        return [] if self.guard is None else self.guard.codes

    def collected(self, pieces: Pieces[bytes]) -> Pieces[bytes]:
        """The pieces as they pass; they are remembered where the answer may be kept."""
        return pieces if self.collector is None else _Collected(pieces, self.collector)

    def collect(self, piece: bytes) -> None:
        """Remember a piece where the answer may be kept."""
        if self.collector is not None:
            self.collector.add(piece)

    def close(
        self,
        record: CallRecord,
        asked: Target,
        headers: dict[str, str],
        stream: bool,  # noqa: FBT001 - what the request said
    ) -> None:
        """The call is over: an answer that is whole, and from whom it was asked, is kept."""
        record.codes += self.codes
        if self.cache is None or self.question is None or self.collector is None:
            return
        if record.status != "ok" or record.target is not asked:
            return
        kept = self.collector.kept(headers, is_stream=stream)
        if kept is not None:
            self.cache.keep(self.question, kept, self.preferences.response_cache.ttl_s)


def plan(
    preferences: Preferences, call: IncomingCall, proxy: ModelProxy, cache: ResponseCache | None
) -> Extras | None:
    """None for a call that nothing more is to be done with."""
    after_ms = call.hedge_after_ms or preferences.hedge_after_ms
    rules, caches = preferences.guardrails, preferences.response_cache.enabled
    if after_ms is None and not caches and not rules.is_on:
        return None
    return Extras(
        preferences,
        proxy.guard_for(rules),
        None if after_ms is None else after_ms / _MS,
        cache if caches else None,
    )


def _question(
    call: IncomingCall, target: Target, preferences: Preferences, output_cap: int | None
) -> Question:
    rules = preferences.guardrails.signed_with(None)
    conditions = (rules, output_cap, sorted(call.vendor_headers.items()))
    asker = call.principal
    return Question(
        Scope(asker.workspace_id, asker.user_id),
        str(asker.api_key_id or asker.grant_id),
        call.wire.name,
        call.body,
        f"{target.offer.key} {target.effort}",
        msgspec.json.encode(conditions).decode(),
    )


class _Collected:
    """Pieces that are remembered as they pass."""

    def __init__(self, pieces: Pieces[bytes], collector: Collector) -> None:
        self._pieces = pieces
        self._collector = collector
        self.close = pieces.close

    async def receive(self) -> bytes | None:
        piece = await self._pieces.receive()
        if piece is not None:
            self._collector.add(piece)
        return piece


async def _replayed(pieces: list[bytes]) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece
