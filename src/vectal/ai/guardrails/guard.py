"""The guard of one call: looks at the request before it leaves, and at the answer as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final, Protocol

from vectal.ai.contracts import TokenUsage
from vectal.ai.guardrails.answers import Length, is_denied, judged_codes, restored
from vectal.ai.guardrails.contracts import CODE, GuardrailRules, Stage, Webhook
from vectal.ai.guardrails.placeholders import Placeholders
from vectal.ai.guardrails.screening import (
    all_texts_of,
    holds_unreadable,
    screened,
    texts_of,
    unread_texts_of,
)
from vectal.ai.ports import ModelEvent, ModelFinished, ModelRequest, ProviderFault

MAX_JUDGED_CHARS: Final = 1_000_000
"""What an outside judge is sent at most; more can't be checked."""


class JudgeFailedError(Exception):
    """The judge gave no verdict: it did not answer in time, or nothing that can be read."""


class Judge(Protocol):
    """Whoever decides outside of the house."""

    async def allows(self, hook: Webhook, stage: Stage, text: str) -> bool:
        """Raises JudgeFailedError. Keeps to the hook's time."""
        ...


class Guard:
    """`codes` tell what it did, and never what it saw. One a call; not to be used again."""

    def __init__(self, rules: GuardrailRules, judge: Judge | None) -> None:
        self._rules = rules
        self._judge = judge
        self._hidden = Placeholders(())
        self._changed = False
        self._left_out = False
        """Something of the client's body is not in the request that was read from it, and stays."""
        self.codes: list[str] = []
        self.spent: TokenUsage | None = None
        """What an answer took that was held back."""

    @property
    def leaves_alone(self) -> bool:
        """The request is as the client wrote it, and the answer may come as the vendor sends it."""
        rules = self._rules
        looks = rules.checks_answers or rules.max_answer_chars is not None
        return not self._changed and not looks

    @property
    def has_changed(self) -> bool:
        """What leaves is something else than what the client wrote."""
        return self._changed

    async def recall(self, request: ModelRequest, body: bytes = b"") -> None:
        """Be as after `screen` of a request that has left already; no judge is asked again."""
        try:
            hidden = await asyncio.to_thread(self._screen, request, body)
            self._changed = self._left_out or hidden != request
        except (ProviderFault, RecursionError):
            # The rules have changed since; what has left can't be called back.
            self._changed = False

    async def screen(self, request: ModelRequest, body: bytes = b"") -> ModelRequest:
        """The request as it may leave; raises ProviderFault when it may not.

        `body` is what the client wrote, where that may leave in the request's place. Looking takes
        some milliseconds a megabyte, so it is done beside the loop.
        """
        try:
            hidden = await asyncio.to_thread(self._screen, request, body)
        except RecursionError as error:
            self._note("request.nested")
            raise _blocked("The request is nested too deeply to be checked.") from error
        if self._rules.webhook is not None:
            text = "\n\n".join(text for text in texts_of(hidden) if text)
            refusal = await self._refusal_of(self._rules.webhook, "request", text)
            if refusal is not None:
                raise _blocked(refusal)
        self._changed = self._left_out or hidden != request
        return hidden

    def _screen(self, request: ModelRequest, body: bytes) -> ModelRequest:
        rules = self._rules
        looks = rules.denies_prompts or rules.personal_data != "off"
        unread = unread_texts_of(body, request) if body and looks else []
        self._refuse(request, unread)
        mode, kinds = rules.personal_data, rules.kinds
        if mode == "off" or not kinds:
            return request
        self._hidden = Placeholders(kinds, texts_of(request))
        hidden = screened(request, self._hidden.hide)
        holds_more = [self._hidden.hide(text) != text for text in unread]
        self._left_out = mode == "redact" and any(holds_more)
        verb = {"mark": "found", "redact": "redacted", "refuse": "refused"}[mode]
        for kind in self._hidden.found:
            self._note(f"{verb}.{kind}")
        if holds_unreadable(request):
            self._note("unread")
            if mode != "mark" and not rules.fail_open:
                raise _blocked("The request holds an image or a file, which can't be checked.")
        if mode == "refuse" and self._hidden.found:
            what = ", ".join(self._hidden.found)
            raise _blocked(f"The request holds what may not leave this workspace: {what}.")
        if mode == "redact":
            return hidden
        self._hidden = Placeholders(())
        return request

    def _refuse(self, request: ModelRequest, unread: Sequence[str]) -> None:
        """What the workspace sends to nobody, whatever is done with personal data."""
        rules = self._rules
        closed = rules.denies_prompts and not rules.fail_open
        if (closed or rules.unreadable == "refuse") and holds_unreadable(request):
            self._note("unread")
            raise _blocked("The request holds an image or a file, which can't be checked.")
        if not rules.denies_prompts:
            return
        if any(is_denied(rules, text) for text in (*all_texts_of(request), *unread)):
            self._note("denied.request")
            raise _blocked("The request holds what this workspace does not allow.")

    async def answer(
        self, events: AsyncGenerator[ModelEvent], request: ModelRequest
    ) -> AsyncGenerator[ModelEvent]:
        """The answer with its values back; held until it is whole where it has to be judged.

        `request` is what was asked. Raises ProviderFault when the answer may not be shown.
        """
        length = Length(self._rules.max_answer_chars)
        shown = restored(self._watched(events), self._hidden, length)
        async with aclosing(shown) as all_:
            if not self._rules.checks_answers:
                async for event in all_:
                    yield event
                    if length.was_cut:
                        self._note("cut")
                return
            held = [event async for event in all_]
        if length.was_cut:
            self._note("cut")
        await self._judged(held, request)
        for event in held:
            yield event

    async def _watched(self, events: AsyncGenerator[ModelEvent]) -> AsyncGenerator[ModelEvent]:
        async with aclosing(events) as all_:
            async for event in all_:
                if isinstance(event, ModelFinished):
                    self.spent = event.usage
                yield event

    async def _judged(self, held: list[ModelEvent], request: ModelRequest) -> None:
        finished = next((each for each in held if isinstance(each, ModelFinished)), None)
        if finished is None:
            return
        told, refusal = await asyncio.to_thread(judged_codes, self._rules, finished, request)
        for code in told:
            self._note(code)
        if refusal is not None:
            raise ProviderFault("blocked_answer", refusal)
        hook = self._rules.webhook
        if hook is not None:
            # The judge gets what the model said, not the values that never left.
            text = self._hidden.hide(finished.message.text)
            refusal = await self._refusal_of(hook, "answer", text)
            if refusal is not None:
                raise ProviderFault("blocked_answer", refusal)

    async def _refusal_of(self, hook: Webhook, stage: Stage, text: str) -> str | None:
        """Why it goes no further, in words; None when it may."""
        try:
            allowed = await self._verdict(hook, stage, text)
        except JudgeFailedError:
            self._note(f"webhook.failed.{stage}")
            if self._rules.fail_open:
                return None
            return f"The workspace's webhook gave no verdict, so the {stage} goes no further."
        if allowed:
            return None
        self._note(f"webhook.refused.{stage}")
        return f"The workspace's webhook refused the {stage}."

    async def _verdict(self, hook: Webhook, stage: Stage, text: str) -> bool:
        if self._judge is None or len(text) > MAX_JUDGED_CHARS:
            raise JudgeFailedError
        return await self._judge.allows(hook, stage, text)

    def _note(self, code: str) -> None:
        if CODE + code not in self.codes:
            self.codes.append(CODE + code)


def _blocked(why: str) -> ProviderFault:
    return ProviderFault("blocked_request", why)
